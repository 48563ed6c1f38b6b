#include "broker/api/redaction.hpp"

#include "base/json_text.hpp"
#include "broker/api/json_string.hpp"
#include "broker/api/request_fields.hpp"
#include "broker/api/strict_json.hpp"
#include "broker/api/user_id.hpp"
#include "broker/api/violation_json.hpp"

#include <array>
#include <utility>

namespace sallyport::broker {
namespace {

constexpr std::array<std::string_view, 3> kRedactionFields = {"text", "redact", "user_id"};

RedactionRequest read(StrictJson document) {
  nlohmann::json& body = document.root;
  if (!body.is_object()) refuse(422, std::string("the body must be an object, not ") + type_name(body));
  check_known(body, "", kRedactionFields);
  RedactionRequest request;
  const auto text = body.find("text");
  if (text == body.end()) refuse_field("text", "is required");
  if (!text->is_string()) refuse_type("text", "a string", *text);
  request.text = std::move(text->get_ref<std::string&>());
  if (const auto redact = body.find("redact"); redact != body.end()) {
    if (!redact->is_boolean()) refuse_type("redact", "a boolean", *redact);
    request.redact = redact->get<bool>();
  }
  request.user_id = read_user_id(body);
  return request;
}

}  // namespace

ApiResult<RedactionRequest> parse_redaction_request(std::string_view body) {
  auto document = parse_strict_json(body, JsonBounds());
  if (document.has_error()) return document.error();
  try {
    return read(std::move(*document));
  } catch (Refused& refused) {
    return std::move(refused.error);
  }
}

std::string redaction_json(const OutputVerdict& verdict) {
  base::JsonText json(append_json_string);
  json.add("is_valid", verdict.passed);
  json.add("sanitized_output", verdict.passed ? std::string_view(verdict.texts.stdout_text) : "");
  add_violations(json, "violations", verdict.violations, Streams::left_out);
  json.add("was_redacted", verdict.redacted);
  return json.take();
}

}  // namespace sallyport::broker
