// Takes the secrets out of a text that comes in pieces of any size, such as a live stream.
#pragma once

#include "validators/output/rule_set.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::validators::output {

// What was found, one entry a rule, in the order of the first finding. Nothing in it tells of the secret's
// text.
struct Violation {
  std::string type;  // "sensitive_data" or "excessive_output"
  std::string rule;  // its id; "context-secret" for what came in with the submission; "max-output-bytes"
  std::string category;
  Severity severity = Severity::high;
  Action action = Action::redact;
  std::string message;
  std::uint64_t count = 0;
  std::uint64_t line = 0;  // of the first finding, from 1; 0 for excessive_output
};

struct RedactorOptions {
  // False: report, change nothing.
  bool redact = true;
  // Secrets that are known: see secrets_of_context().
  std::vector<std::string> known_secrets;
};

// What comes out, put together, is what one piece of the whole text gives, byte for byte, however it is cut.
// Text is held back only while a finding may still begin in it: at most some hundred bytes where nothing
// looks like a secret, at most `most_held` where something does. Time is linear in the text, memory bounded
// by most_held and the longest piece. Never throws for anything in the text. One thread at a time.
class Redactor {
 public:
  explicit Redactor(std::shared_ptr<const RuleSet> rules, const RedactorOptions& options = {});
  ~Redactor();
  Redactor(Redactor&&) noexcept;
  Redactor& operator=(Redactor&&) noexcept;
  Redactor(const Redactor&) = delete;
  Redactor& operator=(const Redactor&) = delete;

  // Appends to `out` what is certain.
  void feed(std::string_view piece, std::string& out);
  // The text has ended: appends the rest. Nothing may be fed afterwards.
  void finish(std::string& out);
  // In place of both: a text that is there as a whole, without a copy where nothing is found. Whether `out`
  // was written: if not, the text is its own result.
  bool run(std::string_view text, std::string& out);

  // So far. `count` and `line` are final for all text that was given out.
  [[nodiscard]] std::vector<Violation> violations() const;
  // Whether anything was replaced.
  [[nodiscard]] bool was_redacted() const;
  // Whether a rule with action "block" has found something.
  [[nodiscard]] bool is_blocked() const;
  // Bytes that were fed and not given out.
  [[nodiscard]] std::size_t held() const;

  static constexpr std::size_t most_held = std::size_t{64} << 10U;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace sallyport::validators::output
