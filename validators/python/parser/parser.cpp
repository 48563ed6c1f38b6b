#include "validators/python/parser/parser.hpp"

#include "validators/python/lexer.hpp"

#include <algorithm>

namespace sallyport::validators::python::detail {

namespace {

constexpr std::size_t usual_children = 64;

bool is_ascii(std::string_view text) {
  return std::none_of(text.begin(), text.end(),
                      [](char c) { return (static_cast<unsigned char>(c) & 0x80U) != 0; });
}

}  // namespace

Parser::Parser(const Tokens& tokens, Version version, Arena& arena, std::vector<SyntaxWarning>& warnings,
               Origin origin, std::uint32_t level)
    : source_(tokens, origin),
      version_(version),
      arena_(arena),
      warnings_(warnings),
      decoder_(version, arena, warnings),
      line_end_(source_.position()),
      // From 3.12 on a file has one level more.
      level_(level + (version >= Version::v3_12 ? 1 : 0)),
      ascii_(is_ascii(tokens.text)) {}

ast::Module* Parser::parse_module() {
  expressions_.reserve(usual_children);
  statements_.reserve(usual_children);
  while (!source_.at(TokenKind::end_marker)) {
    last_statement_ = static_cast<std::size_t>(source_.position() - source_.tokens().list.data());
    if (!parse_statement()) {
      return nullptr;
    }
  }
  if (error_) {
    return nullptr;
  }
  auto* const module = arena_.make<ast::Module>(ast::Location{});
  module->body = arena_.copy(ast::Sequence<ast::Stmt*>(statements_));
  return module;
}

ast::Expr* Parser::parse_field() {
  return parse_star_expressions();
}

std::nullptr_t Parser::fail(std::string message, const Token* first, const Token* last) {
  if (error_) {
    return nullptr;
  }
  auto place = source_.tokens().location_of(*first);
  const auto end = source_.tokens().location_of(*last);
  place.end_line = end.end_line;
  place.end_column = end.end_column;
  error_ = error_at(source_.tokens(), version_, ErrorType::syntax_error, std::move(message), place);
  return nullptr;
}

bool Parser::overflow() {
  if (!error_) {
    SyntaxError error;
    error.type = ErrorType::memory_error;
    if (version_ >= Version::v3_12) {
      error.message = "Parser stack overflowed - Python source too complex to parse";
    }
    error_ = std::move(error);
  }
  return true;
}

}  // namespace sallyport::validators::python::detail
