// What CPython would say of a program that it cannot compile.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace sallyport::validators::python {

// The exception class that CPython raises from compile().
enum class ErrorType : std::uint8_t {
  syntax_error,
  indentation_error,
  tab_error,
  value_error,      // null bytes before 3.12
  recursion_error,  // too deeply nested for the compiler
  memory_error,     // too deeply nested for the parser
  unicode_error,    // an encoding that CPython cannot decode, told as it tells it
};

// "SyntaxError", "IndentationError", ...: the class name in Python.
std::string_view to_string(ErrorType type);

struct SyntaxError {
  ErrorType type = ErrorType::syntax_error;
  std::string message;
  // As the attributes of Python's SyntaxError: lines from 1; offsets from 1, in characters (code points) of
  // the line; 0 where CPython gives None. The end is exclusive. 3.9 has no end: both are 0 there.
  std::uint32_t line = 0;
  std::uint32_t offset = 0;
  std::uint32_t end_line = 0;
  std::uint32_t end_offset = 0;
  // What the program may have meant when the target is too old for it: "`except*` needs Python 3.11; this is
  // checked for Python 3.10". Empty otherwise. Not CPython's.
  std::string hint;
};

// A SyntaxWarning or DeprecationWarning that CPython gives while it compiles; it does not make the program
// invalid.
struct SyntaxWarning {
  std::string category;  // "SyntaxWarning", "DeprecationWarning"
  std::string message;
  std::uint32_t line = 0;
};

}  // namespace sallyport::validators::python
