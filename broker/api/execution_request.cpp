#include "broker/api/execution_request.hpp"

#include "base/base64.hpp"
#include "broker/api/input_path.hpp"
#include "broker/api/request_fields.hpp"
#include "broker/api/strict_json.hpp"
#include "broker/api/utf8.hpp"
#include "config/nearest.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <limits>
#include <span>
#include <utility>

namespace sallyport::broker {
namespace {

using Json = nlohmann::json;

constexpr std::array<std::string_view, 19> kFields = {"code",
                                                      "context",
                                                      "stdin",
                                                      "files",
                                                      "user_id",
                                                      "image",
                                                      "sandbox_type",
                                                      "sandbox_config",
                                                      "policy",
                                                      "priority",
                                                      "deterministic",
                                                      "forbidden_functions",
                                                      "forbidden_modules",
                                                      "forbidden_attributes",
                                                      "enable_syntax_validation",
                                                      "enable_ast_validation",
                                                      "enable_output_validation",
                                                      "redact_sensitive_output",
                                                      "log_executions"};
constexpr std::array<std::string_view, 11> kSandboxFields = {"timeout_seconds",
                                                             "max_cpu_seconds",
                                                             "max_memory_mb",
                                                             "max_output_bytes",
                                                             "enable_network",
                                                             "allowed_imports",
                                                             "cpus",
                                                             "max_processes",
                                                             "max_file_mb",
                                                             "max_artifacts",
                                                             "max_artifact_bytes"};
// The engine's rules that enforce a request's own lists.
/// A busy program has to meet the time limit before the CPU limit that follows from it: gVisor counts CPU time
/// in ticks, some per cent too many under load.
constexpr double kCpuTimeRoom = 1.25;

constexpr std::array<std::string_view, 2> kFunctionRules = {"builtin", "module-member"};
constexpr std::array<std::string_view, 1> kImportRules = {"import"};
constexpr std::array<std::string_view, 1> kAttributeRules = {"attribute"};
constexpr std::array<std::string_view, 3> kFileFields = {"path", "content", "content_base64"};

std::string limit_text(double value) {
  std::array<char, 64> text{};
  const bool whole = std::nearbyint(value) == value && std::abs(value) < 1e15;
  const int length = std::snprintf(text.data(), text.size(), whole ? "%.0f" : "%.10g", value);
  return {text.data(), static_cast<std::size_t>(length)};
}

Json number_json(double value) {
  if (std::nearbyint(value) == value && std::abs(value) < 1e15) return static_cast<std::int64_t>(value);
  return value;
}

const Json* member(const Json& object, std::string_view name) {
  const auto found = object.find(name);
  return found == object.end() ? nullptr : &*found;
}

std::string take_string(Json& object, std::string_view name, const std::string& field) {
  Json& value = *object.find(name);
  if (!value.is_string()) refuse_type(field, "a string", value);
  return std::move(value.get_ref<std::string&>());
}

/// Refuses a name that is not among `known`.
void check_name(const std::string& field, const std::string& name, const std::vector<std::string>& known) {
  if (std::find(known.begin(), known.end(), name) != known.end()) return;
  const std::vector<std::string_view> views(known.begin(), known.end());
  std::string message = field + " " + quote(name) + " is not known";
  Json details;
  details["field"] = field;
  details["available"] = known;
  if (const auto near = config::nearest(name, views))
    message += "; did you mean \"" + std::string(*near) + "\"?";
  message += known.empty() ? "; none is available" : "; available: " + join(views);
  refuse(422, std::move(message), details);
}

class Parser {
 public:
  explicit Parser(const RequestRules& rules) : rules_(rules) {}

  ExecutionRequest parse(StrictJson document) {
    Json& body = document.root;
    if (!body.is_object()) refuse(422, std::string("the body must be an object, not ") + type_name(body));
    if (document.verbatim) body["context"] = nullptr;  // Known by name; its value is text already.
    check_known(body, "", kFields);

    if (!body.contains("code")) refuse_field("code", "is required");
    request_.code = take_string(body, "code", "code");
    if (document.verbatim) read_context(std::move(*document.verbatim));
    if (body.contains("stdin")) request_.stdin_text = take_string(body, "stdin", "stdin");
    read_user_id(body);
    read_priority(body);
    read_deterministic(body);
    read_switches(body);
    read_policy(body);
    read_adjustments(body);
    read_sandbox_type(body);
    read_sandbox_config(body);
    read_image(body);
    read_files(body);
    return std::move(request_);
  }

 private:
  void read_context(std::string text) {
    if (text.front() != '{') refuse_field("context", "must be an object");
    request_.context_json = std::move(text);
  }

  void read_user_id(const Json& body) {
    const Json* const value = member(body, "user_id");
    if (value == nullptr || value->is_null()) return;
    if (value->is_string()) {
      const auto& text = value->get_ref<const std::string&>();
      if (text.size() > kMaxUserIdBytes) {
        refuse_field("user_id", "is longer than " + std::to_string(kMaxUserIdBytes) + " bytes");
      }
      request_.user_id = text;
      return;
    }
    if (!value->is_number()) refuse_type("user_id", "an integer, a string or null", *value);
    if (value->is_number_unsigned()) {
      const auto number = value->get<std::uint64_t>();
      if (number <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
        request_.user_id = static_cast<std::int64_t>(number);
        return;
      }
    } else if (value->is_number_integer()) {
      request_.user_id = value->get<std::int64_t>();
      return;
    }
    refuse_field("user_id", "must be a whole number within 64 bits, a string or null");
  }

  void read_priority(Json& body) {
    if (!body.contains("priority")) return;
    const std::string name = take_string(body, "priority", "priority");
    const auto asked = priority_from(name);
    if (!asked) check_name("priority", name, {kPriorityNames.begin(), kPriorityNames.end()});
    if (*asked > rules_.max_priority) {
      const std::string_view most = to_string(rules_.max_priority);
      Json details;
      details["field"] = "priority";
      details["asked"] = name;
      details["ceiling"] = most;
      refuse(422, "priority: " + name + " is above the ceiling of " + std::string(most), details);
    }
    request_.priority = *asked;
  }

  void read_deterministic(const Json& body) {
    const Json* const value = member(body, "deterministic");
    if (value == nullptr) return;
    if (!value->is_boolean()) refuse_type("deterministic", "a boolean", *value);
    request_.deterministic = value->get<bool>();
  }

  /// One switch, and whether the request named it.
  bool read_switch(const Json& body, const std::string& name, bool may_switch_off, bool& layer) {
    const Json* const value = member(body, name);
    if (value == nullptr) return false;
    if (!value->is_boolean()) refuse_type(name, "a boolean", *value);
    layer = value->get<bool>();
    if (!layer && !may_switch_off) refuse_switch(name, name);
    return true;
  }

  [[noreturn]] static void refuse_switch(const std::string& field, const std::string& rule) {
    Json details;
    details["field"] = field;
    details["rule"] = "may_switch_off." + rule;
    refuse(403, field + " may not be switched off here (may_switch_off." + rule + " is false)", details);
  }

  void read_switches(const Json& body) {
    Layers& layers = request_.layers;
    const config::Switches& may = rules_.may_switch_off;
    read_switch(body, "enable_syntax_validation", may.enable_syntax_validation,
                layers.enable_syntax_validation);
    read_switch(body, "enable_ast_validation", may.enable_ast_validation, layers.enable_ast_validation);
    read_switch(body, "enable_output_validation", may.enable_output_validation,
                layers.enable_output_validation);
    const bool redact_named = read_switch(body, "redact_sensitive_output", may.redact_sensitive_output,
                                          layers.redact_sensitive_output);
    read_switch(body, "log_executions", may.log_executions, layers.log_executions);
    if (layers.enable_output_validation || !layers.redact_sensitive_output) return;
    // Redaction is a part of output validation and goes with it, which must not be a way around its own rule.
    if (redact_named) {
      refuse_field(
          "redact_sensitive_output",
          "cannot be honoured while enable_output_validation is false; send false for both, or neither");
    }
    if (!may.redact_sensitive_output) refuse_switch("enable_output_validation", "redact_sensitive_output");
    layers.redact_sensitive_output = false;
  }

  void read_policy(Json& body) {
    if (body.contains("policy")) {
      request_.policy = take_string(body, "policy", "policy");
      if (request_.policy != "default") {
        check_name("policy", request_.policy, policy_names());
        need_ast_validation("policy");
      }
    }
    policy_ = rules_.policies->find(request_.policy);
    if (!policy_ || policy_->enabled || !request_.layers.enable_ast_validation) return;
    // Another way to switch the layer off, so it needs the same permission.
    if (rules_.may_switch_off.enable_ast_validation) return;
    Json details;
    details["field"] = "policy";
    details["rule"] = "may_switch_off.enable_ast_validation";
    refuse(403,
           "policy " + quote(request_.policy) +
               " checks nothing, and AST validation may not be switched off here "
               "(may_switch_off.enable_ast_validation is false)",
           details);
  }

  /// The names that requests may give, of policies that are loaded.
  [[nodiscard]] std::vector<std::string> policy_names() const {
    std::vector<std::string> names = rules_.policies->names();
    const auto& allowed = rules_.allowed_policies;
    if (allowed.empty()) return names;
    names.erase(std::remove_if(names.begin(), names.end(),
                               [&](const std::string& name) {
                                 return name != "default" &&
                                        std::find(allowed.begin(), allowed.end(), name) == allowed.end();
                               }),
                names.end());
    return names;
  }

  /// Refuses what only the AST validation can honour where that will not happen, and what the policy's own
  /// rules would only warn about.
  void need_ast_validation(const std::string& field, Names rules = {}) const {
    if (!request_.layers.enable_ast_validation) {
      refuse_field(field, "cannot be honoured while enable_ast_validation is false");
    }
    if (policy_ == nullptr) return;  // Unloaded since; the first door says so.
    for (const std::string_view id : rules) {
      const auto rule = policy_->rules.find(id);
      const bool blocks =
          rule != policy_->rules.end() && rule->second.action == validators::policy::Action::block;
      if (policy_->enabled && blocks) continue;
      refuse_field(field, "cannot be honoured by the policy " + quote(request_.policy) + ", whose rule \"" +
                              std::string(id) + "\" does not block");
    }
  }

  void read_adjustments(const Json& body) {
    auto& adjustments = request_.adjustments;
    const auto read = [&](const char* name, const char* what, Names rules, std::vector<std::string>& names) {
      const Json* const value = member(body, name);
      if (value != nullptr && !value->is_null()) names = read_names(name, *value, what, rules);
    };
    read("forbidden_functions", "a function", kFunctionRules, adjustments.forbidden_functions);
    read("forbidden_modules", "a module", kImportRules, adjustments.forbidden_modules);
    read("forbidden_attributes", "an attribute", kAttributeRules, adjustments.forbidden_attributes);
  }

  void read_sandbox_type(Json& body) {
    request_.sandbox_type = rules_.sandbox_types.front();
    if (!body.contains("sandbox_type")) return;
    request_.sandbox_type = take_string(body, "sandbox_type", "sandbox_type");
    check_name("sandbox_type", request_.sandbox_type, rules_.sandbox_types);
  }

  void read_image(Json& body) {
    const bool named = body.contains("image");
    const std::string name = named ? take_string(body, "image", "image") : rules_.default_image;
    if (auto found = rules_.images->find(name)) {
      request_.image = std::move(*found);
      return;
    }
    if (named) {
      check_name("image", name, rules_.images->names());
      refuse_field("image", quote(name) + " is not available");
    }
    ApiError error;
    error.status = 503;
    error.error_type = "SandboxError";
    error.message =
        "the default image " + quote(name) +
        " has not been built on this broker; its operator builds it with: sallyport images build " + name;
    error.retry_after_seconds = 60;
    throw Refused{std::move(error)};
  }

  /// A limit from `sandbox_config` or its default.
  double read_limit(const Json& config, const char* name, double normal, double floor, double ceiling,
                    bool whole) {
    const Json* const value = member(config, name);
    if (value == nullptr) return normal;
    const std::string field = std::string("sandbox_config.") + name;
    if (!value->is_number()) refuse_type(field, "a number", *value);
    const double asked = value->get<double>();
    Json details;
    details["field"] = field;
    details["asked"] = number_json(asked);
    if (whole && std::nearbyint(asked) != asked) refuse(422, field + " must be a whole number", details);
    if (asked < floor) {
      details["floor"] = number_json(floor);
      refuse(422, field + ": " + limit_text(asked) + " is below the floor of " + limit_text(floor), details);
    }
    if (asked > ceiling) {
      details["ceiling"] = number_json(ceiling);
      refuse(422, field + ": " + limit_text(asked) + " is above the ceiling of " + limit_text(ceiling),
             details);
    }
    return asked;
  }

  std::uint64_t read_count(const Json& config, const char* name, std::uint64_t normal, double floor,
                           std::uint64_t ceiling) {
    if (member(config, name) == nullptr) return normal;
    return static_cast<std::uint64_t>(read_limit(config, name, 0, floor, static_cast<double>(ceiling), true));
  }

  void read_sandbox_config(const Json& body) {
    static const Json kNone = Json::object();
    const Json* const given = member(body, "sandbox_config");
    if (given != nullptr && !given->is_object()) refuse_type("sandbox_config", "an object", *given);
    const Json& config = given == nullptr ? kNone : *given;
    check_known(config, "sandbox_config", kSandboxFields);

    const config::SandboxLimits& normal = rules_.sandbox.defaults;
    const config::SandboxLimits& most = rules_.sandbox.ceilings;
    const LimitFloors least;
    runners::Limits& limits = request_.limits;

    const double timeout = read_limit(config, "timeout_seconds", normal.timeout_seconds,
                                      least.timeout_seconds, most.timeout_seconds, false);
    limits.timeout = std::chrono::milliseconds(std::llround(timeout * 1000));
    limits.cpus = read_limit(config, "cpus", normal.cpus, least.cpus, most.cpus, false);
    double cpu_seconds = read_limit(config, "max_cpu_seconds", normal.max_cpu_seconds, least.max_cpu_seconds,
                                    most.max_cpu_seconds, false);
    if (cpu_seconds <= 0) {
      cpu_seconds = std::ceil(timeout * limits.cpus * kCpuTimeRoom) + 1;
      if (most.max_cpu_seconds > 0) cpu_seconds = std::min(cpu_seconds, most.max_cpu_seconds);
    }
    limits.cpu_seconds = cpu_seconds;
    limits.max_memory_mb =
        read_count(config, "max_memory_mb", normal.max_memory_mb, least.max_memory_mb, most.max_memory_mb);
    limits.max_output_bytes = read_count(config, "max_output_bytes", normal.max_output_bytes,
                                         least.max_output_bytes, most.max_output_bytes);
    limits.max_processes =
        read_count(config, "max_processes", normal.max_processes, least.max_processes, most.max_processes);
    limits.max_file_mb =
        read_count(config, "max_file_mb", normal.max_file_mb, least.max_file_mb, most.max_file_mb);
    limits.max_artifacts =
        read_count(config, "max_artifacts", normal.max_artifacts, least.max_artifacts, most.max_artifacts);
    limits.max_artifact_bytes = read_count(config, "max_artifact_bytes", normal.max_artifact_bytes,
                                           least.max_artifact_bytes, most.max_artifact_bytes);
    read_network(config, normal.enable_network, most.enable_network);
    read_allowed_imports(config);
  }

  void read_network(const Json& config, bool normal, bool allowed) {
    request_.limits.enable_network = normal;
    const Json* const value = member(config, "enable_network");
    if (value == nullptr) return;
    if (!value->is_boolean()) refuse_type("sandbox_config.enable_network", "a boolean", *value);
    request_.limits.enable_network = value->get<bool>();
    if (!request_.limits.enable_network || allowed) return;
    Json details;
    details["field"] = "sandbox_config.enable_network";
    details["asked"] = true;
    details["ceiling"] = false;
    refuse(422, "sandbox_config.enable_network: true is above the ceiling of false", details);
  }

  void read_allowed_imports(const Json& config) {
    const Json* const value = member(config, "allowed_imports");
    if (value == nullptr || value->is_null()) return;
    request_.adjustments.allowed_imports =
        read_names("sandbox_config.allowed_imports", *value, "a module", kImportRules);
    request_.adjustments.replaces_imports = rules_.may_replace_imports;
  }

  /// A list of dotted names that change the policy.
  [[nodiscard]] std::vector<std::string> read_names(const std::string& field, const Json& value,
                                                    const std::string& what, Names rules) const {
    if (!value.is_array()) refuse_type(field, "a list of names, or null", value);
    if (value.size() > kMaxAdjustments) {
      refuse_field(field, "has more than " + std::to_string(kMaxAdjustments) + " entries");
    }
    std::vector<std::string> names;
    for (const Json& item : value) {
      const std::string place = field + "[" + std::to_string(names.size()) + "]";
      if (!item.is_string()) refuse_type(place, "a string", item);
      const auto& name = item.get_ref<const std::string&>();
      if (!is_dotted_name(name)) refuse_field(place, quote(name) + " is not the name of " + what);
      names.push_back(name);
    }
    need_ast_validation(field, rules);
    return names;
  }

  /// Dotted identifiers; which characters beyond ASCII may be in one is for the policy to know.
  static bool is_dotted_name(std::string_view name) {
    if (name.empty() || name.size() > kMaxNameBytes) return false;
    bool at_start = true;
    for (const char c : name) {
      const bool digit = c >= '0' && c <= '9';
      const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
                          static_cast<unsigned char>(c) >= 0x80;
      if (c == '.' ? at_start : !(letter || (digit && !at_start))) return false;
      at_start = c == '.';
    }
    return !at_start;
  }

  void read_files(Json& body) {
    const auto found = body.find("files");
    if (found == body.end()) return;
    if (!found->is_array()) refuse_type("files", "a list", *found);
    if (found->size() > rules_.sandbox.max_files) {
      Json details;
      details["field"] = "files";
      details["asked"] = found->size();
      details["ceiling"] = rules_.sandbox.max_files;
      refuse(422,
             "files: " + std::to_string(found->size()) + " files are above the ceiling of " +
                 std::to_string(rules_.sandbox.max_files),
             details);
    }
    InputPaths paths;
    std::uint64_t bytes = 0;
    for (Json& item : *found) {
      const std::string place = "files[" + std::to_string(request_.files.size()) + "]";
      runners::InputFile file = read_file(item, place);
      if (const std::string mistake = paths.add(file.path); !mistake.empty()) {
        refuse_field(place + ".path", quote(file.path) + " " + mistake);
      }
      bytes += file.content.size();
      if (bytes > rules_.max_files_bytes) {
        Json details;
        details["field"] = "files";
        details["ceiling"] = rules_.max_files_bytes;
        refuse(422,
               "files: their contents are above the ceiling of " + std::to_string(rules_.max_files_bytes) +
                   " bytes",
               details);
      }
      request_.files.push_back(std::move(file));
    }
  }

  static runners::InputFile read_file(Json& item, const std::string& place) {
    if (!item.is_object()) refuse_type(place, "an object", item);
    check_known(item, place, kFileFields);
    if (!item.contains("path")) refuse_field(place + ".path", "is required");
    runners::InputFile file;
    file.path = take_string(item, "path", place + ".path");
    if (const std::string mistake = path_mistake(file.path); !mistake.empty()) {
      refuse_field(place + ".path", quote(file.path) + " " + mistake);
    }
    const bool text = item.contains("content");
    const bool encoded = item.contains("content_base64");
    if (text == encoded) refuse_field(place, "must have exactly one of content and content_base64");
    if (text) {
      file.content = take_string(item, "content", place + ".content");
      return file;
    }
    auto decoded = base::base64_decode(take_string(item, "content_base64", place + ".content_base64"));
    if (!decoded) {
      refuse_field(place + ".content_base64",
                   "is not base64 (RFC 4648: A-Z a-z 0-9 + /, padded with =, without white space)");
    }
    file.content = std::move(*decoded);
    return file;
  }

  const RequestRules& rules_;
  ExecutionRequest request_;
  PolicyCatalog::PolicyPointer policy_;
};

}  // namespace

ApiResult<ExecutionRequest> parse_execution_request(std::string_view body, const RequestRules& rules,
                                                    std::shared_ptr<const Caller> caller) {
  if (!caller) caller = std::make_shared<Caller>();
  JsonBounds bounds;
  bounds.max_values = 1024 + 4 * kMaxAdjustments + 8 * rules.sandbox.max_files;
  bounds.verbatim_member = "context";
  bounds.max_verbatim_depth = rules.sandbox.max_context_depth;
  auto document = parse_strict_json(body, bounds);
  if (document.has_error()) return document.error();
  try {
    ExecutionRequest request = Parser(rules).parse(std::move(*document));
    request.caller = std::move(caller);
    return request;
  } catch (Refused& refused) {
    return std::move(refused.error);
  }
}

}  // namespace sallyport::broker
