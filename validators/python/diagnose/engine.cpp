#include "validators/python/diagnose/engine.hpp"

#include "validators/python/lexer.hpp"
#include "validators/python/source.hpp"

#include <algorithm>
#include <bit>
#include <utility>

namespace sallyport::validators::python::diagnosis {

namespace {

constexpr std::size_t smallest_memo = 1024;
constexpr std::size_t largest_memo = std::size_t{1} << 19;
constexpr std::size_t probes = 6;
// Blocks are long to read again, so they are kept apart.
constexpr std::size_t most_blocks = 100'000;
// Enough for any program that people write; what is left then is the plain "invalid syntax".
constexpr std::uint64_t steps_per_token = 400;
constexpr std::uint64_t most_steps = 750'000;

}  // namespace

Engine::Engine(const Tokens& tokens, Version version, Arena& arena)
    : tokens_(tokens),
      version_(version),
      arena_(arena),
      count_(static_cast<Mark>(tokens.list.size())),
      steps_(std::min(most_steps, 10'000 + steps_per_token * count_)),
      nodes_(arena) {}

bool Engine::run(StartRule start, Mark from, bool with_invalid_rules) {
  mark_ = from;
  start_ = from;
  invalid_ = with_invalid_rules;
  depth_ = 0;
  levels_.clear();
  const auto size =
      std::bit_ceil(std::clamp<std::size_t>(std::size_t{count_ - from} * 12, smallest_memo, largest_memo));
  if (size > memo_.size()) {
    memo_ = {arena_.make_list_for_overwrite<Kept>(size), size};
    age_ = oldest;
  }
  memo_ = memo_.first(size);  // what an earlier run used beyond is not needed
  forget();
  if (start == StartRule::fstring) {
    return star_expressions() != 0;
  }
  return file();
}

void Engine::fill_to_mark() {
  mark_ = std::min(mark_, count_ - 1);
  fill_ = std::max(fill_, mark_ + 1);
  if (token(mark_).kind == TokenKind::error && tokens_.error) {
    error_ = *tokens_.error;
    error_is_of_lexer_ = true;
    throw Raised{};
  }
}

bool Engine::soft_keyword() {
  if (peek() != TokenKind::name || !since(10)) {
    return false;
  }
  const auto word = text(mark_);
  // Until 3.12 CPython compares only as many letters as the name has: `mat` passes for `match`.
  const auto is = [&](std::string_view keyword) {
    return since(13) ? word == keyword : keyword.substr(0, word.size()) == word;
  };
  if (!is("_") && !is("case") && !is("match") && !(since(12) && is("type"))) {
    return false;
  }
  advance();
  return true;
}

void Engine::forced(TokenKind kind, std::string_view text) {
  if (!take(kind)) {
    raise_at_token(mark_, "expected '" + std::string(text) + "'");
  }
}

unsigned Engine::level_after(Mark mark) {
  // Statements of the top level begin outside of all brackets, so the count can begin with this one.
  if (levels_.empty()) {
    levels_.resize(count_ - start_);
    std::uint8_t level = 0;
    for (Mark at = start_; at < count_; ++at) {
      switch (token(at).kind) {
        case TokenKind::lpar:
        case TokenKind::lsqb:
        case TokenKind::lbrace:
          ++level;
          break;
        case TokenKind::rpar:
        case TokenKind::rsqb:
        case TokenKind::rbrace:
          level -= level > 0 ? 1 : 0;
          break;
        default:
          break;
      }
      levels_[at - start_] = level;
    }
  }
  return levels_[mark - start_];
}

// What the tag of a result of the rule has above the result.
std::uint32_t Engine::key(Rule rule) const {
  const auto number = age_ << key_bits | static_cast<std::uint32_t>(rule);
  return rule > Rule::last_shared && invalid_ ? number | invalid_key : number;
}

Engine::Kept* Engine::find(Rule rule, Mark mark) {
  const auto wanted = key(rule);
  if (rule == Rule::block || rule == Rule::elif_stmt) {
    const auto found = blocks_.find(std::uint64_t{mark} << 32 | wanted);
    return found != blocks_.end() ? &found->second : nullptr;
  }
  const auto mask = memo_.size() - 1;
  for (std::size_t i = 0; i < probes; ++i) {
    auto& slot = memo_[(home(mark, rule) + i) & mask];
    if (slot.mark == mark && slot.tag >> result_bits == wanted) {
      return &slot;
    }
  }
  return nullptr;
}

void Engine::keep(Rule rule, Mark mark, Ref result) {
  const auto wanted = key(rule);
  const Kept kept{mark, mark_, wanted << result_bits | result};
  if (rule == Rule::block || rule == Rule::elif_stmt) {
    if (blocks_.size() < most_blocks) {
      blocks_[std::uint64_t{mark} << 32 | wanted] = kept;
    }
    return;
  }
  const auto mask = memo_.size() - 1;
  // Neighbours in the program are neighbours here. What was kept the longest way back gives up its place: it
  // is then found anew, which costs time only.
  auto* place = &memo_[home(mark, rule) & mask];
  for (std::size_t i = 0; i < probes; ++i) {
    auto& slot = memo_[(home(mark, rule) + i) & mask];
    if (is_free(slot)) {
      place = &slot;
      break;
    }
    if (slot.mark < place->mark) {
      place = &slot;
    }
  }
  *place = kept;
}

void Engine::forget() {
  if (age_ == oldest) {
    std::fill(memo_.begin(), memo_.end(), Kept{});
    age_ = 0;
  }
  ++age_;
  blocks_.clear();
  nodes_.clear();
}

namespace {

// CPython gives these tokens no columns.
bool has_columns(TokenKind kind) {
  return kind != TokenKind::indent && kind != TokenKind::dedent && kind != TokenKind::end_marker;
}

}  // namespace

SyntaxError Engine::error_between(ErrorType type, Mark first, Mark end, std::string message) const {
  const auto begin_place = tokens_.location_of(token(first));
  const auto end_place = tokens_.location_of(token(std::max(end, first + 1) - 1));
  auto error = error_at(tokens_, version_, type, std::move(message),
                        {begin_place.line, begin_place.column, end_place.end_line, end_place.end_column});
  if (end_place.end_line != begin_place.line) {
    // CPython counts the characters of the end in the line of the beginning.
    error.end_offset = std::min(error.end_offset, count_characters(line_text(tokens_, begin_place.line)) + 1);
  }
  if (!has_columns(token(first).kind)) {
    error.offset = error.end_offset = 0;
  }
  return error;
}

std::uint32_t first_of_joined_lines(const Tokens& tokens, std::uint32_t line) {
  while (line > 1) {
    const auto begin = tokens.line_begins[line - 1];
    if (begin < 2 || tokens.text[begin - 2] != '\\') {
      break;
    }
    --line;
  }
  return line;
}

SyntaxError Engine::error_at_last(ErrorType type, Mark last, std::string message) const {
  auto error = error_at(tokens_, version_, type, std::move(message), tokens_.location_of(token(last)));
  // Where a token has no column, CPython says how far its tokenizer has come, and counts that from 0.
  if (!has_columns(token(last).kind)) {
    error.offset -= error.offset > 0 ? 1 : 0;
    error.end_offset = 0;
    if (!since(10)) {
      for (auto line = first_of_joined_lines(tokens_, error.line); line < error.line; ++line) {
        error.offset += count_characters(line_text(tokens_, line)) + 1;
      }
    }
  }
  return error;
}

void Engine::raise_range(Mark first, Mark end, std::string message) {
  error_ = error_between(ErrorType::syntax_error, first, end, std::move(message));
  throw Raised{};
}

void Engine::raise_at(Ref node, std::string message) {
  raise_range(first_of(node), end_of(node), std::move(message));
}

void Engine::raise_last(ErrorType type, std::string message) {
  error_ = error_at_last(type, fill_ - 1, std::move(message));
  throw Raised{};
}

void Engine::raise_next(std::string message) {
  touch();
  raise_at_token(mark_, std::move(message));
}

void Engine::raise_behind(Ref node, std::string message) {
  // The line is the first of the node, the column its last character's: CPython mixes them.
  const auto begin_place = tokens_.location_of(token(first_of(node)));
  const auto end_place = tokens_.location_of(token(end_of(node) - 1));
  const auto column = end_place.end_column > 0 ? end_place.end_column - 1 : 0;
  error_ = error_at(tokens_, version_, ErrorType::syntax_error, std::move(message),
                    {begin_place.line, column, end_place.end_line, column});
  error_.end_offset = 0;
  throw Raised{};
}

void Engine::raise_starting_from(Mark token, std::string message) {
  error_ = error_between(ErrorType::syntax_error, token, fill_, std::move(message));
  // The end is where CPython's tokenizer is, which counts from 0; a line end it has passed.
  const bool passed_line_end = !since(12) && tokens_.list[fill_ - 1].kind == TokenKind::newline;
  if (error_.end_offset > 0 && !passed_line_end) {
    --error_.end_offset;
  }
  throw Raised{};
}

}  // namespace sallyport::validators::python::diagnosis
