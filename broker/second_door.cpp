#include "broker/second_door.hpp"

#include "broker/api/utf8.hpp"
#include "validators/output/known_secrets.hpp"
#include "validators/output/redactor.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace sallyport::broker {
namespace {

namespace output = validators::output;

OutputViolation to_violation(output::Violation found, const char* stream) {
  OutputViolation violation;
  violation.type = std::move(found.type);
  violation.rule = std::move(found.rule);
  violation.category = std::move(found.category);
  violation.severity = output::to_string(found.severity);
  violation.stream = stream;
  violation.message = std::move(found.message);
  violation.count = found.count;
  violation.line = found.line;
  return violation;
}

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
    take_up(redactor, stream);
    return redactor.was_redacted();
  }

  /// For a text that comes in pieces; `take_up` when it has ended.
  [[nodiscard]] output::Redactor redactor() const { return output::Redactor(rules_, options_); }
  void take_up(const output::Redactor& redactor, const char* stream) {
    for (output::Violation& found : redactor.violations()) take_up(std::move(found), stream);
    redacted_ = redacted_ || redactor.was_redacted();
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
    violations_.push_back(to_violation(std::move(found), stream));
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

void inspect_all_but_streams(OutputTexts& texts, Inspection& inspection) {
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
}

void conclude_with(Inspection& inspection, bool was_truncated, OutputVerdict& verdict) {
  verdict.redacted = inspection.redacted();
  verdict.violations = inspection.take_violations();
  if (was_truncated) verdict.violations.push_back(excessive_output());
  if (!inspection.blocking().empty()) {
    verdict.passed = false;
    verdict.error_message =
        "the output is withheld: it holds what must not leave (" + inspection.blocking() + ")";
  }
}

class RedactingLiveInspection final : public LiveInspection {
 public:
  explicit RedactingLiveInspection(Inspection inspection)
      : inspection_(std::move(inspection)),
        streams_{Stream{inspection_.redactor(), "stdout", 0}, Stream{inspection_.redactor(), "stderr", 0}} {}

  void feed(runners::OutputStream stream, std::string_view text, std::string& out) override {
    of(stream).redactor.feed(text, out);
  }
  void finish(runners::OutputStream stream, std::string& out) override { of(stream).redactor.finish(out); }

  [[nodiscard]] bool blocked() const override {
    return streams_[0].redactor.is_blocked() || streams_[1].redactor.is_blocked();
  }

  [[nodiscard]] std::vector<OutputViolation> new_violations() override {
    std::vector<OutputViolation> news;
    for (Stream& stream : streams_) {
      // A redactor tells of its rules in the order of their first finding.
      std::vector<output::Violation> all = stream.redactor.violations();
      for (; stream.told < all.size(); ++stream.told) {
        news.push_back(to_violation(std::move(all[stream.told]), stream.name));
      }
    }
    return news;
  }

  [[nodiscard]] OutputVerdict conclude(OutputQuestion question) override {
    for (const Stream& stream : streams_) inspection_.take_up(stream.redactor, stream.name);
    OutputVerdict verdict;
    verdict.texts = std::move(question.texts);
    inspect_all_but_streams(verdict.texts, inspection_);
    conclude_with(inspection_, question.was_truncated, verdict);
    return verdict;
  }

 private:
  struct Stream {
    output::Redactor redactor;
    const char* name;
    std::size_t told;  // violations
  };
  Stream& of(runners::OutputStream stream) {
    return stream == runners::OutputStream::stdout_stream ? streams_[0] : streams_[1];
  }

  Inspection inspection_;
  std::array<Stream, 2> streams_;
};

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
  inspect_all_but_streams(texts, inspection);
  conclude_with(inspection, question.was_truncated, verdict);
  return verdict;
}

std::unique_ptr<LiveInspection> RedactingOutputDoor::inspect_live(
    bool redact, std::vector<std::string> known_secrets) const {
  return std::make_unique<RedactingLiveInspection>(
      Inspection(rules_.current(), redact, std::move(known_secrets)));
}

}  // namespace sallyport::broker
