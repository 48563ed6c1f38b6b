// `sallyport ast`: the tree of a program, as `python3 -m ast` prints it.
#pragma once

#include <string>

namespace sallyport::broker::cli {

struct AstOptions {
  std::string file;         ///< "-": standard input.
  std::string python;       ///< "3.12"; empty: the newest that is known.
  bool attributes = false;  ///< With positions: `python3 -m ast -a`.
};

int print_ast(const AstOptions& options);

}  // namespace sallyport::broker::cli
