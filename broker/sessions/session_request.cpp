#include "broker/sessions/session_request.hpp"

#include "broker/api/input_path.hpp"
#include "broker/api/request_fields.hpp"
#include "broker/api/strict_json.hpp"
#include "broker/api/utf8.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <limits>
#include <system_error>
#include <utility>

namespace sallyport::broker {
namespace {

using Json = nlohmann::json;

constexpr std::array<std::string_view, 17> kSessionFields = {"context",
                                                             "user_id",
                                                             "image",
                                                             "sandbox_type",
                                                             "sandbox_config",
                                                             "policy",
                                                             "priority",
                                                             "forbidden_functions",
                                                             "forbidden_modules",
                                                             "forbidden_attributes",
                                                             "enable_syntax_validation",
                                                             "enable_ast_validation",
                                                             "enable_output_validation",
                                                             "redact_sensitive_output",
                                                             "log_executions",
                                                             "idle_seconds",
                                                             "lifetime_seconds"};
constexpr std::array<std::string_view, 11> kCellFields = {"code",
                                                          "stdin",
                                                          "files",
                                                          "timeout_seconds",
                                                          "user_id",
                                                          "priority",
                                                          "enable_syntax_validation",
                                                          "enable_ast_validation",
                                                          "enable_output_validation",
                                                          "redact_sensitive_output",
                                                          "log_executions"};
constexpr std::array<std::string_view, 2> kFilesFields = {"files", "user_id"};

JsonBounds json_bounds(const RequestRules& rules) {
  JsonBounds bounds;
  bounds.max_values = 1024 + 4 * kMaxAdjustments + 8 * rules.sandbox.max_files;
  return bounds;
}

/// Runs a parse that may throw Refused.
template <class F>
auto checked(F parse) -> ApiResult<decltype(parse())> {
  try {
    return parse();
  } catch (Refused& refused) {
    return std::move(refused.error);
  }
}

double read_seconds(Json& body, const char* name, double normal, double most) {
  const auto found = body.find(name);
  if (found == body.end()) return normal;
  if (!found->is_number()) refuse_type(name, "a number", *found);
  const double asked = found->get<double>();
  body.erase(found);
  if (asked >= 1 && asked <= most) return asked;
  Json details;
  details["field"] = name;
  details["asked"] = asked;
  details["floor"] = 1;
  details["ceiling"] = most;
  refuse(422, std::string(name) + " must be from 1 to " + Json(most).dump() + " seconds", details);
}

UserId read_user(const Json& body) {
  const auto found = body.find("user_id");
  if (found == body.end() || found->is_null()) return {};
  if (found->is_string() && found->get_ref<const std::string&>().size() <= kMaxUserIdBytes) {
    return found->get<std::string>();
  }
  const bool in_range =
      !found->is_number_unsigned() ||
      found->get<std::uint64_t>() <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (found->is_number_integer() && in_range) return found->get<std::int64_t>();
  refuse_field("user_id", "must be a whole number within 64 bits, a string of at most " +
                              std::to_string(kMaxUserIdBytes) + " bytes or null");
}

ApiResult<CellBody> parse_body(std::string_view body, const RequestRules& rules, Names known,
                               const char* required) {
  auto document = parse_strict_json(body, json_bounds(rules));
  if (document.has_error()) return document.error();
  return checked([&] {
    Json& root = document->root;
    if (!root.is_object()) refuse(422, std::string("the body must be an object, not ") + type_name(root));
    check_known(root, "", known);
    if (!root.contains(required)) refuse_field(required, "is required");
    CellBody cell;
    cell.user_id = read_user(root);
    cell.fields = std::move(root);
    return cell;
  });
}

std::string percent_decoded(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    unsigned value = 0;
    if (text[i] == '%') {
      const char* const end = text.data() + std::min(i + 3, text.size());
      const auto read = std::from_chars(text.data() + i + 1, end, value, 16);
      if (end != text.data() + i + 3 || read.ptr != end)
        refuse(422, "the query has a \"%\" without two digits");
      i += 2;
      decoded += static_cast<char>(value);
    } else {
      decoded += text[i];
    }
  }
  if (find_invalid_utf8(decoded) != std::string_view::npos) refuse(422, "the query is not UTF-8");
  return decoded;
}

UserId user_of_text(std::string text) {
  std::int64_t number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (read.ec == std::errc() && read.ptr == text.data() + text.size()) return number;
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"') text = text.substr(1, text.size() - 2);
  if (text.size() > kMaxUserIdBytes) {
    refuse_field("user_id", "is longer than " + std::to_string(kMaxUserIdBytes) + " bytes");
  }
  return text;
}

}  // namespace

ApiResult<SessionRequest> parse_session_request(std::string_view body, const RequestRules& rules,
                                                const config::Sessions& limits,
                                                std::shared_ptr<const Caller> caller) {
  JsonBounds bounds = json_bounds(rules);
  bounds.verbatim_member = "context";
  bounds.max_verbatim_depth = rules.sandbox.max_context_depth;
  auto document = parse_strict_json(body, bounds);
  if (document.has_error()) return document.error();
  auto session = checked([&] {
    Json& root = document->root;
    if (!root.is_object()) refuse(422, std::string("the body must be an object, not ") + type_name(root));
    check_known(root, "", kSessionFields);
    SessionRequest made;
    made.idle_seconds = read_seconds(root, "idle_seconds", limits.idle_seconds, limits.max_idle_seconds);
    made.lifetime_seconds =
        read_seconds(root, "lifetime_seconds", limits.lifetime_seconds, limits.max_lifetime_seconds);
    made.fields = std::move(root);
    return made;
  });
  if (session.has_error()) return session.error();

  // As the request of an execution that does nothing. The context is put in as the text that it is.
  Json probe = session->fields;
  probe["code"] = "";
  std::string text = probe.dump();
  if (document->verbatim) text.insert(1, "\"context\":" + *document->verbatim + ",");
  auto base = parse_execution_request(text, rules, std::move(caller));
  if (base.has_error()) return base.error();
  session->base = std::move(*base);
  session->base.limits.max_displays = limits.max_displays;
  session->base.limits.max_display_bytes = limits.max_display_bytes;
  session->fields.erase("image");  // A session keeps the one that it began with.
  return session;
}

ApiResult<CellBody> parse_cell_body(std::string_view body, const RequestRules& rules) {
  return parse_body(body, rules, kCellFields, "code");
}

ApiResult<CellBody> parse_files_body(std::string_view body, const RequestRules& rules) {
  auto cell = parse_body(body, rules, kFilesFields, "files");
  if (cell.has_value()) cell->fields["code"] = "";
  return cell;
}

ApiResult<ExecutionRequest> make_cell_request(const SessionRequest& session, CellBody body,
                                              const RequestRules& rules, const config::Sessions& limits,
                                              std::shared_ptr<const Caller> caller) {
  Json fields = session.fields;
  if (const auto timeout = body.fields.find("timeout_seconds"); timeout != body.fields.end()) {
    fields["sandbox_config"]["timeout_seconds"] = std::move(*timeout);
    body.fields.erase(timeout);
  }
  for (auto& [name, value] : body.fields.items()) fields[name] = std::move(value);
  RequestRules cell_rules = rules;
  cell_rules.default_image = session.base.image.name;
  auto request = parse_execution_request(fields.dump(), cell_rules, std::move(caller));
  if (request.has_error()) return request;
  request->image = session.base.image;
  request->context_json = session.base.context_json;
  request->limits.max_displays = limits.max_displays;
  request->limits.max_display_bytes = limits.max_display_bytes;
  return request;
}

ApiResult<SessionQuery> parse_session_query(std::string_view query, bool takes_path) {
  return checked([&] {
    SessionQuery parsed;
    while (!query.empty()) {
      const std::string_view pair = query.substr(0, query.find('&'));
      query.remove_prefix(std::min(query.size(), pair.size() + 1));
      const std::string_view name = pair.substr(0, pair.find('='));
      std::string value = percent_decoded(pair.substr(std::min(pair.size(), name.size() + 1)));
      if (name == "user_id") {
        parsed.user_id = user_of_text(std::move(value));
      } else if (name == "path" && takes_path) {
        const std::string mistake = value.empty() ? std::string() : path_mistake(value);
        if (!mistake.empty()) refuse_field("path", quote(value) + " " + mistake);
        parsed.path = std::move(value);
      } else if (!pair.empty()) {
        refuse(422, "the query has " + quote(name) + ", which is not known; known: user_id" +
                        std::string(takes_path ? ", path" : ""));
      }
    }
    return parsed;
  });
}

}  // namespace sallyport::broker
