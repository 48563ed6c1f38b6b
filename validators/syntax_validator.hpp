// The first check of a submission: would this Python compile it? Told in that Python's own words.
#pragma once

#include "validators/python/parser.hpp"
#include "validators/python/syntax_error.hpp"
#include "validators/python/version.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::validators {

struct SyntaxValidationResult {
  bool is_valid = false;

  // The rest is empty for a valid program. Line and column count from 1; 0 where CPython names none.
  std::string error_type;     // "SyntaxError", "IndentationError", ...
  std::string error_message;  // "'(' was never closed"
  std::uint32_t line_number = 0;
  std::uint32_t column = 0;
  std::uint32_t end_line_number = 0;
  std::uint32_t end_column = 0;
  std::string source_line;  // the whole line, without its end
  // The line and the carets below it, as CPython's traceback prints them:
  //     "    x = (\n        ^". Empty where CPython names no line.
  std::string display;
  // What the program may have meant when its Python is too old for it. Not CPython's; often empty.
  std::string hint;

  // Of valid programs too.
  std::vector<python::SyntaxWarning> warnings;
  // The program, for the checks to come; only of a valid one.
  std::optional<python::Tree> tree;
};

// Stateless, and so shareable between threads. Never throws for anything in `code`; time and memory are
// linear in its length.
class SyntaxValidator {
 public:
  [[nodiscard]] SyntaxValidationResult validate(std::string_view code, python::Version version,
                                                python::SourceKind kind = python::SourceKind::text) const;
};

}  // namespace sallyport::validators
