// The begin of a line: blank lines, indentation.
#include "validators/python/lexer/lexer.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace sallyport::validators::python::lexer {

// Skips blank lines, then takes the indentation of the first line that has a token. Returns where that token
// begins, or the end of the text.
const char* Lexer::begin_line(const char* cursor) {
  while (cursor != end_) {
    Indentation at;
    std::uint32_t column_of_continued = 0;
    bool continued = false;
    for (;; ++cursor) {
      if (*cursor == ' ') {
        ++at.column;
        ++at.alternate;
      } else if (*cursor == '\t') {
        at.column = (at.column / 8 + 1) * 8;
        ++at.alternate;
      } else if (*cursor == '\f') {
        at = {};
      } else if (*cursor == '\\' && version_ >= Version::v3_10) {
        // Indentation goes over several lines: the first backslash in it that is not at the margin says how
        // deep.
        if (column_of_continued == 0) {
          column_of_continued = at.column;
        }
        if (cursor[1] != '\n') {
          return fail_after_continuation(cursor);
        }
        if (cursor + 2 == end_) {
          return fail_at_end();
        }
        next_line(++cursor + 1);
      } else {
        break;
      }
    }
    if (*cursor == '\\') {
      // 3.9 takes a line with nothing but a backslash for blank, so what follows it keeps the indentation.
      cursor = skip_continuations(cursor);
      if (cursor == nullptr) {
        return nullptr;
      }
      continued = true;
    }
    if (*cursor == '\n' || *cursor == '#') {
      cursor = line_end();
      next_line(cursor);
      continue;
    }
    if (continued) {
      return cursor;
    }
    if (column_of_continued != 0) {
      at = {column_of_continued, column_of_continued};
    }
    return set_indentation(at, cursor) ? cursor : nullptr;
  }
  return cursor;
}

// From a backslash to the first byte that is neither blank nor one.
const char* Lexer::skip_continuations(const char* cursor) {
  while (*cursor == '\\') {
    if (cursor[1] != '\n') {
      return fail_after_continuation(cursor);
    }
    cursor += 2;
    if (cursor == end_) {
      return fail_at_end();
    }
    ++line_;
    cursor = std::find_if_not(cursor, end_, is_space);
  }
  return cursor;
}

bool Lexer::set_indentation(Indentation at, const char* cursor) {
  const auto refuse = [&](ErrorType type, std::string message, bool at_line_end) {
    fail_in_indentation(type, std::move(message), at_line_end);
    return false;
  };
  const auto refuse_tabs = [&] {
    return refuse(ErrorType::tab_error, "inconsistent use of tabs and spaces in indentation", false);
  };
  const auto& current = indentations_[indentation_];
  if (at.column == current.column) {
    return at.alternate == current.alternate || refuse_tabs();
  }
  if (at.column > current.column) {
    if (indentation_ + 1 >= most_indentations) {
      return refuse(ErrorType::indentation_error, "too many levels of indentation", false);
    }
    if (at.alternate <= current.alternate) {
      return refuse_tabs();
    }
    indentations_[++indentation_] = at;
    add(TokenKind::indent, cursor, cursor);
    return true;
  }
  std::size_t dedents = 0;
  while (indentation_ > 0 && at.column < indentations_[indentation_].column) {
    ++dedents;
    --indentation_;
  }
  if (at.column != indentations_[indentation_].column) {
    return refuse(ErrorType::indentation_error, "unindent does not match any outer indentation level", true);
  }
  if (at.alternate != indentations_[indentation_].alternate) {
    return refuse_tabs();
  }
  for (; dedents != 0; --dedents) {
    add(TokenKind::dedent, cursor, cursor);
  }
  return true;
}

}  // namespace sallyport::validators::python::lexer
