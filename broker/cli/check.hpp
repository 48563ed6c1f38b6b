// `sallyport check`: the first door alone.
#pragma once

#include "config/load.hpp"

#include <string>

namespace sallyport::broker::cli {

struct CheckOptions {
  std::string file;    ///< "-": standard input. Not looked at with `jsonl`.
  std::string python;  ///< "3.12"; empty: the newest that is known.
  std::string policy = "default";
  bool syntax_only = false;  ///< Leave the policy out.
  std::string explain;  ///< The id of a rule of the policy, or "all": said instead of checking a program.
  bool json = false;    ///< Answer as JSON.
  bool jsonl = false;   ///< One request a line on standard input, one answer a line on standard output.
};

/// Exit status: kSuccess for a program that passes (or for a stream of lines that was read to its end),
/// kFailure for one that does not, kUsage.
int check(const config::Loaded& loaded, const CheckOptions& options);

}  // namespace sallyport::broker::cli
