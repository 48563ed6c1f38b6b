#include "validators/python/syntax_error.hpp"

namespace sallyport::validators::python {

std::string_view to_string(ErrorType type) {
  switch (type) {
    case ErrorType::syntax_error:
      return "SyntaxError";
    case ErrorType::indentation_error:
      return "IndentationError";
    case ErrorType::tab_error:
      return "TabError";
    case ErrorType::value_error:
      return "ValueError";
    case ErrorType::recursion_error:
      return "RecursionError";
    case ErrorType::memory_error:
      return "MemoryError";
    case ErrorType::unicode_error:
      return "UnicodeError";
  }
  return "SyntaxError";
}

}  // namespace sallyport::validators::python
