// A packrat parser of Python's grammar in the shape that CPython gives it: its rules, in its order, with the
// rules that only word errors. It builds no tree, only what those rules look at.
//
// Internal to diagnose.cpp. A rule is a function: it answers a node (or true) and leaves `mark_` behind what
// it matched, or answers nothing and leaves `mark_` where it was. A rule that knows what is wrong throws
// Raised, which diagnose() catches.
#pragma once

#include "validators/python/arena.hpp"
#include "validators/python/diagnose.hpp"
#include "validators/python/syntax_error.hpp"
#include "validators/python/token.hpp"
#include "validators/python/version.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace sallyport::validators::python::diagnosis {

// What the wording rules tell apart.
enum class Kind : std::uint8_t {
  other,
  name,
  literal,
  none,
  true_,
  false_,
  ellipsis,
  attribute,
  subscript,
  starred,
  list,
  tuple,
  lambda,
  call,
  operation,  // and, or, not, arithmetic
  generator,
  yield,
  await,
  list_comprehension,
  set_comprehension,
  dict_comprehension,
  dict,
  set,
  formatted_string,
  template_string,
  compare,
  conditional,
  named_expression,
};

using Mark = std::uint32_t;  // an index into the tokens
using Ref = std::uint32_t;   // an index into the nodes; 0 is no match

constexpr Ref most_nodes = 900'000;

// 16 bytes: a hostile program has `most_nodes` of them. Whole words, not bit-fields: to write part of a word
// is to read fresh memory first, which costs a page two faults.
class Node {
 public:
  Node(Kind kind, Mark first, Mark end, Ref child)
      : first_(first), end_(end), child_and_kind_(child << 8U | static_cast<std::uint32_t>(kind)) {}
  [[nodiscard]] Mark first() const { return first_; }
  [[nodiscard]] Mark end() const { return end_; }  // exclusive
  [[nodiscard]] Kind kind() const { return static_cast<Kind>(child_and_kind_ & 0xFFU); }
  // The first element of a list or tuple, the value of a starred, the left side of a comparison.
  [[nodiscard]] Ref child() const { return child_and_kind_ >> 8U; }
  // The next element of the list that this is in.
  [[nodiscard]] Ref next() const { return next_and_flag_ >> 1U; }
  void set_next(Ref next) { next_and_flag_ = next << 1U | (next_and_flag_ & 1U); }
  // Of a comparison: whether its first operator is `in`.
  [[nodiscard]] bool flag() const { return (next_and_flag_ & 1U) != 0; }
  void set_flag(bool flag) { next_and_flag_ = (next_and_flag_ & ~1U) | (flag ? 1U : 0U); }

 private:
  Mark first_;
  Mark end_;
  std::uint32_t child_and_kind_;
  std::uint32_t next_and_flag_ = 0;
};
static_assert(sizeof(Node) == 16 && most_nodes < 1U << 24U);

// The error is found and stored; everything ends.
struct Raised {};
// The bound of work or depth is reached.
struct GivenUp {
  bool too_deep = false;
};

// Which wording an invalid target gets.
enum class Targets : std::uint8_t { star, del, for_ };

// Rules with results worth keeping. Those up to `last_shared` CPython keeps too, and it does not tell apart
// whether the rules for errors were on at the time: a result kept while they were off hides an error that
// they would raise later.
enum class Rule : std::uint8_t {
  simple_stmt,
  block,
  expression,
  star_expression,
  disjunction,
  bitwise_or,
  primary,
  t_primary,
  strings,
  arguments,
  star_target,
  target_with_star_atom,
  del_target,
  closed_pattern,
  type_param,
  invalid_named_expression,
  last_shared = invalid_named_expression,
  named_expression,
  display,
  elif_stmt,
  single_target,
  ann_assign_target,
  or_pattern,
  last = or_pattern,
};

// Nodes by number, in pieces that stay where they are.
class Nodes {
 public:
  explicit Nodes(Arena& arena) : arena_(arena) { clear(); }
  Ref add(Kind kind, Mark first, Mark end, Ref child) {
    if (size_ == most_nodes) {
      throw GivenUp{};
    }
    if ((size_ & (piece - 1)) == 0 && size_ / piece == pieces_.size()) {
      pieces_.push_back(arena_.make_list_for_overwrite<Node>(piece));
    }
    (*this)[size_] = Node(kind, first, end, child);
    return size_++;
  }
  Node& operator[](Ref ref) { return pieces_[ref / piece][ref % piece]; }
  const Node& operator[](Ref ref) const { return pieces_[ref / piece][ref % piece]; }
  [[nodiscard]] Ref size() const { return size_; }
  // Keeps the memory. Number 0 is no node, and 1 one that says nothing.
  void clear() {
    size_ = 0;
    add(Kind::other, 0, 0, 0);
    add(Kind::other, 0, 0, 0);
  }

 private:
  static constexpr Ref piece = 512;
  Arena& arena_;
  std::vector<Node*> pieces_;
  Ref size_ = 0;
};

// The line (from 1) that a backslash joins to this one, from further up; or this one.
std::uint32_t first_of_joined_lines(const Tokens& tokens, std::uint32_t line);

class Engine {
 public:
  Engine(const Tokens& tokens, Version version, Arena& arena);

  // Parses from token `from` on. True if the rule matches. Throws Raised or GivenUp.
  bool run(StartRule start, Mark from, bool with_invalid_rules);

  // The token after the last one that any pass has looked at.
  Mark fill() const { return fill_; }
  // Where the statement of the top level begins before the one that did not match. It may be the one at
  // fault: an `else:` with an error in its block leaves an `if` that matches without it.
  Mark restart() const { return restart_; }
  const SyntaxError& error() const { return error_; }
  // Whether the error is the lexer's.
  bool error_is_of_lexer() const { return error_is_of_lexer_; }

  // Errors, placed as CPython's macros of these names place them. `end` is exclusive.
  [[noreturn]] void raise_range(Mark first, Mark end, std::string message);
  [[noreturn]] void raise_at(Ref node, std::string message);
  [[noreturn]] void raise_at_token(Mark token, std::string message) {
    raise_range(token, token + 1, std::move(message));
  }
  [[noreturn]] void raise_last(ErrorType type, std::string message);  // at the last token that was looked at
  [[noreturn]] void raise_last(std::string message) {
    raise_last(ErrorType::syntax_error, std::move(message));
  }
  [[noreturn]] void raise_next(std::string message);                       // at the token to be matched next
  [[noreturn]] void raise_starting_from(Mark token, std::string message);  // up to the last token

  SyntaxError error_between(ErrorType type, Mark first, Mark end, std::string message) const;
  SyntaxError error_at_last(ErrorType type, Mark last, std::string message) const;

 private:
  class Deeper;

  bool since(int minor) const { return static_cast<int>(version_) >= minor; }

  // Tokens
  const Token& token(Mark mark) const { return tokens_.list[mark]; }
  void touch() {
    if (mark_ >= fill_) {
      fill_to_mark();
    }
  }
  void fill_to_mark();
  TokenKind peek() {
    touch();
    return tokens_.list[mark_].kind;
  }
  bool next_is(TokenKind kind) { return peek() == kind; }
  bool take(TokenKind kind) {
    if (peek() != kind) {
      return false;
    }
    advance();
    return true;
  }
  void advance() {
    if (mark_ + 1 < count_) {
      ++mark_;
    }
  }
  bool next_is_word(std::string_view word) { return peek() == TokenKind::name && text(mark_) == word; }
  bool take_word(std::string_view word) {
    if (!next_is_word(word)) {
      return false;
    }
    advance();
    return true;
  }
  bool soft_keyword();
  void forced(TokenKind kind, std::string_view text);
  std::string_view text(Mark mark) const { return tokens_.text_of(token(mark)); }
  // The number of brackets open after a token.
  unsigned level_after(Mark mark);

  // Combinators
  template <class F>
  bool attempt(F f) {
    const auto mark = mark_;
    if (f()) {
      return true;
    }
    mark_ = mark;
    return false;
  }
  template <class F>
  void optional(F f) {
    attempt(f);
  }
  template <class F>
  bool ahead(F f) {
    const auto mark = mark_;
    const bool result = f();
    mark_ = mark;
    return result;
  }
  template <class F>
  unsigned many(F f) {
    unsigned count = 0;
    for (;;) {
      const auto mark = mark_;
      if (!f()) {
        mark_ = mark;
        return count;
      }
      ++count;
      if (mark_ == mark) {
        return count;
      }
    }
  }
  // One or more of f with commas (or another separator) between them; none behind the last.
  template <class F>
  bool separated(F f, TokenKind separator = TokenKind::comma) {
    if (!attempt(f)) {
      return false;
    }
    many([&] { return take(separator) && f(); });
    return true;
  }
  // The same of a rule that makes nodes: the first of the linked list.
  template <class F>
  Ref linked(F f, Ref* last_out = nullptr) {
    const auto first = f();
    if (first == 0) {
      return 0;
    }
    auto last = first;
    for (;;) {
      const auto mark = mark_;
      if (!take(TokenKind::comma)) {
        break;
      }
      const auto next = f();
      if (next == 0) {
        mark_ = mark;
        break;
      }
      nodes_[last].set_next(next);
      last = next;
    }
    if (last_out != nullptr) {
      *last_out = last;
    }
    return first;
  }
  template <class F>
  Ref kept(Rule rule, F f) {
    const auto mark = mark_;
    touch();
    auto* const slot = find(rule, mark);
    if (slot != nullptr) {
      mark_ = slot->end;
      return slot->result();
    }
    step();
    const auto result = f();
    if (result == 0) {
      mark_ = mark;
    }
    keep(rule, mark, result);
    return result;
  }

  Ref make(Kind kind, Mark first, Ref child = 0) { return nodes_.add(kind, first, mark_, child); }
  Ref matched(bool yes) const { return yes ? any_ : 0; }
  Mark first_of(Ref node) const { return nodes_[node].first(); }
  Mark end_of(Ref node) const { return nodes_[node].end(); }
  void step() {
    if (steps_ == 0) {
      throw GivenUp{};
    }
    --steps_;
  }

  // A result, 12 bytes. Its tag is, from the highest bit on: the age that the memo had, 6 bits; whether the
  // rules for errors were on, if that matters, 1; the rule, 5; the result, 20. It is there only while the
  // memo has that age, which is never 0: so the memo is emptied by growing older.
  struct Kept {
    Mark mark = 0;
    Mark end = 0;
    std::uint32_t tag = 0;
    [[nodiscard]] Ref result() const { return tag & ((1U << result_bits) - 1); }
  };
  static constexpr unsigned result_bits = 20;
  static constexpr unsigned key_bits = 6;
  static constexpr std::uint32_t invalid_key = 1U << 5U;
  static constexpr std::uint32_t oldest = (1U << 6U) - 1;
  static_assert(most_nodes < 1U << result_bits);
  static_assert(static_cast<std::uint32_t>(Rule::last) < invalid_key);
  std::uint32_t key(Rule rule) const;
  std::size_t home(Mark mark, Rule rule) const {
    return std::size_t{mark} * 12 + static_cast<std::uint8_t>(rule);
  }
  bool is_free(const Kept& slot) const { return slot.tag >> (result_bits + key_bits) != age_; }
  void forget();
  Kept* find(Rule rule, Mark mark);
  void keep(Rule rule, Mark mark, Ref result);

  // Statements (statements.cpp, compound_statements.cpp)
  bool file();
  bool statements();
  bool statement();
  bool simple_stmts();
  bool simple_stmt();
  bool assignment();
  bool augassign();
  bool annotated_rhs() { return annotated_rhs_node() != 0; }
  Ref annotated_rhs_node();
  bool return_stmt();
  bool raise_stmt();
  bool names_stmt(TokenKind keyword);
  bool del_stmt();
  bool assert_stmt();
  bool import_stmt();
  bool import_from_targets();
  bool import_from_as_names();
  bool import_from_as_name();
  bool dotted_as_name();
  bool dotted_name();
  bool type_alias();
  bool compound_stmt();
  bool block();
  bool decorators();
  bool class_def();
  bool class_def_raw();
  bool function_def();
  bool function_def_raw();
  bool if_stmt();
  bool elif_stmt();
  bool else_block();
  bool while_stmt();
  bool for_stmt();
  bool with_stmt();
  bool with_item();
  bool try_stmt();
  bool except_block();
  bool except_star_block();
  bool finally_block();
  bool opt_async() {
    take(TokenKind::kw_async);
    return true;
  }
  bool as_name();
  bool no_block();  // `: NEWLINE !INDENT`

  void invalid_assignment();
  Ref invalid_ann_assign_target();
  void invalid_del_stmt();
  void invalid_import();
  void invalid_import_from_targets();
  void invalid_import_target(bool dotted);
  void invalid_block();
  void invalid_header(TokenKind keyword, std::string_view name);  // if, elif, while
  void invalid_else_stmt();
  void invalid_for_stmt();
  void invalid_for_target();
  void invalid_with_stmt();
  void invalid_with_stmt_indent();
  bool with_items_loosely(bool in_parentheses);
  void invalid_with_item();
  void invalid_try_stmt();
  void invalid_except_stmt();
  void invalid_except_star_stmt();
  void invalid_except_stmt_indent();
  void invalid_except_star_stmt_indent();
  void invalid_finally_stmt();
  void invalid_def_raw();
  void invalid_class_def_raw();
  [[noreturn]] void raise_no_block(std::string_view what, Mark keyword);

  // Match (match_statement.cpp)
  bool match_stmt();
  bool subject_expr();
  bool case_block();
  bool guard();
  bool patterns();
  Ref pattern();
  Ref or_pattern();
  Ref closed_pattern();
  bool literal_expr();
  bool signed_number();
  bool complex_number();
  bool signed_real_number();
  Ref pattern_capture_target();
  bool name_or_attr(bool attribute_only);
  bool sequence_pattern();
  bool open_sequence_pattern();
  bool maybe_sequence_pattern();
  bool maybe_star_pattern();
  bool mapping_pattern();
  bool items_pattern();
  Ref double_star_pattern();
  bool class_pattern();
  bool positional_patterns(Ref* first, Ref* last);
  bool keyword_patterns();
  void invalid_match_stmt();
  void invalid_case_block();
  void invalid_as_pattern();
  void invalid_class_pattern();

  // Parameters of def and lambda (parameters.cpp)
  struct Style {
    bool lambda;
    TokenKind closing;
  };
  static constexpr Style def_style{false, TokenKind::rpar};
  static constexpr Style lambda_style{true, TokenKind::colon};
  bool params(Style style);
  bool parameters(Style style);
  bool slash_no_default(Style style);
  bool slash_with_default(Style style);
  bool star_etc(Style style);
  bool kwds(Style style);
  bool param_end(Style style);
  bool param(Style style);
  bool param_no_default(Style style);
  bool param_star_annotation(Style style);
  bool param_with_default(Style style);
  bool param_maybe_default(Style style);
  bool default_value();
  bool type_params();
  bool type_param();
  void invalid_parameters(Style style);
  void invalid_parameters_3_9(Style style);
  void invalid_star_etc(Style style);
  void invalid_kwds(Style style);
  bool invalid_parameters_helper(Style style);
  void invalid_type_param();

  // Expressions (expressions.cpp, atoms.cpp)
  bool expressions();
  Ref expression();
  Ref expression_without_invalid();
  Ref conditional_or_simple();
  Ref lambdef();
  Ref yield_expr();
  Ref star_expressions();
  Ref star_expression();
  Ref star_named_expressions(Ref* last = nullptr);
  Ref star_named_expression();
  Ref assignment_expression();
  Ref named_expression();
  Ref disjunction();
  Ref conjunction();
  Ref inversion();
  Ref comparison();
  Ref bitwise_or();
  Ref binary(int lowest);
  Ref factor();
  Ref power();
  Ref await_primary();
  Ref primary();
  bool slices();
  bool slice();
  Ref atom();
  Ref display();
  Ref atom_in_parentheses();
  Ref atom_in_brackets();
  Ref atom_in_braces();
  Ref tuple();
  Ref group();
  Ref genexp();
  Ref bracketed_comprehension(TokenKind opening, TokenKind closing, Kind kind);
  Ref list();
  Ref listcomp();
  Ref set();
  Ref setcomp();
  Ref dict();
  Ref dictcomp();
  bool double_starred_kvpairs();
  bool double_starred_kvpair();
  bool kvpair();
  bool for_if_clauses();
  bool for_if_clause();
  void check_for_in();
  Ref name();
  Ref number();

  struct Call {
    unsigned positional = 0;  // starred ones too
    Ref last_positional = 0;
    bool unpacks_keywords = false;
    Mark first = 0;
    Mark end = 0;
  };
  Ref arguments();
  bool args(Call* call = nullptr);
  bool kwargs(Call* call);
  bool kwarg_or_starred(Call* call);
  bool kwarg_or_double_starred(Call* call);
  Ref positional_argument();
  Ref starred_expression();

  void invalid_expression();
  void invalid_legacy_expression();
  void invalid_named_expression();
  void invalid_arguments();
  void invalid_kwarg();
  void invalid_starred_expression();
  void invalid_group();
  void invalid_comprehension();
  void invalid_dict_comprehension();
  bool invalid_double_starred_kvpairs();
  void invalid_kvpair();
  void check_arithmetic_not();
  [[noreturn]] void raise_behind(Ref node, std::string message);  // at its last character
  void invalid_factor();
  [[noreturn]] void raise_generator_in_call(Mark first, Mark end);
  bool is_legacy_name(Ref node) const;

  // Strings (strings.cpp)
  Ref strings();
  Ref plain_strings();
  Ref strings_with_fields();
  bool formatted_string(bool templated);
  bool formatted_middle(bool templated);
  bool replacement_field(bool templated);
  bool conversion(bool templated);
  bool format_spec(bool templated);
  void invalid_replacement_field(bool templated);
  void check_string(Mark mark);
  void check_formatted(Mark first, Mark end);
  void check_middle(Mark mark, bool raw);

  // Targets (targets.cpp)
  Ref star_targets();
  Ref star_target();
  Ref target_with_star_atom();
  Ref star_atom();
  bool star_targets_tuple_seq();
  bool star_targets_list_seq();
  Ref single_target();
  Ref single_subscript_attribute_target();
  Ref target_tail(Mark first);
  Ref t_primary();
  bool t_lookahead();
  bool del_targets();
  Ref del_target();
  Ref invalid_target_in(Ref node, Targets targets) const;
  void raise_invalid_target(Targets targets, Ref node);
  std::string_view name_of(Ref node) const;

  const Tokens& tokens_;
  const Version version_;
  Arena& arena_;
  const Mark count_;
  std::uint64_t steps_;  // left for all passes
  Mark mark_ = 0;
  Mark fill_ = 0;
  bool invalid_ = false;  // the rules for errors are on
  unsigned depth_ = 0;
  Mark restart_ = 0;
  Mark start_ = 0;
  SyntaxError error_;
  bool error_is_of_lexer_ = false;
  Ref any_ = 1;
  Nodes nodes_;
  std::span<Kept> memo_;  // in the arena
  std::uint32_t age_ = 0;
  std::unordered_map<std::uint64_t, Kept> blocks_;
  std::vector<std::uint8_t> levels_;
};

// Bounds the depth of the recursion.
class Engine::Deeper {
 public:
  explicit Deeper(Engine& engine) : engine_(engine) {
    if (++engine_.depth_ > limit) {
      --engine_.depth_;
      throw GivenUp{true};
    }
  }
  ~Deeper() { --engine_.depth_; }
  Deeper(const Deeper&) = delete;
  Deeper& operator=(const Deeper&) = delete;

 private:
  static constexpr unsigned limit = 2500;
  Engine& engine_;
};

}  // namespace sallyport::validators::python::diagnosis
