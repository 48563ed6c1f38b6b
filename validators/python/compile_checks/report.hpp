// Where the checks leave what they find: the first error, and the warnings on the way to it.
#pragma once

#include "validators/python/ast.hpp"
#include "validators/python/syntax_error.hpp"
#include "validators/python/version.hpp"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace sallyport::validators::python::checks {

// A name as messages show it.
inline std::string quoted(ast::Identifier name) {
  return "'" + std::string(name) + "'";
}

// Every check answers whether to go on, so that one reads `return report.refuse(where, "...")`.
class Report {
 public:
  Report(Version version, std::vector<SyntaxWarning>& warnings) : version_(version), warnings_(warnings) {}

  [[nodiscard]] Version version() const { return version_; }

  // Offsets after parsing are bytes of the line, from 1: CPython's compiler does not convert them to
  // characters.
  bool refuse(const ast::Location& where, std::string message) {
    return refuse(where.line, where.column + 1, where.end_line, where.end_column + 1, std::move(message));
  }

  bool refuse(std::uint32_t line, std::uint32_t offset, std::uint32_t end_line, std::uint32_t end_offset,
              std::string message) {
    SyntaxError& error = error_.emplace();
    error.message = std::move(message);
    error.line = line;
    error.offset = offset;
    if (version_ >= Version::v3_10) {
      error.end_line = end_line;
      error.end_offset = end_offset;
    }
    return false;
  }

  bool refuse_depth() {
    SyntaxError& error = error_.emplace();
    error.type = ErrorType::recursion_error;
    error.message = "maximum recursion depth exceeded during compilation";
    return false;
  }

  void warn(const ast::Location& where, std::string message) {
    warnings_.push_back({"SyntaxWarning", std::move(message), where.line});
  }

  std::optional<SyntaxError> take_error() { return std::move(error_); }

 private:
  Version version_;
  std::vector<SyntaxWarning>& warnings_;
  std::optional<SyntaxError> error_;
};

}  // namespace sallyport::validators::python::checks
