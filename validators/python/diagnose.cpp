#include "validators/python/diagnose.hpp"

#include "validators/python/diagnose/engine.hpp"
#include "validators/python/diagnose/hint.hpp"
#include "validators/python/lexer.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace sallyport::validators::python {

namespace {

using diagnosis::Engine;
using diagnosis::GivenUp;
using diagnosis::Mark;
using diagnosis::Raised;

// The brackets that are open at the end of the tokens.
std::vector<Mark> open_brackets(const Tokens& tokens, Mark end) {
  std::vector<Mark> open;
  for (Mark at = 0; at < end; ++at) {
    switch (tokens.list[at].kind) {
      case TokenKind::lpar:
      case TokenKind::lsqb:
      case TokenKind::lbrace:
        open.push_back(at);
        break;
      case TokenKind::rpar:
      case TokenKind::rsqb:
      case TokenKind::rbrace:
        if (!open.empty()) {
          open.pop_back();
        }
        break;
      default:
        break;
    }
  }
  return open;
}

bool starts_with(std::string_view text, std::string_view start) {
  return text.substr(0, start.size()) == start;
}

// Whether CPython's tokenizer words this error itself. Those that it leaves to the parser do not take
// precedence over an error of the parser.
bool worded_by_tokenizer(const SyntaxError& error) {
  if (error.type != ErrorType::syntax_error) {
    return error.type == ErrorType::unicode_error;
  }
  return !starts_with(error.message, "unexpected EOF") &&
         !starts_with(error.message, "unexpected character after line") &&
         error.message.find("was never closed") == std::string::npos;
}

bool in_formatted_string(const Tokens& tokens, Mark end) {
  int depth = 0;
  for (Mark at = 0; at < end; ++at) {
    const auto kind = tokens.list[at].kind;
    if (kind == TokenKind::fstring_start || kind == TokenKind::tstring_start) {
      ++depth;
    }
    if (kind == TokenKind::fstring_end || kind == TokenKind::tstring_end) {
      --depth;
    }
  }
  return depth > 0;
}

std::uint32_t line_read(const Engine& engine, const Tokens& tokens) {
  return tokens.list[engine.fill() - 1].line;
}

// From 3.10 the rest of the source is looked through for an error of the tokenizer, which would explain the
// parser's.
SyntaxError with_rest_of_source(const Tokens& tokens, Version version, SyntaxError found,
                                std::uint32_t line_read) {
  if (!tokens.error) {
    return found;
  }
  const auto end = static_cast<Mark>(tokens.list.size() - 1);
  // What breaks off in an f-string is likely the consequence of the error, not its cause.
  if (version >= Version::v3_12 && in_formatted_string(tokens, end)) {
    return found;
  }
  if (worded_by_tokenizer(*tokens.error)) {
    return *tokens.error;
  }
  const auto open = open_brackets(tokens, end);
  if (!open.empty()) {
    const auto& bracket = tokens.list[open.back()];
    if (line_read > bracket.line) {
      auto place = tokens.location_of(bracket);
      auto error = error_at(tokens, version, ErrorType::syntax_error,
                            "'" + std::string(tokens.text_of(bracket)) + "' was never closed", place);
      error.end_offset = 0;
      return error;
    }
  }
  return found;
}

// What 3.9 shows as the line of an error: the one that its tokenizer is in, or those of the string that it
// has just read.
std::string_view shown_text_3_9(const Tokens& tokens, Mark last_read) {
  const auto& token = tokens.list[last_read];
  const auto place = tokens.location_of(token);
  const auto line =
      diagnosis::first_of_joined_lines(tokens, token.kind == TokenKind::string ? place.line : place.end_line);
  const auto begin = tokens.line_begins[line - 1];
  const auto end = tokens.text.find('\n', std::max(begin, token.end));
  return tokens.text.substr(begin, end == std::string_view::npos ? end : end - begin + 1);
}

// The words that 3.9 has for a print or exec statement, if the text begins with one. It knows them from the
// text of the line alone.
std::string legacy_statement_3_9(std::string_view text) {
  constexpr std::string_view blanks = " \t\r\n\f\v";
  const auto start = text.find_first_not_of(blanks);
  if (start == std::string_view::npos) {
    return {};
  }
  text.remove_prefix(start);
  if (starts_with(text, "exec ")) {
    return "Missing parentheses in call to 'exec'";
  }
  if (!starts_with(text, "print ")) {
    return {};
  }
  text = text.substr(
      6, text.find(';', 6) == std::string_view::npos ? std::string_view::npos : text.find(';', 6) - 6);
  constexpr std::string_view stripped = " \t\r\n";
  const auto first = text.find_first_not_of(stripped);
  text = first == std::string_view::npos ? std::string_view{}
                                         : text.substr(first, text.find_last_not_of(stripped) - first + 1);
  const std::string end = !text.empty() && text.back() == ',' ? " end=\" \"" : "";
  return "Missing parentheses in call to 'print'. Did you mean print(" + std::string(text) + end + ")?";
}

SyntaxError as_3_9_shows(const Tokens& tokens, SyntaxError error, Mark last_read) {
  const auto text = shown_text_3_9(tokens, last_read);
  if (error.type != ErrorType::syntax_error || text.find('(') != std::string_view::npos) {
    return error;
  }
  auto message = legacy_statement_3_9(text);
  if (message.empty()) {
    const auto colon = text.find(':');
    if (colon != std::string_view::npos) {
      message = legacy_statement_3_9(text.substr(colon + 1));
    }
  }
  if (!message.empty()) {
    error.message = std::move(message);
  }
  return error;
}

// Nothing had words for it.
SyntaxError generic(const Engine& engine, const Tokens& tokens, Version version, Mark last) {
  const auto kind = tokens.list[last].kind;
  if (version < Version::v3_10) {
    // CPython asks whether its tokenizer has come to the end.
    const auto at_end = std::all_of(tokens.list.begin() + last, tokens.list.end(), [](const Token& token) {
      return token.kind == TokenKind::dedent || token.kind == TokenKind::end_marker;
    });
    if (at_end) {
      return engine.error_at_last(ErrorType::syntax_error, last, "unexpected EOF while parsing");
    }
  }
  if (kind == TokenKind::indent || kind == TokenKind::dedent) {
    return engine.error_at_last(ErrorType::indentation_error, last,
                                kind == TokenKind::indent ? "unexpected indent" : "unexpected unindent");
  }
  auto error = engine.error_between(ErrorType::syntax_error, last, last + 1, "invalid syntax");
  return version < Version::v3_10
             ? error
             : with_rest_of_source(tokens, version, std::move(error), line_read(engine, tokens));
}

SyntaxError too_complex(Version version) {
  SyntaxError error;
  error.type = ErrorType::memory_error;
  if (version >= Version::v3_12) {
    error.message = "Parser stack overflowed - Python source too complex to parse";
  }
  return error;
}

// After an error that the parser has worded.
SyntaxError raised(const Engine& engine, const Tokens& tokens, Version version) {
  if (engine.error_is_of_lexer()) {
    return engine.error();
  }
  // Once the tokenizer is at its end there is nothing left to look through.
  if (version < Version::v3_10 || tokens.list[engine.fill() - 1].kind == TokenKind::end_marker) {
    return engine.error();
  }
  return with_rest_of_source(tokens, version, engine.error(), line_read(engine, tokens));
}

SyntaxError find(const Tokens& tokens, Version version, StartRule start, Engine& engine, Mark from) {
  Mark last = 0;
  try {
    engine.run(start, from, false);
    last = engine.fill() - 1;
    engine.run(start, start == StartRule::file ? engine.restart() : from, true);
  } catch (const Raised&) {
    return raised(engine, tokens, version);
  } catch (const GivenUp& reason) {
    if (reason.too_deep) {
      return too_complex(version);
    }
    if (last == 0) {
      last = std::max<Mark>(engine.fill(), 1) - 1;
    }
  }
  // 3.9 looks at the last token that the second pass has read.
  return generic(engine, tokens, version, version < Version::v3_10 ? engine.fill() - 1 : last);
}

bool is_clause(TokenKind kind) {
  return kind == TokenKind::kw_else || kind == TokenKind::kw_elif || kind == TokenKind::kw_except ||
         kind == TokenKind::kw_finally;
}

// Where the statement begins that a refused one may belong to: a clause with an error in it leaves a
// statement that is right without it.
Mark with_clauses(const Tokens& tokens, Mark from) {
  unsigned depth = 0;
  for (Mark at = from; at > 0; --at) {
    const auto kind = tokens.list[at].kind;
    const auto before = tokens.list[at - 1].kind;
    const bool boundary =
        before == TokenKind::dedent || (before == TokenKind::newline && kind != TokenKind::indent);
    if (depth == 0 && boundary && !is_clause(kind) && kind != TokenKind::dedent) {
      return at;
    }
    if (before == TokenKind::dedent) {
      ++depth;
    }
    if (before == TokenKind::indent && depth > 0) {
      --depth;
    }
  }
  return 0;
}

// Whether 3.9 makes this error of its tokenizer together with the text of the line.
bool has_text_3_9(const SyntaxError& error) {
  return error.type == ErrorType::syntax_error &&
         !starts_with(error.message, "unexpected character after line");
}

}  // namespace

SyntaxError diagnose(const Tokens& tokens, Version version, StartRule start, Arena& arena, std::size_t from) {
  if (tokens.list.empty()) {
    return tokens.error ? *tokens.error : SyntaxError{};
  }
  Engine engine(tokens, version, arena);
  auto error = find(tokens, version, start, engine,
                    with_clauses(tokens, static_cast<Mark>(std::min(from, tokens.list.size() - 1))));
  if (version < Version::v3_10 && start == StartRule::file &&
      (!engine.error_is_of_lexer() || has_text_3_9(error))) {
    error = as_3_9_shows(tokens, std::move(error), std::max<Mark>(engine.fill(), 1) - 1);
  }
  if (start == StartRule::file && error.type == ErrorType::syntax_error) {
    error.hint = diagnosis::version_hint(tokens, version, error.line);
  }
  return error;
}

SyntaxError rank_with_lexer_error(const Tokens& tokens, Version version, SyntaxError found) {
  if (found.type != ErrorType::syntax_error && found.type != ErrorType::indentation_error) {
    return found;
  }
  found.hint = diagnosis::version_hint(tokens, version, found.line);
  if (version < Version::v3_10) {
    return found;
  }
  const auto line = found.line;
  return with_rest_of_source(tokens, version, std::move(found), line);
}

}  // namespace sallyport::validators::python
