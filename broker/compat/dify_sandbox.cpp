#include "broker/compat/dify_sandbox.hpp"

#include "broker/api/strict_json.hpp"
#include "broker/compat/fields.hpp"
#include "broker/compat/outcome.hpp"
#include "broker/submission_body.hpp"

#include <utility>

namespace sallyport::broker::compat {
namespace {

using Json = nlohmann::json;
using OrderedJson = nlohmann::ordered_json;

std::string translate(Json body, bool network_permitted) {
  if (!body.is_object()) refuse(422, "the body must be an object");
  const auto language = take_text(body, "language");
  if (!language) refuse_field("language", "is required");
  if (*language != "python3") refuse_field("language", "is unsupported: there is python3");
  auto code = take_text(body, "code");
  if (!code) refuse_field("code", "is required");
  // The peer runs it first, in the same interpreter.
  if (const auto preload = take_text(body, "preload"); preload && !preload->empty()) {
    *code = *preload + "\n" + *code;
  }
  SubmissionBody submission;
  submission.set("code", std::move(*code));
  if (read_bool(body, "enable_network").value_or(false) && network_permitted) {
    submission.set_limit("enable_network", true);
  }
  return std::move(submission).text();
}

}  // namespace

ApiResult<std::string> read_dify_sandbox(std::string_view body, bool network_permitted) {
  auto document = parse_strict_json(body, JsonBounds());
  if (document.has_error()) return document.error();
  try {
    return translate(std::move(document->root), network_permitted);
  } catch (Refused& refused) {
    return std::move(refused.error);
  }
}

std::string dify_sandbox_reply(ExecutionReply reply) {
  Outcome outcome = outcome_of(std::move(reply));
  OrderedJson body;
  body["code"] = 0;
  body["message"] = "success";
  body["data"]["stdout"] = std::move(outcome.stdout_text);
  body["data"]["error"] =
      outcome.end == End::refused ? std::move(outcome.compile_output) : std::move(outcome.stderr_text);
  return body.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string dify_sandbox_error(const ApiError& error) {
  OrderedJson body;
  body["code"] = error.status == 422 ? -400 : -error.status;
  body["message"] = error.message;
  body["data"] = nullptr;
  return body.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace sallyport::broker::compat
