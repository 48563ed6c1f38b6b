// Sends one webhook.
#pragma once

#include "broker/webhooks/egress_policy.hpp"

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

namespace sallyport::broker::webhooks {

/// What is sent. Signed when it is sent: the timestamp is that of the attempt.
struct Message {
  std::string id;  ///< The same for all attempts, so that a receiver can tell a repetition.
  std::string url;
  std::string body;             ///< JSON.
  const char* method = "POST";  ///< Or "PUT".
};

enum class Delivery {
  taken,    ///< The receiver answered 2xx.
  failed,   ///< It did not, or there was no answer: worth another attempt.
  refused,  ///< By the egress policy, or by the receiver for good (410): no further attempt.
};
inline constexpr std::size_t kDeliveries = 3;
/// "taken": for metrics.
[[nodiscard]] std::string_view to_string(Delivery result);

struct Attempt {
  Delivery result = Delivery::failed;
  int status = 0;       ///< Of the answer; 0 for none.
  std::string message;  ///< Why it was not taken, for the operator. Nothing of the answer's body.
};

/// The consumer's side of it. Thread-safety: any thread, several at a time.
class Sender {
 public:
  virtual ~Sender() = default;
  /// Blocks, for the sender's time limit at most. Does not throw.
  [[nodiscard]] virtual Attempt send(const Message& message) const = 0;
};

struct CurlSenderOptions {
  std::string secret;
  EgressPolicy egress;
  std::string ca_file;  ///< Certificates of authorities in place of the system's; empty: the system's.
  bool allow_http = false;
  std::chrono::milliseconds timeout{10'000};
  std::string user_agent = "Sallyport";
};

/// By libcurl: certificates and names verified, no redirects, no proxy, the address of the connection checked
/// by the egress policy after the name was resolved, time bounded, the answer's body thrown away and never
/// more than 64 KiB of it waited for.
class CurlSender final : public Sender {
 public:
  explicit CurlSender(CurlSenderOptions options);
  [[nodiscard]] Attempt send(const Message& message) const override;

 private:
  CurlSenderOptions options_;
};

}  // namespace sallyport::broker::webhooks
