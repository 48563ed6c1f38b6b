#include "broker/second_door.hpp"

#include "broker/api/utf8.hpp"
#include "validators/output/known_secrets.hpp"
#include "validators/output/redactor.hpp"

#include <algorithm>
#include <utility>

namespace sallyport::broker {
namespace {

namespace output = validators::output;

/// The texts of one submission, one after the other, under the same rules.
class Inspection {
 public:
  Inspection(OutputRules::Pointer rules, bool redact, std::vector<std::string> known_secrets)
      : rules_(std::move(rules)) {
    options_.redact = redact;
    options_.known_secrets = std::move(known_secrets);
  }

  /// Whether `text` was changed.
  bool inspect(std::string& text, const char* stream) {
    output::Redactor redactor(rules_, options_);
    std::string changed;
    if (redactor.run(text, changed)) text = std::move(changed);
    for (output::Violation& found : redactor.violations()) take_up(std::move(found), stream);
    redacted_ = redacted_ || redactor.was_redacted();
    return redactor.was_redacted();
  }

  [[nodiscard]] bool redacted() const { return redacted_; }
  std::vector<OutputViolation> take_violations() { return std::move(violations_); }
  /// The rules that let nothing out; empty where there are none.
  [[nodiscard]] const std::string& blocking() const { return blocking_; }

 private:
  void take_up(output::Violation found, const char* stream) {
    if (found.action == output::Action::block) {
      blocking_ += (blocking_.empty() ? "" : ", ") + found.rule;
    }
    // The same rule in ten artifacts is one entry.
    const auto same = std::find_if(violations_.begin(), violations_.end(), [&](const OutputViolation& other) {
      return other.rule == found.rule && other.stream == stream;
    });
    if (same != violations_.end()) {
      same->count += found.count;
      return;
    }
    OutputViolation violation;
    violation.type = std::move(found.type);
    violation.rule = std::move(found.rule);
    violation.category = std::move(found.category);
    violation.severity = output::to_string(found.severity);
    violation.stream = stream;
    violation.message = std::move(found.message);
    violation.count = found.count;
    violation.line = found.line;
    violations_.push_back(std::move(violation));
  }

  OutputRules::Pointer rules_;
  output::RedactorOptions options_;
  std::vector<OutputViolation> violations_;
  std::string blocking_;
  bool redacted_ = false;
};

bool is_text(const std::string& content) {
  return content.find('\0') == std::string::npos && find_invalid_utf8(content) == std::string_view::npos;
}

OutputViolation excessive_output() {
  OutputViolation violation;
  violation.type = "excessive_output";
  violation.rule = "max-output-bytes";
  violation.category = "size";
  violation.severity = "medium";
  violation.stream = "stdout";
  violation.message = "stdout and stderr together were cut at max_output_bytes";
  violation.count = 1;
  return violation;
}

}  // namespace

std::vector<std::string> RedactingOutputDoor::known_secrets(std::string_view context_json) const {
  return output::secrets_of_context(context_json);
}

OutputVerdict RedactingOutputDoor::check(OutputQuestion question) const {
  OutputVerdict verdict;
  OutputTexts& texts = verdict.texts = std::move(question.texts);
  Inspection inspection(rules_.current(), question.redact, std::move(question.known_secrets));
  inspection.inspect(texts.stdout_text, "stdout");
  inspection.inspect(texts.stderr_text, "stderr");
  if (texts.error_type) inspection.inspect(*texts.error_type, "error_type");
  if (texts.error_message) inspection.inspect(*texts.error_message, "error_message");
  for (runners::Artifact& artifact : texts.artifacts) {
    inspection.inspect(artifact.path, "artifact_path");
    if (is_text(artifact.content) && inspection.inspect(artifact.content, "artifact")) {
      artifact.size = artifact.content.size();
    }
  }
  for (std::string& note : texts.notes) inspection.inspect(note, "notes");
  for (std::string& text : texts.displays) inspection.inspect(text, "display");

  verdict.redacted = inspection.redacted();
  verdict.violations = inspection.take_violations();
  if (question.was_truncated) verdict.violations.push_back(excessive_output());
  if (!inspection.blocking().empty()) {
    verdict.passed = false;
    verdict.error_message =
        "the output is withheld: it holds what must not leave (" + inspection.blocking() + ")";
  }
  return verdict;
}

}  // namespace sallyport::broker
