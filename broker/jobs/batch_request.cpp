#include "broker/jobs/batch_request.hpp"

#include "broker/api/request_fields.hpp"
#include "broker/api/strict_json.hpp"

#include <array>
#include <utility>

namespace sallyport::broker {
namespace {

constexpr std::array<std::string_view, 2> kFields = {"executions", "mode"};
constexpr std::string_view kExecutions = "executions";

/// Where the string that begins at `at` ends: behind its closing quote.
std::size_t skip_string(std::string_view text, std::size_t at) {
  for (++at; text[at] != '"'; ++at) {
    if (text[at] == '\\') ++at;
  }
  return at + 1;
}

/// The elements of an array that is known to be JSON and has no white space, as their texts.
std::vector<std::string> elements_of(std::string_view array, std::size_t most) {
  std::vector<std::string> elements;
  std::size_t begin = 1;
  std::size_t depth = 0;
  std::size_t at = 1;
  while (at < array.size()) {
    const char c = array[at];
    if (c == '"') {
      at = skip_string(array, at);
      continue;
    }
    if (depth == 0 && (c == ',' || c == ']')) {
      if (at > begin) elements.emplace_back(array.substr(begin, at - begin));
      if (elements.size() > most) break;
      begin = at + 1;
    }
    if (c == '{' || c == '[') ++depth;
    if ((c == '}' || c == ']') && depth > 0) --depth;
    ++at;
  }
  return elements;
}

BatchRequest read(StrictJson document, std::size_t most) {
  nlohmann::json& body = document.root;
  if (!body.is_object()) refuse(422, std::string("the body must be an object, not ") + type_name(body));
  if (document.verbatim) body[kExecutions] = nullptr;
  check_known(body, "", kFields);
  const std::string field(kExecutions);
  if (!document.verbatim) refuse_field(field, "is required");
  if (document.verbatim->front() != '[') refuse_field(field, "must be a list");
  BatchRequest request;
  request.bodies = elements_of(*document.verbatim, most);
  if (request.bodies.empty()) refuse_field(field, "is empty");
  if (request.bodies.size() > most) {
    nlohmann::json details;
    details["field"] = field;
    details["ceiling"] = most;
    refuse(422, field + ": more than the ceiling of " + std::to_string(most), details);
  }
  if (const auto mode = body.find("mode"); mode != body.end()) {
    if (*mode != "sync" && *mode != "async") refuse_field("mode", "must be \"sync\" or \"async\"");
    request.mode = *mode == "async" ? ReplyMode::async : ReplyMode::sync;
  }
  return request;
}

}  // namespace

ApiResult<BatchRequest> parse_batch_request(std::string_view body, std::size_t most,
                                            std::size_t max_context_depth) {
  JsonBounds bounds;
  bounds.verbatim_member = kExecutions;
  // The list and the execution around its context.
  bounds.max_verbatim_depth = max_context_depth + 2;
  auto document = parse_strict_json(body, bounds);
  if (document.has_error()) return document.error();
  try {
    return read(std::move(*document), most);
  } catch (Refused& refused) {
    return std::move(refused.error);
  }
}

}  // namespace sallyport::broker
