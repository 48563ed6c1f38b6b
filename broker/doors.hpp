// The two doors, as the broker needs them; the validators implement them and `main` puts them in.
//
// All are pure and synchronous: no I/O, microseconds to milliseconds, safe to call on the executor's thread.
// None throws for anything that a submission can hold.
#pragma once

#include <cstdint>
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
  std::string type;  ///< "sensitive_data", "size", ...
  std::string rule;
  std::string category;
  std::string severity;
  std::string stream;  ///< "stdout", "stderr" or "error_message"
  std::string message;
  std::uint64_t count = 0;
};

/// The word of the first door.
struct CodeVerdict {
  bool passed = true;
  std::string error_type =
      "ValidationError";      ///< If not passed; "SecurityViolationError" for a forbidden deed.
  std::string error_message;  ///< If not passed: one line for people and for language models.
  std::vector<ValidationViolation> violations;  ///< Also without effect on `passed`: warnings.
};

/// Door one, first leaf: is it Python?
class SyntaxDoor {
 public:
  virtual ~SyntaxDoor() = default;
  /// `python_version` as "3.11"; empty: the newest that is known.
  [[nodiscard]] virtual CodeVerdict check(std::string_view code, std::string_view python_version) const = 0;
};

/// Door one, second leaf: is it allowed?
class PolicyDoor {
 public:
  virtual ~PolicyDoor() = default;
  /// `allowed_imports` replaces the policy's own list when it has a value.
  [[nodiscard]] virtual CodeVerdict check(
      std::string_view code, std::string_view python_version, std::string_view policy,
      const std::optional<std::vector<std::string>>& allowed_imports) const = 0;
};

/// What goes out through door two. All valid UTF-8.
struct OutputTexts {
  std::string stdout_text;
  std::string stderr_text;
  std::string error_message;  ///< Repeats what the submission raised, so it is output too.
};

/// The word of the second door.
struct OutputVerdict {
  bool passed = true;
  std::string error_message;  ///< If not passed; the reply is then an OutputValidationError without output.
  OutputTexts texts;          ///< What may go out.
  bool redacted = false;
  std::vector<OutputViolation> violations;
};

class OutputDoor {
 public:
  virtual ~OutputDoor() = default;
  [[nodiscard]] virtual OutputVerdict check(OutputTexts texts, bool redact) const = 0;
};

/// The layers that are present. A null pointer is a layer that this broker does not have: a request that
/// wants it is refused, never run without it.
struct Doors {
  const SyntaxDoor* syntax = nullptr;
  const PolicyDoor* policy = nullptr;
  const OutputDoor* output = nullptr;
};

}  // namespace sallyport::broker
