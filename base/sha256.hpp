// SHA-256, by OpenSSL's libcrypto.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace sallyport::base {

/// SHA-256 of `bytes` as 64 lower-case hexadecimal digits; empty if the host's crypto library refuses. A few
/// milliseconds for the largest submission: compute it once, off the I/O thread. Safe from any thread.
[[nodiscard]] std::string sha256_hex(std::string_view bytes);

/// SHA-256 of what comes in pieces. One object from one thread at a time.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;

  void add(std::string_view bytes);

  /// The 32 bytes of the digest, once; empty if the host's crypto library has refused anything.
  [[nodiscard]] std::string finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace sallyport::base
