#include "broker/cli/redact.hpp"

#include "broker/cli/command_line.hpp"
#include "broker/cli/line_answers.hpp"
#include "validators/output_validator.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <optional>
#include <string_view>
#include <unistd.h>
#include <utility>
#include <vector>

namespace sallyport::broker::cli {
namespace {

using nlohmann::json;
using validators::OutputValidator;
using validators::output::Redactor;
using validators::output::RuleSet;
using validators::output::Violation;
using RulesPointer = std::shared_ptr<const RuleSet>;

constexpr std::size_t kPieceBytes = std::size_t{64} << 10U;

std::string to_text(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

/// What may be said of a finding.
json to_json(const Violation& violation) {
  return {{"type", violation.type},
          {"rule", violation.rule},
          {"category", violation.category},
          {"severity", validators::output::to_string(violation.severity)},
          {"action", validators::output::to_string(violation.action)},
          {"message", violation.message},
          {"count", violation.count},
          {"line", violation.line}};
}

RulesPointer load(const std::string& file) {
  std::string own;
  if (!file.empty()) {
    std::ifstream stream(file, std::ios::binary);
    if (!stream) {
      std::cerr << "sallyport: " << file << " cannot be read\n";
      return nullptr;
    }
    own.assign(std::istreambuf_iterator<char>(stream), {});
  }
  auto loaded = validators::output::load_rules(own);
  for (const auto& mistake : loaded.mistakes)
    std::cerr << "sallyport: " << (file.empty() ? "shipped rules" : file) << ": " << mistake.text() << "\n";
  return std::move(loaded.rules);
}

/// Bytes read, 0 at the end, less on an error.
ssize_t read_piece(int descriptor, std::array<char, kPieceBytes>& piece) {
  ssize_t count = 0;
  do {
    count = ::read(descriptor, piece.data(), piece.size());
  } while (count < 0 && errno == EINTR);
  return count;
}

/// A file that is closed again, unless it is standard input.
class Input {
 public:
  explicit Input(const std::string& file)
      : descriptor_(file == "-" ? STDIN_FILENO : ::open(file.c_str(), O_RDONLY | O_CLOEXEC)) {
    if (descriptor_ < 0) std::cerr << "sallyport: " << file << " cannot be read\n";
  }
  ~Input() {
    if (descriptor_ > STDIN_FILENO) ::close(descriptor_);
  }
  Input(const Input&) = delete;
  Input& operator=(const Input&) = delete;

  [[nodiscard]] bool ok() const { return descriptor_ >= 0; }
  /// Calls `take` with each piece to the end. False: it failed.
  template <class Take>
  [[nodiscard]] bool each(const Take& take) const {
    const auto piece = std::make_unique<std::array<char, kPieceBytes>>();
    for (;;) {
      const ssize_t count = read_piece(descriptor_, *piece);
      if (count <= 0) return count == 0;
      take(std::string_view(piece->data(), static_cast<std::size_t>(count)));
    }
  }

 private:
  int descriptor_;
};

void print(const std::vector<Violation>& violations) {
  for (const Violation& violation : violations) {
    std::cerr << "line " << violation.line << ": " << violation.rule << " (" << violation.category << ", "
              << validators::output::to_string(violation.severity) << "): " << violation.count
              << (violation.count == 1 ? " time\n" : " times\n");
  }
}

/// As the text comes, so far as it is certain.
int redact_stream(const Input& input, RulesPointer rules) {
  Redactor redactor(std::move(rules));
  std::string out;
  const auto send = [&out] {
    std::cout << out << std::flush;
    out.clear();
  };
  const bool read = input.each([&](std::string_view piece) {
    if (!redactor.is_blocked()) redactor.feed(piece, out);
    if (!redactor.is_blocked()) send();
  });
  if (!redactor.is_blocked()) redactor.finish(out);
  if (!redactor.is_blocked()) send();
  print(redactor.violations());
  if (redactor.is_blocked()) std::cerr << "sallyport: a rule blocks this output; the rest is withheld\n";
  return read && std::cout && !redactor.is_blocked() ? kSuccess : kFailure;
}

int redact_whole(const Input& input, RulesPointer rules) {
  std::string text;
  if (!input.each([&text](std::string_view piece) { text += piece; })) return kFailure;
  const auto result = OutputValidator(std::move(rules)).validate(text);
  json violations = json::array();
  for (const Violation& violation : result.violations) violations.push_back(to_json(violation));
  std::cout << to_text({{"sanitized", result.sanitized_output},
                        {"redacted", result.was_redacted},
                        {"is_valid", result.is_valid},
                        {"violations", std::move(violations)}})
            << "\n";
  return result.is_valid ? kSuccess : kFailure;
}

json answer_line(const std::string& line, const OutputValidator& validator) {
  const json request = json::parse(line, nullptr, false);
  const auto text = request.is_object() ? request.find("text") : request.end();
  json answer = {{"id", request.is_object() ? request.value("id", json(nullptr)) : json(nullptr)}};
  if (!request.is_object() || text == request.end() || !text->is_string()) {
    answer["error"] = "the line is no JSON object with a \"text\"";
    return answer;
  }
  const auto result = validator.validate(text->get_ref<const std::string&>());
  json violations = json::array();
  for (const Violation& violation : result.violations) {
    violations.push_back(
        {{"rule", violation.rule}, {"category", violation.category}, {"count", violation.count}});
  }
  answer["sanitized"] = result.sanitized_output;
  answer["violations"] = std::move(violations);
  answer["redacted"] = result.was_redacted;
  return answer;
}

int redact_lines(RulesPointer rules) {
  const OutputValidator validator(std::move(rules));
  return answer_lines([&](const std::string& line) { return to_text(answer_line(line, validator)); });
}

int print_canary() {
  std::string value;
  if (!Input("-").each([&value](std::string_view piece) { value += piece; })) return kFailure;
  while (value.ends_with('\n') || value.ends_with('\r')) value.pop_back();
  namespace output = validators::output;
  if (value.size() < output::shortest_canary || value.size() > output::longest_canary) {
    std::cerr << "sallyport: a canary has " << output::shortest_canary << " to " << output::longest_canary
              << " bytes\n";
    return kUsage;
  }
  std::cout << to_text({{"id", "canary"}, {"forms", output::hash_canary(value)}}) << "\n";
  return kSuccess;
}

}  // namespace

int redact(const RedactOptions& options) {
  if (options.hash_canary) return print_canary();
  RulesPointer rules = load(options.rules);
  if (!rules) return kUsage;
  if (options.jsonl) return redact_lines(std::move(rules));
  const Input input(options.file);
  if (!input.ok()) return kUsage;
  return options.json ? redact_whole(input, std::move(rules)) : redact_stream(input, std::move(rules));
}

}  // namespace sallyport::broker::cli
