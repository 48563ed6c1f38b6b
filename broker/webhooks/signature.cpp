#include "broker/webhooks/signature.hpp"

#include "base/base64.hpp"
#include "base/hmac_sha256.hpp"

namespace sallyport::broker::webhooks {

std::string signature(std::string_view secret, std::string_view id, std::int64_t unix_seconds,
                      std::string_view body) {
  std::string message;
  message.reserve(id.size() + body.size() + 24);
  message.append(id).append(".").append(std::to_string(unix_seconds)).append(".").append(body);
  const std::string code = base::hmac_sha256(secret, message);
  return code.empty() ? std::string() : "v1," + base::base64_encode(code);
}

}  // namespace sallyport::broker::webhooks
