// Source handling, lexer and literals: any bytes, in any version. The tokens must tile the text in order.
#include "validators/python/identifier.hpp"
#include "validators/python/lexer.hpp"
#include "validators/python/number_literal.hpp"
#include "validators/python/source.hpp"
#include "validators/python/string_literal.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <variant>

namespace {

using namespace sallyport::validators::python;

// Ends the run: a promise is broken.
void require(bool kept) {
  if (!kept) {
    std::abort();
  }
}

void check_literal(const Tokens& tokens, const Token& token, Version version, Arena& arena) {
  const auto text = tokens.text_of(token);
  std::vector<SyntaxWarning> warnings;
  StringDecoder decoder(version, arena, warnings);
  switch (token.kind) {
    case TokenKind::name:
      require(!normalised(text, arena).empty());
      break;
    case TokenKind::number:
      static_cast<void>(check_digit_limit(text, version));
      break;
    case TokenKind::string: {
      const auto value = decoder.decode(split_string(text), token.line);
      require(value.has_value() != decoder.error().has_value());
      break;
    }
    case TokenKind::fstring_middle:
    case TokenKind::tstring_middle: {
      const auto value = decoder.decode_middle(text, false, token.line);
      require(value.has_value() != decoder.error().has_value());
      break;
    }
    default:
      break;
  }
}

void check_tokens(const Tokens& tokens, Version version) {
  Arena arena;
  require(!tokens.list.empty() && !tokens.line_begins.empty());
  std::uint32_t last = 0;
  for (const auto& token : tokens.list) {
    require(token.begin <= token.end && token.end <= tokens.text.size());
    require(token.line >= 1 && token.line <= tokens.line_begins.size());
    if (token.kind == TokenKind::error) {
      continue;
    }
    require(token.begin >= last);
    last = token.end;
    const auto place = tokens.location_of(token);
    require(place.line <= place.end_line && place.end_line <= tokens.line_begins.size());
    require(tokens.line_begins[place.line - 1] + place.column == token.begin);
    check_literal(tokens, token, version, arena);
  }
  require((tokens.list.back().kind == TokenKind::error) == tokens.error.has_value());
  if (!tokens.error) {
    require(tokens.list.back().kind == TokenKind::end_marker);
  }
}

}  // namespace

// The first byte picks version and kind of source.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) {
    return 0;
  }
  const auto version = static_cast<Version>(static_cast<unsigned>(oldest_version) + data[0] % 6U);
  const auto kind = data[0] < 128 ? SourceKind::text : SourceKind::bytes;
  const std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);
  check_tokens(lex(input, version), version);
  const auto decoded = decode(input, kind, version);
  if (const auto* const text = std::get_if<std::string>(&decoded)) {
    check_tokens(lex(*text, version), version);
  }
  return 0;
}
