// `sallyport redact`: the second door alone.
#pragma once

#include <string>

namespace sallyport::broker::cli {

struct RedactOptions {
  std::string file = "-";  ///< "-": standard input. Not looked at with `jsonl` and `hash_canary`.
  std::string rules;       ///< A file laid over the shipped rules; empty: none.
  bool json = false;       ///< Answer as JSON.
  bool jsonl =
      false;  ///< One `{"id","text"}` a line on standard input, one answer a line on standard output.
  bool hash_canary = false;  ///< Print the rule file's entry for the string on standard input.
};

/// Exit status: kSuccess, also where something was redacted; kFailure for text that is withheld as a whole,
/// and where the input or output fails; kUsage.
int redact(const RedactOptions& options);

}  // namespace sallyport::broker::cli
