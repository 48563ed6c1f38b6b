// Runs of string literals; from 3.12 f-strings, from 3.14 t-strings, are tokens with expressions between
// them.
#include "validators/python/diagnose/engine.hpp"
#include "validators/python/fstring_legacy.hpp"
#include "validators/python/parser/token_source.hpp"
#include "validators/python/string_literal.hpp"

namespace sallyport::validators::python::diagnosis {

using T = TokenKind;

Ref Engine::strings() {
  return kept(Rule::strings, [&] { return since(12) ? strings_with_fields() : plain_strings(); });
}

// Until 3.11: CPython reads all the literals of a run before it looks into the first.
Ref Engine::plain_strings() {
  const auto first = mark_;
  while (take(T::string)) {
  }
  if (mark_ == first) {
    return 0;
  }
  for (auto at = first; at < mark_; ++at) {
    if (prefix_of(text(at)).formatted) {
      check_formatted(first, mark_);
      return make(Kind::formatted_string, first);
    }
  }
  for (auto at = first; at < mark_; ++at) {
    check_string(at);
    if (prefix_of(text(at)).bytes != prefix_of(text(first)).bytes) {
      raise_last("cannot mix bytes and nonbytes literals");
    }
  }
  return make(Kind::literal, first);
}

// The same of literals with an f-string among them, which has texts to parse.
void Engine::check_formatted(Mark first, Mark end) {
  const detail::TokenSource source(tokens_, {});
  std::vector<SyntaxWarning> warnings;
  StringDecoder decoder(version_, arena_, warnings);
  detail::LegacyStrings strings(source, version_, arena_, warnings, decoder, depth_);
  const auto* const tokens = tokens_.list.data();
  if (strings.concatenate(tokens + first, tokens + end) != nullptr) {
    return;
  }
  if (strings.error()) {
    error_ = *strings.error();
    throw Raised{};
  }
  if (!decoder.error()) {
    raise_last(strings.message());
  }
  if (decoder.error()->at_literal) {
    raise_at_token(static_cast<Mark>(strings.failed_at() - tokens), decoder.error()->message);
  }
  raise_last(decoder.error()->message);
}

Ref Engine::strings_with_fields() {
  const auto first = mark_;
  bool formatted = false;
  bool bytes = false;
  bool text_seen = false;
  Mark last = first;
  const auto plain = [&] {
    last = mark_;
    if (take(T::string)) {
      check_string(last);
      (prefix_of(text(last)).bytes ? bytes : text_seen) = true;
      return true;
    }
    if (!formatted_string(false)) {
      return false;
    }
    formatted = text_seen = true;
    return true;
  };
  const auto templated = [&] {
    last = mark_;
    return formatted_string(true);
  };
  if (invalid_ && since(14)) {
    const char* const mixed = "cannot mix t-string literals with string or bytes literals";
    auto before = last;
    const auto remember = [&](const auto& rule) {
      return [&] {
        if (!rule()) {
          return false;
        }
        before = last;
        return true;
      };
    };
    if (many(remember(plain)) > 0 && templated()) {
      raise_range(before, mark_, mixed);
    }
    mark_ = first;
    if (many(remember(templated)) > 0 && plain()) {
      raise_range(before, mark_, mixed);
    }
    mark_ = first;
    bytes = text_seen = formatted = false;
  }
  if (many(plain) > 0) {
    if (bytes && text_seen) {
      raise_last("cannot mix bytes and nonbytes literals");
    }
    return make(formatted ? Kind::formatted_string : Kind::literal, first);
  }
  if (since(14) && many(templated) > 0) {
    return make(Kind::template_string, first);
  }
  return 0;
}

// A literal that cannot be decoded is an error as soon as it is read.
void Engine::check_string(Mark mark) {
  const auto literal = text(mark);
  if (!prefix_of(literal).bytes && literal.find('\\') == std::string_view::npos) {
    return;
  }
  std::vector<SyntaxWarning> warnings;
  StringDecoder decoder(version_, arena_, warnings);
  if (decoder.decode(split_string(literal), token(mark).line) || !decoder.error()) {
    return;
  }
  if (decoder.error()->at_literal) {
    raise_at_token(mark, decoder.error()->message);
  }
  raise_last(decoder.error()->message);
}

void Engine::check_middle(Mark mark, bool raw) {
  const auto literal = text(mark);
  if (raw || literal.find('\\') == std::string_view::npos) {
    return;
  }
  std::vector<SyntaxWarning> warnings;
  StringDecoder decoder(version_, arena_, warnings);
  if (decoder.decode_middle(literal, raw, token(mark).line) || !decoder.error()) {
    return;
  }
  if (decoder.error()->at_literal || since(14)) {
    raise_at_token(mark, decoder.error()->message);
  }
  raise_last(decoder.error()->message);
}

bool Engine::formatted_string(bool templated) {
  const auto start = templated ? T::tstring_start : T::fstring_start;
  const auto end = templated ? T::tstring_end : T::fstring_end;
  const auto middle = templated ? T::tstring_middle : T::fstring_middle;
  const auto first = mark_;
  if (!take(start)) {
    return false;
  }
  many([&] { return replacement_field(templated) || take(middle); });
  if (!take(end)) {
    return false;
  }
  const auto last = mark_;
  // The literal parts are decoded when the whole is there; those of nested literals have been.
  unsigned nested = 0;
  unsigned braces = 0;
  const bool raw = prefix_of(text(first)).raw;
  for (auto at = first + 1; at + 1 < last; ++at) {
    switch (token(at).kind) {
      case T::fstring_start:
      case T::tstring_start:
        ++nested;
        break;
      case T::fstring_end:
      case T::tstring_end:
        --nested;
        break;
      case T::lbrace:
        ++braces;
        break;
      case T::rbrace:
        --braces;
        break;
      default:
        break;
    }
    if (nested == 0 && token(at).kind == middle && braces == 0) {
      check_middle(at, raw);
    }
  }
  return true;
}

bool Engine::replacement_field(bool templated) {
  const auto first = mark_;
  if (!next_is(T::lbrace)) {
    return false;
  }
  const Deeper deeper(*this);
  advance();
  if (annotated_rhs()) {
    take(T::equal);
    optional([&] { return conversion(templated); });
    optional([&] { return format_spec(templated); });
    if (take(T::rbrace)) {
      return true;
    }
  }
  mark_ = first;
  if (invalid_) {
    invalid_replacement_field(templated);
  }
  return false;
}

bool Engine::conversion(bool templated) {
  const auto first = mark_;
  if (!take(T::exclamation) || !take(T::name)) {
    return false;
  }
  const std::string prefix = since(14) && templated ? "t-string: " : "f-string: ";
  if (token(first).end != token(first + 1).begin) {
    raise_range(first, first + 2,
                prefix + (since(13) ? "conversion type must come right after the exclamation mark"
                                    : "conversion type must come right after the exclamanation mark"));
  }
  const auto word = text(first + 1);
  if (word != "s" && word != "r" && word != "a") {
    raise_at_token(first + 1, prefix + "invalid conversion character '" + std::string(word) +
                                  "': expected 's', 'r', or 'a'");
  }
  return true;
}

bool Engine::format_spec(bool templated) {
  if (!take(T::colon)) {
    return false;
  }
  const auto middle = templated ? T::tstring_middle : T::fstring_middle;
  many([&] { return take(middle) || replacement_field(templated); });
  return true;
}

void Engine::invalid_replacement_field(bool templated) {
  const std::string prefix = templated ? "t-string: " : "f-string: ";
  const auto first = mark_;
  take(T::lbrace);
  switch (peek()) {
    case T::equal:
      raise_at_token(mark_, prefix + "valid expression required before '='");
    case T::exclamation:
      raise_at_token(mark_, prefix + "valid expression required before '!'");
    case T::colon:
      raise_at_token(mark_, prefix + "valid expression required before ':'");
    case T::rbrace:
      raise_at_token(mark_, prefix + "valid expression required before '}'");
    default:
      break;
  }
  if (!annotated_rhs()) {
    raise_next(prefix + "expecting a valid expression after '{'");
  }
  const auto after_value = peek();
  if (after_value != T::equal && after_value != T::exclamation && after_value != T::colon &&
      after_value != T::rbrace) {
    raise_next(prefix + "expecting '=', or '!', or ':', or '}'");
  }
  if (take(T::equal)) {
    const auto kind = peek();
    if (kind != T::exclamation && kind != T::colon && kind != T::rbrace) {
      raise_next(prefix + "expecting '!', or ':', or '}'");
    }
  }
  if (take(T::exclamation)) {
    if (next_is(T::colon) || next_is(T::rbrace)) {
      raise_next(prefix + "missing conversion character");
    }
    if (!next_is(T::name)) {
      raise_next(prefix + "invalid conversion character");
    }
    take(T::name);
  }
  if (!next_is(T::colon) && !next_is(T::rbrace)) {
    raise_next(prefix + "expecting ':' or '}'");
  }
  if (take(T::colon)) {
    // The specification of a t-string too is looked through as an f-string's here.
    many([&] { return take(T::fstring_middle) || replacement_field(false); });
    if (!next_is(T::rbrace)) {
      raise_next(prefix + "expecting '}', or format specs");
    }
  }
  mark_ = first;
}

}  // namespace sallyport::validators::python::diagnosis
