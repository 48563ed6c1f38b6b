// Strings and bytes: where they end.
#include <algorithm>
#include <string>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "validators/python/lexer/lexer.hpp"
#include "validators/python/lexer/string_prefixes.hpp"

namespace sallyport::validators::python::lexer {
namespace {

// The first quote, backslash or line end at or after `cursor`, or `end`.
const char* find_string_stop(const char* cursor, const char* end, char quote) {
#if defined(__SSE2__)
  const auto quotes = _mm_set1_epi8(quote);
  const auto backslashes = _mm_set1_epi8('\\');
  const auto line_ends = _mm_set1_epi8('\n');
  for (; end - cursor >= 16; cursor += 16) {
    const auto block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(cursor));
    const auto found =
        _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(block, quotes), _mm_cmpeq_epi8(block, backslashes)),
                     _mm_cmpeq_epi8(block, line_ends));
    const auto mask = static_cast<unsigned>(_mm_movemask_epi8(found));
    if (mask != 0) {
      return cursor + __builtin_ctz(mask);
    }
  }
#endif
  return std::find_if(cursor, end, [&](char c) { return c == quote || c == '\\' || c == '\n'; });
}

// The prefixes of which one excludes the other, in the order in which 3.14 looks for them.
std::string_view incompatible_prefixes(const PrefixLetters& prefix) {
  if (prefix.u && prefix.b) {
    return "'u' and 'b'";
  }
  if (prefix.u && prefix.r) {
    return "'u' and 'r'";
  }
  if (prefix.u && prefix.f) {
    return "'u' and 'f'";
  }
  if (prefix.u && prefix.t) {
    return "'u' and 't'";
  }
  if (prefix.b && prefix.f) {
    return "'b' and 'f'";
  }
  if (prefix.b && prefix.t) {
    return "'b' and 't'";
  }
  if (prefix.f && prefix.t) {
    return "'f' and 't'";
  }
  return {};
}

}  // namespace

const char* Lexer::string_with_prefix(const char* start, const char* quote) {
  PrefixLetters prefix;
  read_prefix({start, static_cast<std::size_t>(quote - start)}, prefix);
  if (const auto both = incompatible_prefixes(prefix); !both.empty()) {
    return fail_with_range(std::string(both) + " prefixes are incompatible", start, quote + 1);
  }
  if (prefix.t || (prefix.f && version_ >= Version::v3_12)) {
    return begin_fstring(start, quote);
  }
  return string(start, quote);
}

const char* Lexer::string(const char* start, const char* quote) {
  const char mark = *quote;
  const char* cursor = quote + 1;
  const auto line = line_;
  if (*cursor == mark && cursor[1] == mark) {
    for (cursor += 2;;) {
      cursor = find_string_stop(cursor, end_, mark);
      if (cursor == end_) {
        return unterminated_string(start, quote, 3, cursor, false);
      }
      if (*cursor == mark && end_ - cursor > 2 && cursor[1] == mark && cursor[2] == mark) {
        break;
      }
      cursor += *cursor == '\\' ? std::min<std::ptrdiff_t>(2, end_ - cursor) : 1;
    }
    cursor += 3;
  } else {
    bool escaped_quote = false;
    for (;;) {
      cursor = find_string_stop(cursor, end_, mark);
      if (cursor == end_ || *cursor == '\n') {
        return unterminated_string(start, quote, 1, cursor, escaped_quote);
      }
      if (*cursor == mark) {
        break;
      }
      escaped_quote = escaped_quote || cursor[1] == mark;
      cursor += 2;
    }
    ++cursor;
  }
  if (cursor > line_end()) {
    find_line(cursor);
  }
  add(TokenKind::string, start, cursor, line);
  return cursor;
}

const char* Lexer::unterminated_string(const char* start, const char* quote, std::size_t quote_size,
                                       const char* stop_at, bool escaped_quote) {
  const auto line = line_;
  // The end of the text is in its last line.
  find_line(std::min(stop_at, end_ - 1));
  if (version_ < Version::v3_10) {
    auto error = SyntaxError{};
    error.message = quote_size == 3 ? "EOF while scanning triple-quoted string literal"
                                    : "EOL while scanning string literal";
    error.line = line_;
    error.offset = characters_from_buffer(line_end());
    return stop(std::move(error), false);
  }
  const auto detected = " literal (detected at line " + std::to_string(line_) + ")";
  if (inside_fstring() && fstrings_.back().quote == *quote && fstrings_.back().quote_size == quote_size) {
    return fail_at_start(std::string(kind_of_fstring()) + ": expecting '}'", start, line);
  }
  if (quote_size == 3) {
    return fail_at_start("unterminated triple-quoted string" + detected, start, line);
  }
  const bool hint = escaped_quote && version_ >= Version::v3_13;
  return fail_at_start(
      "unterminated string" + detected + (hint ? "; perhaps you escaped the end quote?" : ""), start, line);
}

}  // namespace sallyport::validators::python::lexer
