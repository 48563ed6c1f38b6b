#include "broker/cli/check.hpp"

#include "base/base64.hpp"
#include "broker/cli/command_line.hpp"
#include "broker/cli/line_input.hpp"
#include "broker/cli/python_source.hpp"
#include "validators/syntax_validator.hpp"

#include <nlohmann/json.hpp>

#include <iostream>
#include <optional>
#include <string>
#include <string_view>
#include <unistd.h>
#include <utility>

namespace sallyport::broker::cli {
namespace {

using nlohmann::json;
using validators::SyntaxValidationResult;
using validators::SyntaxValidator;
using validators::python::SourceKind;
using validators::python::Version;

constexpr std::size_t kLongestLine = std::size_t{64} << 20U;
constexpr std::size_t kMostUnsent = std::size_t{1} << 20U;
/// What a line says that is no request at all.
constexpr const char* kBadRequest = "RequestError";

json to_json(const SyntaxValidationResult& result) {
  json answer = {{"ok", result.is_valid}, {"error_type", nullptr}, {"line", nullptr},
                 {"column", nullptr},     {"message", nullptr},    {"violations", json::array()}};
  if (!result.is_valid) {
    answer["error_type"] = result.error_type;
    // CPython names no place for some errors; and for some, line 0 or column 0.
    if (result.line_number != 0 || result.column != 0) {
      answer["line"] = result.line_number;
      answer["column"] = result.column;
    }
    answer["message"] = result.error_message;
  }
  return answer;
}

std::string to_text(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

json bad_request(json id, const std::string& message) {
  json answer = to_json({});
  answer["id"] = std::move(id);
  answer["error_type"] = kBadRequest;
  answer["message"] = message;
  return answer;
}

/// One line of `--jsonl`.
json answer_line(const std::string& line, Version default_version) {
  const json request = json::parse(line, nullptr, false);
  if (!request.is_object()) return bad_request(nullptr, "the line is not a JSON object");
  json id = request.value("id", json(nullptr));

  Version version = default_version;
  if (const auto python = request.find("python"); python != request.end() && !python->is_null()) {
    const auto named = python->is_string()
                           ? validators::python::version_from(python->get_ref<const std::string&>())
                           : std::nullopt;
    if (!named)
      return bad_request(std::move(id), "python: not a version that is known (\"3.9\" to \"3.14\")");
    version = *named;
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

  json answer = to_json(SyntaxValidator().validate(code, version, kind));
  answer["id"] = std::move(id);
  return answer;
}

int check_lines(Version version) {
  std::string unsent;
  const auto send = [&] {
    std::cout << unsent << std::flush;
    unsent.clear();
  };
  LineInput input(STDIN_FILENO, kLongestLine, send);
  std::string line;
  for (;;) {
    switch (input.next(line)) {
      case LineInput::Read::end:
        send();
        return std::cout ? kSuccess : kFailure;
      case LineInput::Read::too_long:
        send();
        std::cerr << "sallyport: a line is longer than " << kLongestLine << " bytes\n";
        return kUsage;
      case LineInput::Read::line:
        break;
    }
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    unsent += to_text(answer_line(line, version));
    unsent += '\n';
    if (unsent.size() > kMostUnsent) send();
  }
}

int check_file(const CheckOptions& options, Version version) {
  const auto code = read_source(options.file);
  if (!code) return kUsage;
  const SyntaxValidationResult result = SyntaxValidator().validate(*code, version, SourceKind::bytes);
  if (options.json) {
    std::cout << to_text(to_json(result)) << "\n";
  } else if (!result.is_valid) {
    if (result.line_number != 0) {
      std::cerr << "  File \"" << shown_name(options.file) << "\", line " << result.line_number << "\n";
    }
    if (!result.display.empty()) std::cerr << result.display << "\n";
    std::cerr << result.error_type << ": " << result.error_message << "\n";
    if (!result.hint.empty()) std::cerr << "hint: " << result.hint << "\n";
  }
  return result.is_valid ? kSuccess : kFailure;
}

}  // namespace

int check(const CheckOptions& options) {
  const auto version = chosen_version(options.python);
  if (!version) return kUsage;
  return options.jsonl ? check_lines(*version) : check_file(options, *version);
}

}  // namespace sallyport::broker::cli
