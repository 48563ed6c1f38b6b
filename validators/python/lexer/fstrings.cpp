// f-strings from 3.12, t-strings from 3.14: their literal parts, and where replacement fields begin and end.
#include "validators/python/lexer/lexer.hpp"
#include "validators/python/lexer/string_prefixes.hpp"
#include "validators/python/warning_list.hpp"

#include <algorithm>
#include <string>

namespace sallyport::validators::python::lexer {

const char* Lexer::begin_fstring(const char* start, const char* quote) {
  PrefixLetters prefix;
  read_prefix({start, static_cast<std::size_t>(quote - start)}, prefix);
  FString opened;
  opened.quote = *quote;
  opened.quote_size = quote[1] == *quote && quote[2] == *quote ? 3 : 1;
  opened.raw = prefix.r;
  opened.templated = prefix.t;
  opened.start = start;
  opened.line = line_;
  const char* const cursor = quote + opened.quote_size;
  if (fstrings_.size() + 1 >= most_nested_fstrings) {
    return fail(
        version_ >= Version::v3_14 ? "too many nested f-strings or t-strings" : "too many nested f-strings",
        cursor);
  }
  fstrings_.push_back(opened);
  add(prefix.t ? TokenKind::tstring_start : TokenKind::fstring_start, start, cursor);
  return cursor;
}

// Lexes one token in the literal part of an f-string: its end, a piece of text (which may be empty), or
// nothing if a replacement field begins at once.
const char* Lexer::fstring_literal(const char* start) {
  auto& fstring = fstrings_.back();
  if (start != end_ && *start == '{' && (end_ - start < 2 || start[1] != '{')) {
    return begin_field(start, start);
  }
  std::size_t quotes = 0;
  while (quotes < fstring.quote_size && start + quotes != end_ && start[quotes] == fstring.quote) {
    ++quotes;
  }
  if (quotes == fstring.quote_size) {
    return fstring_end(start);
  }

  const bool in_format_spec = fstring.in_format_spec && fstring.field_depth >= 0;
  bool named_escape = false;
  const char* cursor = start + quotes;
  quotes = 0;
  while (cursor != end_) {
    const char c = *cursor;
    if (c == fstring.quote) {
      ++cursor;
      if (++quotes == fstring.quote_size) {
        return fstring_middle(start, cursor - quotes);
      }
      continue;
    }
    quotes = 0;
    const bool doubled = (c == '{' || c == '}') && end_ - cursor > 1 && cursor[1] == c && !in_format_spec;
    switch (c) {
      case '\n':
        if (fstring.quote_size == 1) {
          return newline_in_fstring(start, cursor);
        }
        ++cursor;
        break;
      case '{':
        if (!doubled) {
          return begin_field(start, cursor);
        }
        fstring_middle(start, cursor + 1);
        return cursor + 2;
      case '}':
        // The end of a \N{...}.
        if (named_escape) {
          return fstring_middle(start, cursor + 1);
        }
        if (doubled && fstring.bracket_depth == 0) {
          fstring_middle(start, cursor + 1);
          return cursor + 2;
        }
        fstring.in_literal = false;
        fstring.in_format_spec = false;
        return fstring_middle(start, cursor);
      case '\\':
        ++cursor;
        if (cursor == end_) {
          break;
        }
        if (*cursor == '{' || *cursor == '}') {
          if (!fstring.raw) {
            warn_of_escaped_brace(cursor);
          }
          break;
        }
        if (!fstring.raw && *cursor == 'N' && end_ - cursor > 1 && cursor[1] == '{') {
          named_escape = true;
          ++cursor;
        }
        ++cursor;
        break;
      default:
        ++cursor;
        break;
    }
  }
  return unterminated_fstring(cursor);
}

const char* Lexer::fstring_end(const char* start) {
  const auto& fstring = fstrings_.back();
  const char* const cursor = start + fstring.quote_size;
  add(fstring.templated ? TokenKind::tstring_end : TokenKind::fstring_end, start, cursor);
  fstrings_.pop_back();
  return cursor;
}

const char* Lexer::fstring_middle(const char* start, const char* cursor) {
  add(fstrings_.back().templated ? TokenKind::tstring_middle : TokenKind::fstring_middle, start, cursor);
  find_line(std::min(cursor, end_ - 1));
  return cursor;
}

// At a brace that begins a replacement field; what comes before it is a token of its own.
const char* Lexer::begin_field(const char* start, const char* cursor) {
  auto& fstring = fstrings_.back();
  if (++fstring.field_depth >= most_nested_fields) {
    find_line(cursor);
    return fail(std::string(kind_of_fstring()) + ": expressions nested too deeply", cursor);
  }
  fstring.in_literal = false;
  if (start == cursor) {
    return cursor;
  }
  fstring.in_format_spec = false;
  return fstring_middle(start, cursor);
}

// Single quotes end with the line, except that a format specification ends first: what follows is left to the
// parser.
const char* Lexer::newline_in_fstring(const char* start, const char* cursor) {
  auto& fstring = fstrings_.back();
  if (!fstring.in_format_spec || fstring.field_depth < 0) {
    return unterminated_fstring(cursor);
  }
  find_line(cursor);
  if (version_ >= Version::v3_13) {
    return fail(std::string(kind_of_fstring()) +
                    ": newlines are not allowed in format specifiers for single quoted " +
                    std::string(kind_of_fstring()) + "s",
                cursor + 1);
  }
  fstring.in_literal = false;
  fstring.in_format_spec = false;
  return fstring_middle(start, cursor);
}

const char* Lexer::unterminated_fstring(const char* stop_at) {
  const auto fstring = fstrings_.back();
  find_line(std::min(stop_at, end_ - 1));
  const auto kind = (fstring.quote_size == 3 ? "unterminated triple-quoted " : "unterminated ") +
                    std::string(kind_of_fstring());
  return fail_at_start(kind + " literal (detected at line " + std::to_string(line_) + ")", fstring.start,
                       fstring.line);
}

bool Lexer::colon_begins_format_spec() const {
  const auto& fstring = fstrings_.back();
  return fstring.field_depth >= 0 && fstring.bracket_depth - 1 == fstring.field_depth;
}

// The bracket at `cursor` matches the one that it closes.
bool Lexer::close_bracket_in_fstring(const char* cursor) {
  auto& fstring = fstrings_.back();
  if (--fstring.bracket_depth < 0) {
    fail(std::string(kind_of_fstring()) + ": unmatched '" + *cursor + "'", cursor + 1);
    return false;
  }
  if (*cursor == '}' && fstring.bracket_depth == fstring.field_depth) {
    --fstring.field_depth;
    fstring.in_literal = true;
    fstring.in_format_spec = false;
  }
  return true;
}

void Lexer::warn_of_escaped_brace(const char* brace) {
  if (!has_room(tokens_.warnings)) {
    return;
  }
  find_line(brace);
  const std::string letter(1, *brace);
  warn("SyntaxWarning", version_ >= Version::v3_14
                            ? "\"\\" + letter +
                                  "\" is an invalid escape sequence. Such sequences will not work in "
                                  "the future. Did you mean \"\\\\" +
                                  letter + "\"? A raw string is also an option."
                            : "invalid escape sequence '\\" + letter + "'");
}

bool skips_doubled_brace(std::string_view middle, std::string_view rest) {
  if (middle.empty() || rest.empty() || rest.front() != middle.back()) {
    return false;
  }
  if (middle.back() == '{') {
    return true;
  }
  // A brace within the text is that of a \N{...}, which then ends it.
  return middle.back() == '}' && middle.find('{') == std::string_view::npos;
}

}  // namespace sallyport::validators::python::lexer
