// The parser itself: recursive descent over tokens, one member function a construct.
//
// It builds the tree and says nothing about what is wrong: a function that meets what it cannot take returns
// null (or false), and so do all above it. Only what CPython raises while it builds nodes (a literal that it
// cannot decode, a program that is too deep) leaves an error of its own. Nothing is parsed twice but the
// items of a `with` in parentheses.
#pragma once

#include "validators/python/arena.hpp"
#include "validators/python/ast.hpp"
#include "validators/python/parser/scratch.hpp"
#include "validators/python/parser/token_source.hpp"
#include "validators/python/string_literal.hpp"
#include "validators/python/syntax_error.hpp"
#include "validators/python/token.hpp"
#include "validators/python/version.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sallyport::validators::python::detail {

// How many calls of grammar rules CPython's parser nests before it gives up. The parser here counts what
// CPython would have on its stack, so that both refuse the same programs; its own stack is then bounded too.
inline constexpr std::uint32_t max_level = 6000;

// How tightly operators bind; see the table in expression.cpp.
enum Power : std::uint8_t {
  power_none,
  power_or,
  power_and,
  power_not,
  power_compare,
  power_bit_or,
  power_bit_xor,
  power_bit_and,
  power_shift,
  power_sum,
  power_term,
};

class Parser {
 public:
  // `level` is what is on CPython's stack already, for a parser within a parser.
  Parser(const Tokens& tokens, Version version, Arena& arena, std::vector<SyntaxWarning>& warnings,
         Origin origin = {}, std::uint32_t level = 0);

  // A whole program, or null.
  ast::Module* parse_module();
  // The expression of a replacement field before 3.12, which stands in parentheses; or null. What follows it
  // is not looked at: CPython does not.
  ast::Expr* parse_field();

  // Set if parsing failed with an error of its own.
  const std::optional<SyntaxError>& error() const { return error_; }
  // The error comes from a field within a field, and is complete already.
  bool has_nested_error() const { return nested_error_; }
  // Where the statement of the top level began that parsing stopped in: the index of its first token.
  std::size_t last_statement() const { return last_statement_; }

 private:
  // Counts levels of CPython's stack as long as it lives.
  class Depth {
   public:
    Depth(Parser& parser, std::uint32_t levels) : parser_(parser), levels_(levels) {
      parser_.level_ += levels;
    }
    Depth(const Depth&) = delete;
    Depth& operator=(const Depth&) = delete;
    ~Depth() { parser_.level_ -= levels_; }
    void add(std::uint32_t levels) {
      parser_.level_ += levels;
      levels_ += levels;
    }

   private:
    Parser& parser_;
    std::uint32_t levels_;
  };

  // A list of several kinds of children, as calls and class headers have them.
  struct CallArguments {
    ast::Sequence<ast::Expr*> positional;
    ast::Sequence<ast::Keyword*> keywords;
  };

  // Statements: statement.cpp, compound.cpp
  bool parse_statement();
  bool parse_simple_statements();
  ast::Stmt* parse_simple_statement();
  ast::Stmt* parse_expression_statement();
  ast::Stmt* parse_assignment(const Token* start, ast::Expr* first);
  ast::Stmt* parse_augmented_assignment(const Token* start, ast::Expr* target, ast::Operator op);
  ast::Stmt* parse_annotated_assignment(const Token* start, ast::Expr* target);
  ast::Stmt* parse_return();
  ast::Stmt* parse_raise();
  ast::Stmt* parse_delete();
  ast::Stmt* parse_assert();
  ast::Stmt* parse_import();
  ast::Stmt* parse_import_from();
  bool parse_import_names(ListBuilder<ast::Alias*>& names);
  ast::Alias* parse_import_name();
  std::optional<std::string_view> parse_dotted_name();
  ast::Stmt* parse_type_alias();
  template <class Statement>
  ast::Stmt* parse_names_statement();
  template <class Statement>
  ast::Stmt* parse_word();

  bool parse_block(ast::Sequence<ast::Stmt*>& body);
  bool parse_else(ast::Sequence<ast::Stmt*>& body);
  bool parse_colon_and_block(ast::Sequence<ast::Stmt*>& body);
  ast::Stmt* parse_if();
  ast::Stmt* parse_while();
  template <class Statement>
  ast::Stmt* parse_for(const Token* start);
  template <class Statement>
  ast::Stmt* parse_with(const Token* start);
  bool parse_with_items(ListBuilder<ast::WithItem*>& items, bool parenthesised);
  bool parenthesis_ends_before_colon() const;
  ast::Stmt* parse_try();
  ast::ExceptHandler* parse_handler(bool& is_star);
  template <class Statement>
  ast::Stmt* parse_function(const Token* start, ast::Sequence<ast::Expr*> decorators);
  ast::Stmt* parse_class(const Token* start, ast::Sequence<ast::Expr*> decorators);
  ast::Stmt* parse_async(ast::Sequence<ast::Expr*> decorators);
  ast::Stmt* parse_decorated();
  bool parse_type_parameters(ast::Sequence<ast::TypeParameter*>& parameters);
  ast::TypeParameter* parse_type_parameter();
  bool at_match_statement() const;
  ast::Stmt* parse_match();
  ast::MatchCase* parse_case();
  // A compound statement ends with the last token of its last line.
  ast::Location compound_since(const Token* start) const { return source_.between(start, line_end_ - 1); }

  // Parameters: parameters.cpp
  enum class ParameterStyle : std::uint8_t { def, lambda };
  ast::Arguments* parse_parameters(ParameterStyle style);
  struct ParameterLists;
  bool parse_parameter(ParameterLists& lists, ParameterStyle style);
  bool parse_star_parameter(ParameterLists& lists, ParameterStyle style);
  bool parse_slash(ParameterLists& lists);
  ast::Arg* parse_parameter_name(ParameterStyle style, bool star_annotation);

  // Patterns: pattern.cpp
  ast::Pattern* parse_patterns();
  ast::Pattern* parse_pattern();
  ast::Pattern* parse_or_pattern();
  ast::Pattern* parse_closed_pattern();
  ast::Pattern* parse_star_or_pattern();
  bool parse_pattern_items(ListBuilder<ast::Pattern*>& items, TokenKind closing);
  ast::Pattern* parse_group_or_sequence_pattern();
  ast::Pattern* parse_list_pattern();
  ast::Pattern* parse_mapping_pattern();
  ast::Pattern* parse_class_pattern(const Token* start, ast::Expr* type);
  ast::Pattern* parse_name_pattern();
  ast::Expr* parse_dotted_value(const Token* start);
  ast::Expr* parse_literal_number();
  ast::Expr* parse_pattern_key();
  std::optional<std::string_view> parse_capture_name();

  // Expressions: expression.cpp
  ast::Expr* parse_expression();
  ast::Expr* parse_conditional(const Token* start, ast::Expr* body);
  ast::Expr* parse_named_expression();
  ast::Expr* parse_star_expressions();
  // The tuple that `first` begins, at the comma behind it: the rest by `parse`, a member function, until a
  // comma is followed by what `ends` the tuple.
  template <class Parse, class Ends>
  ast::Tuple* parse_tuple_from(const Token* start, ast::Expr* first, Parse parse, Ends ends);
  ast::Expr* parse_star_expression();
  ast::Expr* parse_star_named_expression();
  ast::Expr* parse_starred(Power power);
  ast::Expr* parse_yield();
  ast::Expr* parse_yield_or_star_expressions();
  ast::Expr* parse_binary(Power minimum);
  ast::Expr* continue_binary(const Token* start, ast::Expr* left, Power minimum);
  ast::Expr* parse_not();
  ast::Expr* parse_bool(const Token* start, ast::Expr* first, Power power);
  ast::Expr* parse_comparison(const Token* start, ast::Expr* left);
  bool parse_compare_operator(ast::CompareOperator& op);
  ast::Expr* parse_operand_of(Power power);
  ast::Expr* parse_factor();
  ast::Expr* parse_factor_chain(const Token* start, ast::Expr* node);
  ast::Expr* parse_await_primary();
  ast::Expr* parse_primary();
  ast::Expr* parse_atom();
  ast::Expr* parse_number();
  ast::Expr* parse_constant(ast::ConstantKind kind);
  ast::Name* make_name(const Token* token, ast::Context context);
  std::string_view identifier(const Token* token) {
    const auto spelled = source_.text_of(token);
    return ascii_ ? spelled : normalised_identifier(spelled);
  }
  std::string_view normalised_identifier(std::string_view spelled);

  // Brackets: bracket.cpp
  ast::Expr* parse_parenthesised();
  ast::Expr* parse_list();
  ast::Expr* parse_braces();
  ast::Expr* parse_dict(const Token* start, ast::Expr* first_key);
  bool parse_dict_item(ListBuilder<ast::Expr*>& keys, ListBuilder<ast::Expr*>& values);
  bool parse_elements(ListBuilder<ast::Expr*>& elements, TokenKind closing);
  bool parse_comprehensions(ast::Sequence<ast::Comprehension*>& generators);
  bool at_comprehension() const;
  ast::Expr* parse_call(const Token* start, ast::Expr* function);
  bool parse_call_arguments(CallArguments& arguments, bool may_be_generator);
  ast::Keyword* parse_keyword();
  ast::Expr* parse_subscript(const Token* start, ast::Expr* value);
  ast::Expr* parse_slices();
  ast::Expr* parse_slice();

  // Targets: target.cpp
  ast::Expr* parse_star_targets();
  ast::Expr* parse_star_target();
  bool to_target(ast::Expr* expression, ast::Context context);
  static bool is_single_target(const ast::Expr* expression);
  static void set_context(ast::Expr* expression, ast::Context context);

  // Strings: string.cpp, and fstring.cpp for what is tokens from 3.12 on
  ast::Expr* parse_strings();
  ast::Expr* parse_legacy_strings();
  ast::Constant* parse_string_token();
  ast::Expr* concatenate_strings(const Token* first, ListBuilder<ast::Expr*>& parts);
  ast::Sequence<ast::Expr*> join_parts(ListBuilder<ast::Expr*>& parts, bool drop_empty);
  template <class Node>
  Node* parse_formatted();
  ast::Expr* parse_template_strings();
  bool parse_replacement_field(ListBuilder<ast::Expr*>& values, bool templated);
  ast::Expr* parse_format_spec(bool templated);
  const Token* parse_conversion(bool templated);
  ast::Constant* make_middle(const Token* token, bool raw);
  std::string_view field_text(const Token* brace, const Token* end);
  std::nullptr_t fail_to_decode(const Token* literal, const Token* last_read);

  // Fails with an error of the parser's own, over these tokens. Always null.
  std::nullptr_t fail(std::string message, const Token* first, const Token* last);
  std::nullptr_t fail(std::string message, const Token* token) {
    return fail(std::move(message), token, token);
  }
  // Whether CPython's stack has no more room for so many levels; then that is the error.
  bool too_deep(std::uint32_t levels) {
    if (level_ + levels <= max_level) [[likely]] {
      return false;
    }
    return overflow();
  }
  bool overflow();

  TokenSource source_;
  Version version_;
  Arena& arena_;
  std::vector<SyntaxWarning>& warnings_;
  StringDecoder decoder_;
  std::optional<SyntaxError> error_;
  // The token that ended the last line of statements.
  const Token* line_end_;
  std::uint32_t level_;
  bool ascii_;
  bool in_format_spec_ = false;
  bool nested_error_ = false;
  // `from __future__ import barry_as_FLUFL` has been read: `<>` for `!=`.
  bool barry_as_flufl_ = false;
  std::size_t last_statement_ = 0;

  Scratch<ast::Expr*> expressions_;
  Scratch<ast::Expr*> more_expressions_;
  Scratch<ast::Stmt*> statements_;
  Scratch<ast::Keyword*> keywords_;
  Scratch<ast::Comprehension*> comprehensions_;
  Scratch<ast::Arg*> parameters_;
  Scratch<ast::Alias*> aliases_;
  Scratch<ast::WithItem*> with_items_;
  Scratch<ast::ExceptHandler*> handlers_;
  Scratch<ast::MatchCase*> cases_;
  Scratch<ast::Pattern*> patterns_;
  Scratch<ast::TypeParameter*> type_parameters_;
  Scratch<ast::CompareOperator> compare_operators_;
  Scratch<ast::Identifier> identifiers_;

  // An expression that awaits its last operand: what chains of prefix operators, `**`, `lambda` and `else`
  // become, so that they need no recursion.
  struct Pending {
    const Token* start = nullptr;
    ast::Expr* left = nullptr;
    ast::Expr* test = nullptr;
    ast::Arguments* arguments = nullptr;
  };
  Scratch<Pending> pending_;
};

template <class Parse, class Ends>
ast::Tuple* Parser::parse_tuple_from(const Token* start, ast::Expr* first, Parse parse, Ends ends) {
  ListBuilder<ast::Expr*> elements(expressions_);
  elements.push(first);
  while (source_.accept(TokenKind::comma) && !ends(source_.kind())) {
    auto* const element = (this->*parse)();
    if (element == nullptr) {
      return nullptr;
    }
    elements.push(element);
  }
  auto* const tuple = arena_.make<ast::Tuple>(source_.since(start));
  tuple->elts = elements.finish(arena_);
  return tuple;
}

}  // namespace sallyport::validators::python::detail
