#include "broker/cli/check.hpp"

#include "base/base64.hpp"
#include "broker/api/violation_json.hpp"
#include "broker/cli/command_line.hpp"
#include "broker/cli/explain.hpp"
#include "broker/cli/line_answers.hpp"
#include "broker/cli/load_or_complain.hpp"
#include "broker/cli/python_source.hpp"
#include "broker/first_door.hpp"
#include "broker/policies.hpp"
#include "config/nearest.hpp"
#include "validators/ast_validator.hpp"
#include "validators/syntax_validator.hpp"

#include <nlohmann/json.hpp>

#include <iostream>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sallyport::broker::cli {
namespace {

using nlohmann::json;
using validators::ASTValidationResult;
using validators::SyntaxValidationResult;
using validators::SyntaxValidator;
using validators::policy::Policy;
using validators::python::SourceKind;
using validators::python::Version;

/// What a line says that is no request at all.
constexpr const char* kBadRequest = "RequestError";

/// Both leaves of the first door; the second is only reached through the first.
struct Findings {
  SyntaxValidationResult syntax;
  ASTValidationResult policy;

  [[nodiscard]] bool passed() const { return syntax.is_valid && policy.is_valid; }
};

/// `policy` may be null: syntax alone.
Findings examine(std::string_view code, Version version, SourceKind kind, const Policy* policy) {
  Findings found;
  found.syntax = SyntaxValidator().validate(code, version, kind);
  if (found.syntax.tree && policy != nullptr && policy->enabled) {
    found.policy = validators::ASTValidator().validate(*found.syntax.tree, *policy, {}, version);
  }
  return found;
}

json to_json(const Findings& found) {
  const SyntaxValidationResult& syntax = found.syntax;
  json answer = {{"ok", found.passed()}, {"error_type", nullptr}, {"line", nullptr},
                 {"column", nullptr},    {"message", nullptr},    {"violations", json::array()}};
  if (!syntax.is_valid) {
    answer["error_type"] = syntax.error_type;
    // CPython names no place for some errors; and for some, line 0 or column 0.
    if (syntax.line_number != 0 || syntax.column != 0) {
      answer["line"] = syntax.line_number;
      answer["column"] = syntax.column;
    }
    answer["message"] = syntax.error_message;
    return answer;
  }
  for (const auto& violation : found.policy.violations) {
    if (answer["error_type"].is_null() && violation.action == validators::policy::Action::block) {
      answer["error_type"] = "ValidationError";
      answer["line"] = violation.line;
      answer["column"] = violation.column;
      answer["message"] = violation.message;
    }
    answer["violations"].push_back(json::parse(to_json(to_violation(violation))));
  }
  return answer;
}

std::string to_text(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string unknown_policy(const std::string& name, const PolicyCatalog& policies) {
  const std::vector<std::string> names = policies.names();
  std::string message = "no policy \"" + name.substr(0, 100) + "\"; known are: ";
  for (const std::string& known : names) message += (known == names.front() ? "" : ", ") + known;
  const std::vector<std::string_view> candidates(names.begin(), names.end());
  if (const auto near = config::nearest(name, candidates))
    message += "; did you mean \"" + std::string(*near) + "\"?";
  return message;
}

json bad_request(json id, const std::string& message) {
  json answer = to_json(Findings());
  answer["id"] = std::move(id);
  answer["error_type"] = kBadRequest;
  answer["message"] = message;
  return answer;
}

/// What holds for requests that do not say otherwise.
struct Defaults {
  Version version;
  std::string policy;
  bool syntax_only;
};

/// One line of `--jsonl`.
json answer_line(const std::string& line, const Defaults& defaults, const PolicyCatalog& policies) {
  const json request = json::parse(line, nullptr, false);
  if (!request.is_object()) return bad_request(nullptr, "the line is not a JSON object");
  json id = request.value("id", json(nullptr));

  Version version = defaults.version;
  if (const auto python = request.find("python"); python != request.end() && !python->is_null()) {
    const auto named = python->is_string()
                           ? validators::python::version_from(python->get_ref<const std::string&>())
                           : std::nullopt;
    if (!named)
      return bad_request(std::move(id), "python: not a version that is known (\"3.9\" to \"3.14\")");
    version = *named;
  }

  bool syntax_only = defaults.syntax_only;
  if (const auto mode = request.find("mode"); mode != request.end() && !mode->is_null()) {
    if (*mode != "syntax") return bad_request(std::move(id), "mode: known is \"syntax\", for syntax alone");
    syntax_only = true;
  }
  PolicyCatalog::PolicyPointer policy;
  if (!syntax_only) {
    std::string name = defaults.policy;
    if (const auto named = request.find("policy"); named != request.end() && named->is_string())
      name = *named;
    policy = policies.find(name);
    if (!policy) return bad_request(std::move(id), "policy: " + unknown_policy(name, policies));
  }

  std::string code;
  SourceKind kind = SourceKind::text;
  const auto text = request.find("code");
  const auto encoded = request.find("code_b64");
  if (text != request.end() && text->is_string()) {
    code = text->get<std::string>();
  } else if (encoded != request.end() && encoded->is_string()) {
    auto decoded = base::base64_decode(encoded->get_ref<const std::string&>());
    if (!decoded) return bad_request(std::move(id), "code_b64: not base64");
    code = std::move(*decoded);
    kind = SourceKind::bytes;
  } else {
    return bad_request(std::move(id), "code or code_b64 is missing");
  }

  json answer = to_json(examine(code, version, kind, policy.get()));
  answer["id"] = std::move(id);
  return answer;
}

int check_lines(const Defaults& defaults, const PolicyCatalog& policies) {
  return answer_lines(
      [&](const std::string& line) { return to_text(answer_line(line, defaults, policies)); });
}

void print_syntax_error(const SyntaxValidationResult& result, const std::string& file) {
  if (result.line_number != 0) {
    std::cerr << "  File \"" << file << "\", line " << result.line_number << "\n";
  }
  if (!result.display.empty()) std::cerr << result.display << "\n";
  std::cerr << result.error_type << ": " << result.error_message << "\n";
  if (!result.hint.empty()) std::cerr << "hint: " << result.hint << "\n";
}

int check_file(const CheckOptions& options, Version version, const Policy* policy) {
  const auto code = read_source(options.file);
  if (!code) return kUsage;
  const Findings found = examine(*code, version, SourceKind::bytes, policy);
  if (options.json) {
    std::cout << to_text(to_json(found)) << "\n";
  } else if (!found.syntax.is_valid) {
    print_syntax_error(found.syntax, shown_name(options.file));
  } else {
    for (const auto& violation : found.policy.violations) {
      const bool blocks = violation.action == validators::policy::Action::block;
      std::cerr << (blocks ? "" : "warning: ") << validators::display(violation, *code);
    }
  }
  return found.passed() ? kSuccess : kFailure;
}

}  // namespace

int check(const config::Loaded& loaded, const CheckOptions& options) {
  const auto version = chosen_version(options.python);
  if (!version) return kUsage;
  Policies policies(loaded.config.policies.folder);
  if (!load_or_complain(policies)) return kUsage;
  const PolicyCatalog::PolicyPointer policy = policies.find(options.policy);
  if (!policy) {
    std::cerr << "sallyport: --policy: " << unknown_policy(options.policy, policies) << "\n";
    return kUsage;
  }
  if (!options.explain.empty()) return explain(*policy, options.explain, options.json);
  if (options.jsonl) return check_lines({*version, options.policy, options.syntax_only}, policies);
  return check_file(options, *version, options.syntax_only ? nullptr : policy.get());
}

}  // namespace sallyport::broker::cli
