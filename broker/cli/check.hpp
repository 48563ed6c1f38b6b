// `sallyport check`: the first door alone.
#pragma once

#include <string>

namespace sallyport::broker::cli {

struct CheckOptions {
  std::string file;    ///< "-": standard input. Not looked at with `jsonl`.
  std::string python;  ///< "3.12"; empty: the newest that is known.
  bool json = false;   ///< Answer as JSON.
  bool jsonl = false;  ///< One request a line on standard input, one answer a line on standard output.
};

/// Exit status: kSuccess for a valid program (or for a stream of lines that was read to its end), kFailure
/// for an invalid one, kUsage.
int check(const CheckOptions& options);

}  // namespace sallyport::broker::cli
