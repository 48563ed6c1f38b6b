#include "broker/cli/webhook_sender.hpp"

#include <chrono>
#include <cstddef>
#include <fstream>
#include <utility>

namespace sallyport::broker::cli {

namespace {
/// A shorter one could be found by trying.
constexpr std::size_t kLeastSecret = 24;
}  // namespace

std::unique_ptr<webhooks::Sender> make_webhook_sender(const config::Webhooks& config, std::string& mistake) {
  if (!config.enabled) return nullptr;
  webhooks::CurlSenderOptions options;
  std::ifstream file(config.secret_file);
  std::getline(file, options.secret);
  if (options.secret.size() < kLeastSecret) {
    mistake = "webhooks.secret_file: '" + config.secret_file +
              "' cannot be read, or its first line has less than " + std::to_string(kLeastSecret) +
              " characters";
    return nullptr;
  }
  std::string wrong;
  auto egress = webhooks::EgressPolicy::parse(config.allowed_networks, wrong);
  if (!egress) {
    mistake = "webhooks.allowed_networks: " + wrong;
    return nullptr;
  }
  options.egress = std::move(*egress);
  options.ca_file = config.ca_file;
  options.allow_http = config.allow_http;
  const std::chrono::duration<double> timeout(config.timeout_seconds);
  options.timeout = std::chrono::duration_cast<std::chrono::milliseconds>(timeout);
  return std::make_unique<webhooks::CurlSender>(std::move(options));
}

}  // namespace sallyport::broker::cli
