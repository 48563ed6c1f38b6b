// The two doors, as the broker needs them; the validators implement them and `main` puts them in.
//
// Both are pure and synchronous: no I/O, microseconds to milliseconds. Neither throws for anything that a
// submission can hold.
#pragma once

#include "runners/runner.hpp"
#include "validators/policy/rights.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::broker {

/// What the first door found. Lines and columns count from 1; 0: not known.
struct ValidationViolation {
  std::string type;  ///< "syntax", "import", ...
  std::string rule;
  std::string severity;  ///< "low", "medium", "high", "critical"
  std::string message;
  int line = 0;
  int column = 0;
  int end_line = 0;
  int end_column = 0;
  std::string hint;  ///< What to write instead; may be empty.
};

/// What the second door found; never the secret itself.
struct OutputViolation {
  std::string type;  ///< "sensitive_data" or "excessive_output"
  std::string rule;
  std::string category;
  std::string severity;  ///< "low", "medium", "high", "critical"
  std::string stream;    ///< "stdout", "stderr", "error_message", "error_type", "artifact", "artifact_path",
                         ///< "notes", "display"
  std::string message;
  std::uint64_t count = 0;
  std::uint64_t line = 0;  ///< Of the first finding, from 1; 0: not known.
};

/// What the first door is asked. Everything in it must outlive the answer.
struct CodeQuestion {
  std::string_view code;
  std::string_view python_version;  ///< "3.11"; empty: the newest that is known.
  bool check_syntax = true;
  bool check_policy = true;
  std::string_view policy = "default";
  const validators::policy::Adjustments* adjustments = nullptr;  ///< Null: the policy as it is.
};

/// The word of the first door.
struct CodeVerdict {
  bool passed = true;
  std::string error_message;                    ///< If not passed: for people and for language models.
  int error_line = 0;                           ///< Of what stopped it; 0: not known.
  std::vector<ValidationViolation> violations;  ///< In the order of the source; warnings too.
  /// What the program may import while it runs; null where no policy was asked for, or it holds nothing back.
  std::shared_ptr<const runners::ImportRules> imports;
};

/// Door one: is it Python, and is it allowed?
class FirstDoor {
 public:
  virtual ~FirstDoor() = default;
  /// Thread-safety: any thread. Time is linear in the length of the code: microseconds for usual programs, a
  /// third of a second for the worst megabyte.
  [[nodiscard]] virtual CodeVerdict check(const CodeQuestion& question) const = 0;
  /// Another number whenever the same question may have got another answer since; constant for a door whose
  /// rules never change. Any thread.
  [[nodiscard]] virtual std::uint64_t generation() const { return 0; }
};

/// What goes out through door two: everything that the submission chose. Texts are valid UTF-8.
struct OutputTexts {
  std::string stdout_text;
  std::string stderr_text;
  std::optional<std::string>
      error_type;  ///< The name of an exception's class, which may be the submission's own.
  std::optional<std::string> error_message;  ///< Repeats what the submission raised.
  std::vector<runners::Artifact> artifacts;
  std::vector<std::string> notes;     ///< Name files of the submission.
  std::vector<std::string> displays;  ///< Values that a cell of a session showed, its result too.
};

/// What the second door is asked.
struct OutputQuestion {
  OutputTexts texts;
  bool redact = true;                      ///< False: report, and change nothing.
  bool was_truncated = false;              ///< The streams were cut at the output limit.
  std::vector<std::string> known_secrets;  ///< Values of the context that are named like secrets.
};

/// The word of the second door.
struct OutputVerdict {
  bool passed = true;
  std::string error_message;  ///< If not passed; the reply is then an OutputValidationError without output.
  OutputTexts texts;          ///< What may go out.
  bool redacted = false;
  std::vector<OutputViolation> violations;
};

/// The second door for streams that go out while they are made. What it lets out of a stream is, put
/// together, what `OutputDoor::check` lets out of the whole. Text is held back while something that must not
/// leave may have begun in it, however long nothing follows. One thread at a time; does not block.
class LiveInspection {
 public:
  virtual ~LiveInspection() = default;

  /// Appends to `out` what may leave. `text` is valid UTF-8.
  virtual void feed(runners::OutputStream stream, std::string_view text, std::string& out) = 0;
  /// The stream has ended: appends the rest.
  virtual void finish(runners::OutputStream stream, std::string& out) = 0;

  /// Whether something was found that lets nothing leave; not even what was appended with it.
  [[nodiscard]] virtual bool blocked() const = 0;

  /// What was found for the first time since the last call.
  [[nodiscard]] virtual std::vector<OutputViolation> new_violations() = 0;

  /// The word on everything. The streams of `question` are empty, and so are those of the verdict; its
  /// violations are those of the streams too. Only once, after both streams have ended or were blocked. Any
  /// thread.
  [[nodiscard]] virtual OutputVerdict conclude(OutputQuestion question) = 0;
};

/// Door two: does anything leave that must not?
class OutputDoor {
 public:
  virtual ~OutputDoor() = default;
  /// The values of a context (a JSON object) that must not come back in the output.
  [[nodiscard]] virtual std::vector<std::string> known_secrets(std::string_view context_json) const = 0;
  /// Thread-safety of both: any thread. Time is linear in the length of the texts.
  [[nodiscard]] virtual OutputVerdict check(OutputQuestion question) const = 0;
  /// Begins with two streams; never null. `redact` and `known_secrets` as in OutputQuestion. Any thread.
  [[nodiscard]] virtual std::unique_ptr<LiveInspection> inspect_live(
      bool redact, std::vector<std::string> known_secrets) const = 0;
  /// As FirstDoor has it.
  [[nodiscard]] virtual std::uint64_t generation() const { return 0; }
};

/// The layers that are present. A null pointer is a layer that this broker does not have: a request that
/// wants it is refused, never run without it.
struct Doors {
  const FirstDoor* first = nullptr;
  const OutputDoor* output = nullptr;
};

}  // namespace sallyport::broker
