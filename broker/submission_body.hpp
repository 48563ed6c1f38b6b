// The body of `POST /v1/executions`, made from a request of another protocol. Private to broker: it shows
// nlohmann types.
#pragma once

#include <nlohmann/json.hpp>

#include <string>
#include <utility>

namespace sallyport::broker {

/// What the other protocol says is put in as it is; parse_execution_request judges it.
class SubmissionBody {
 public:
  void set(const std::string& field, nlohmann::json value) { body_[field] = std::move(value); }
  /// A member of `sandbox_config`.
  void set_limit(const std::string& name, nlohmann::json value) {
    body_["sandbox_config"][name] = std::move(value);
  }
  /// JSON text, so that numbers stay as they were written.
  void set_context(std::string json) { context_ = std::move(json); }

  /// Texts have to be valid UTF-8; other bytes become U+FFFD.
  [[nodiscard]] std::string text() && {
    std::string text = body_.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    if (context_.empty()) return text;
    text.pop_back();
    if (!body_.empty()) text += ',';
    return text + "\"context\":" + context_ + "}";
  }

 private:
  nlohmann::json body_ = nlohmann::json::object();
  std::string context_;
};

}  // namespace sallyport::broker
