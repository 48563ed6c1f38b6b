#include "validators/python/identifier.hpp"

#include "validators/python/unicode_version.hpp"
#include "validators/python/utf8.hpp"

#include <algorithm>
#include <string>
#include <unicode/bytestream.h>
#include <unicode/normalizer2.h>
#include <unicode/stringpiece.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>
#include <vector>

namespace sallyport::validators::python {
namespace {

UChar32 as_icu(std::uint32_t code) {
  return static_cast<UChar32>(code);
}

// Unicode 15.1 let these stand within identifiers (the joiners, the Katakana middle dots), and added an
// extension of ideographs. An ICU with older tables does not know.
bool continues_names_since_15_1(std::uint32_t code) {
  return code == 0x200C || code == 0x200D || code == 0x30FB || code == 0xFF65;
}
bool is_ideograph_of_15_1(std::uint32_t code) {
  return code >= 0x2EBF0 && code <= 0x2EE5D;
}

bool fits_in_name(std::uint32_t code, bool first, Version version) {
  const bool as_of_15_1 = version >= Version::v3_13;
  if (is_ideograph_of_15_1(code)) {
    return as_of_15_1;
  }
  if (continues_names_since_15_1(code)) {
    return as_of_15_1 && !first;
  }
  return u_hasBinaryProperty(as_icu(code), first ? UCHAR_XID_START : UCHAR_XID_CONTINUE) &&
         is_known_character(code, version);
}

// ICU puts marks in order by insertion, which takes quadratic time where thousands of them follow one letter.
// Names beyond this many bytes are decomposed and sorted first.
constexpr std::size_t longest_unsorted = 256;

std::string decomposed_in_order(std::string_view spelled, const icu::Normalizer2& nfkd) {
  struct Decomposed {
    UChar32 code;
    std::uint8_t combining_class;
  };
  std::vector<Decomposed> characters;
  characters.reserve(spelled.size());
  const auto add = [&](UChar32 code) { characters.push_back({code, u_getCombiningClass(code)}); };
  icu::UnicodeString decomposition;
  while (!spelled.empty()) {
    const auto character = first_character(spelled);
    spelled.remove_prefix(character.size);
    if (nfkd.getDecomposition(as_icu(character.code), decomposition)) {
      for (int32_t i = 0; i < decomposition.length(); i = decomposition.moveIndex32(i, 1)) {
        add(decomposition.char32At(i));
      }
    } else {
      add(as_icu(character.code));
    }
  }
  const auto is_starter = [](const Decomposed& character) { return character.combining_class == 0; };
  for (auto run = characters.begin(); run != characters.end();) {
    run = std::find_if_not(run, characters.end(), is_starter);
    const auto end = std::find_if(run, characters.end(), is_starter);
    std::stable_sort(run, end, [](const Decomposed& a, const Decomposed& b) {
      return a.combining_class < b.combining_class;
    });
    run = end;
  }
  std::string text;
  text.reserve(characters.size() * 3);
  for (const auto& character : characters) {
    append_utf8(text, static_cast<std::uint32_t>(character.code));
  }
  return text;
}

// Unicode's quick check: true only of what NFKC leaves alone.
bool is_surely_normalised(std::string_view text) {
  std::uint8_t last_class = 0;
  while (!text.empty()) {
    const auto character = first_character(text);
    text.remove_prefix(character.size);
    if (character.code < 128) {
      last_class = 0;
      continue;
    }
    const auto code = as_icu(character.code);
    const auto combining_class = u_getCombiningClass(code);
    if (combining_class != 0 && combining_class < last_class) {
      return false;
    }
    if (u_getIntPropertyValue(code, UCHAR_NFKC_QUICK_CHECK) != UNORM_YES) {
      return false;
    }
    last_class = combining_class;
  }
  return true;
}

std::string_view normalised_by_icu(std::string_view spelled, Arena& arena) {
  UErrorCode status = U_ZERO_ERROR;
  const auto* const nfkc = icu::Normalizer2::getNFKCInstance(status);
  const auto* const nfkd = icu::Normalizer2::getNFKDInstance(status);
  if (U_FAILURE(status)) {
    return spelled;
  }
  std::string ordered;
  std::string_view source = spelled;
  if (spelled.size() > longest_unsorted) {
    source = ordered = decomposed_in_order(spelled, *nfkd);
  }
  const icu::StringPiece piece(source.data(), static_cast<int32_t>(source.size()));
  std::string result;
  icu::StringByteSink<std::string> sink(&result);
  nfkc->normalizeUTF8(0, piece, sink, nullptr, status);
  return U_FAILURE(status) || result == spelled ? spelled : arena.copy(result);
}

}  // namespace

std::string_view normalised(std::string_view spelled, Arena& arena) {
  return is_ascii(spelled) || is_surely_normalised(spelled) ? spelled : normalised_by_icu(spelled, arena);
}

std::optional<std::size_t> find_invalid_in_identifier(std::string_view text, Version version) {
  for (std::size_t at = 0; at < text.size();) {
    const auto character = first_character(text.substr(at));
    const auto code = as_icu(character.code);
    bool fits = character.valid;
    if (character.code < 128) {
      fits = character.code == '_' || u_isalpha(code) || (at > 0 && u_isdigit(code));
    } else if (fits) {
      fits = fits_in_name(character.code, at == 0, version);
    }
    if (!fits) {
      return at;
    }
    at += character.size;
  }
  return text.empty() ? std::optional<std::size_t>(0) : std::nullopt;
}

bool is_printable(std::uint32_t code, Version version) {
  if (code == ' ' || (is_ideograph_of_15_1(code) && version >= Version::v3_13)) {
    return true;
  }
  if (!is_known_character(code, version)) {
    return false;
  }
  switch (u_charType(as_icu(code))) {
    case U_UNASSIGNED:
    case U_CONTROL_CHAR:
    case U_FORMAT_CHAR:
    case U_SURROGATE:
    case U_PRIVATE_USE_CHAR:
    case U_LINE_SEPARATOR:
    case U_PARAGRAPH_SEPARATOR:
    case U_SPACE_SEPARATOR:
      return false;
    default:
      return true;
  }
}

}  // namespace sallyport::validators::python
