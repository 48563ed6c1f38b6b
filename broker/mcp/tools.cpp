#include "broker/mcp/tools.hpp"

#include "broker/api/request_fields.hpp"
#include "broker/api/strict_json.hpp"
#include "broker/submission_body.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <cstddef>
#include <utility>

namespace sallyport::broker::mcp {
namespace {

using Json = nlohmann::json;
using OrderedJson = nlohmann::ordered_json;

constexpr std::array<std::string_view, 6> kRunFields = {"code",  "stdin", "context",
                                                        "files", "image", "timeout_seconds"};
constexpr std::array<std::string_view, 2> kValidateFields = {"code", "image"};

Names fields_of(Tool tool) {
  return tool == Tool::run_python ? Names(kRunFields) : Names(kValidateFields);
}

std::string translate(Tool tool, StrictJson document) {
  Json& arguments = document.root;
  if (!arguments.is_object()) refuse(422, "the arguments must be an object");
  if (document.verbatim) arguments["context"] = nullptr;  // Known by name; its value is text already.
  check_known(arguments, "", fields_of(tool));
  arguments.erase("context");
  SubmissionBody body;
  if (const auto timeout = arguments.find("timeout_seconds"); timeout != arguments.end()) {
    body.set_limit("timeout_seconds", std::move(*timeout));
    arguments.erase(timeout);
  }
  for (auto& [name, value] : arguments.items()) body.set(name, std::move(value));
  if (document.verbatim) body.set_context(std::move(*document.verbatim));
  return std::move(body).text();
}

}  // namespace

std::optional<Tool> tool_named(std::string_view name) {
  if (name == "run_python") return Tool::run_python;
  if (name == "validate_python") return Tool::validate_python;
  return std::nullopt;
}

std::string tools_json(const RequestRules& rules) {
  OrderedJson tools = OrderedJson::parse(tool_definitions());
  for (OrderedJson& tool : tools) {
    OrderedJson& properties = tool["inputSchema"]["properties"];
    OrderedJson& image = properties["image"];
    if (const auto names = rules.images->names(); !names.empty()) image["enum"] = names;
    image["default"] = rules.default_image;
    if (const auto timeout = properties.find("timeout_seconds"); timeout != properties.end()) {
      (*timeout)["default"] = rules.sandbox.defaults.timeout_seconds;
      (*timeout)["minimum"] = LimitFloors().timeout_seconds;
      (*timeout)["maximum"] = rules.sandbox.ceilings.timeout_seconds;
    }
  }
  return tools.dump();
}

ApiResult<std::string> submission_of(Tool tool, std::string_view arguments_json, const RequestRules& rules) {
  JsonBounds bounds;
  bounds.max_values = 1024 + 8 * rules.sandbox.max_files;
  bounds.verbatim_member = "context";
  bounds.max_verbatim_depth = rules.sandbox.max_context_depth;
  auto document = parse_strict_json(arguments_json, bounds);
  if (document.has_error()) return document.error();
  try {
    return translate(tool, std::move(*document));
  } catch (Refused& refused) {
    return std::move(refused.error);
  }
}

}  // namespace sallyport::broker::mcp
