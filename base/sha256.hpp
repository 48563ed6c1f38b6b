// SHA-256, by OpenSSL's libcrypto.
#pragma once

#include <string>
#include <string_view>

namespace sallyport::base {

/// SHA-256 of `bytes` as 64 lower-case hexadecimal digits; empty if the host's crypto library refuses. A few
/// milliseconds for the largest submission: compute it once, off the I/O thread. Safe from any thread.
[[nodiscard]] std::string sha256_hex(std::string_view bytes);

}  // namespace sallyport::base
