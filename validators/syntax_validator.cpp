#include "validators/syntax_validator.hpp"

#include "validators/python/compile_checks.hpp"
#include "validators/python/error_display.hpp"
#include "validators/python/source.hpp"

#include <utility>
#include <variant>

namespace sallyport::validators {
namespace {

// `text` is decoded, its lines end in "\n".
void describe(const python::SyntaxError& error, std::string_view text, python::Version version,
              SyntaxValidationResult& result) {
  result.error_type = python::to_string(error.type);
  result.error_message = error.message;
  result.line_number = error.line;
  result.column = error.offset;
  result.end_line_number = error.end_line;
  result.end_column = error.end_offset;
  result.hint = error.hint;
  if (error.line == 0) {
    return;
  }
  result.source_line = python::line_of(text, error.line);
  result.display = python::display(error, result.source_line, version);
}

}  // namespace

SyntaxValidationResult SyntaxValidator::validate(std::string_view code, python::Version version,
                                                 python::SourceKind kind) const {
  SyntaxValidationResult result;
  auto parsed = python::parse(code, {version, kind});
  if (const auto* error = std::get_if<python::SyntaxError>(&parsed)) {
    // Decoded once more: only here, where the program is wrong, are its lines wanted.
    const auto text = python::decode(code, kind, version);
    const auto* decoded = std::get_if<std::string>(&text);
    describe(*error, decoded != nullptr ? std::string_view(*decoded) : std::string_view(), version, result);
    return result;
  }
  auto& tree = std::get<python::Tree>(parsed);
  result.warnings = tree.warnings();
  const auto error = python::compile_checks(tree.module(), version, result.warnings);
  if (error) {
    describe(*error, tree.source(), version, result);
    return result;
  }
  result.is_valid = true;
  result.tree.emplace(std::move(tree));
  return result;
}

}  // namespace sallyport::validators
