#include "validators/python/source/encodings.hpp"

#include "validators/python/source/encoding_names.hpp"
#include "validators/python/source/single_byte_encodings.hpp"
#include "validators/python/utf8.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <unicode/ucnv.h>
#include <utility>

namespace sallyport::validators::python {
namespace {

// Finds by name in a sorted list.
template <class List>
const typename List::value_type* find_by_name(const List& list, std::string_view name) {
  const auto found =
      std::lower_bound(list.begin(), list.end(), name,
                       [](const auto& entry, std::string_view wanted) { return entry.name < wanted; });
  return found != list.end() && found->name == name ? &*found : nullptr;
}

// As the `encodings` package does it: lower case, and one underscore for what is neither letter nor digit nor
// dot.
std::string normalise(std::string_view name) {
  std::string result;
  bool separated = false;
  for (const char c : name) {
    if (c == '-' || c == '_') {
      separated = true;
      continue;
    }
    if (separated && !result.empty()) {
      result += '_';
    }
    separated = false;
    result += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return result;
}

const Encoding* find_encoding(std::string_view name, Version version) {
  auto normal = normalise(name);
  const auto* entry = find_by_name(encoding_names, normal);
  if (entry == nullptr) {
    std::replace(normal.begin(), normal.end(), '.', '_');
    entry = find_by_name(encoding_names, normal);
  }
  if (entry == nullptr || entry->since > version) {
    return nullptr;
  }
  return find_by_name(encodings, entry->encoding);
}

EncodingError undecodable(std::string_view codec, std::string_view bytes, std::size_t position,
                          std::string_view why) {
  constexpr std::string_view digits = "0123456789abcdef";
  const auto byte = static_cast<unsigned char>(bytes[position]);
  return {"'" + std::string(codec) + "' codec can't decode byte 0x" + digits[byte >> 4] + digits[byte & 15] +
          " in position " + std::to_string(position) + ": " + std::string(why)};
}

std::variant<std::string, EncodingError> decode_utf8(std::string_view bytes) {
  if (const auto invalid = find_invalid_utf8(bytes)) {
    return EncodingError{invalid->message};
  }
  return std::string(bytes);
}

std::variant<std::string, EncodingError> decode_single_byte(std::string_view bytes,
                                                            const SingleByteEncoding& encoding) {
  std::string text;
  text.reserve(bytes.size() + bytes.size() / 8);
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    const auto byte = static_cast<unsigned char>(bytes[at]);
    if (byte < 0x80) {
      text += bytes[at];
      continue;
    }
    const auto code = encoding.upper_half[byte - 0x80U];
    if (code == 0) {
      return encoding.name == "ascii" ? undecodable("ascii", bytes, at, "ordinal not in range(128)")
                                      : undecodable("charmap", bytes, at, "character maps to <undefined>");
    }
    append_utf8(text, code);
  }
  return text;
}

struct MultiByteConverter {
  std::string_view encoding;
  const char* icu;
};

constexpr std::array<MultiByteConverter, 11> multi_byte_converters{{{"big5", "Big5"},
                                                                    {"big5hkscs", "Big5-HKSCS"},
                                                                    {"cp932", "windows-31j"},
                                                                    {"cp949", "windows-949"},
                                                                    {"cp950", "windows-950"},
                                                                    {"euc_jp", "EUC-JP"},
                                                                    {"euc_kr", "EUC-KR"},
                                                                    {"gb18030", "gb18030"},
                                                                    {"gb2312", "EUC-CN"},
                                                                    {"gbk", "GBK"},
                                                                    {"shift_jis", "Shift_JIS"}}};

// ICU gives a meaning to more sequences than Python does: private characters and bytes as control characters.
// GB18030 has both.
bool is_invented(UChar32 code, std::string_view encoding) {
  return encoding != "gb18030" && ((code >= 0xE000 && code < 0xF900) || (code >= 0x80 && code < 0xA0));
}

std::variant<std::string, EncodingError> decode_multi_byte(std::string_view bytes,
                                                           std::string_view encoding) {
  const auto* const entry =
      std::find_if(multi_byte_converters.begin(), multi_byte_converters.end(),
                   [&](const MultiByteConverter& converter) { return converter.encoding == encoding; });
  const EncodingError unknown{"unknown encoding: " + std::string(encoding)};
  if (entry == multi_byte_converters.end()) {
    return unknown;
  }
  UErrorCode status = U_ZERO_ERROR;
  const std::unique_ptr<UConverter, decltype(&ucnv_close)> converter(ucnv_open(entry->icu, &status),
                                                                     &ucnv_close);
  if (U_FAILURE(status)) {
    return unknown;
  }
  ucnv_setToUCallBack(converter.get(), UCNV_TO_U_CALLBACK_STOP, nullptr, nullptr, nullptr, &status);

  std::string text;
  text.reserve(bytes.size() + bytes.size() / 2);
  const char* const end = bytes.data() + bytes.size();
  const char* at = bytes.data();
  while (at != end) {
    if (static_cast<unsigned char>(*at) < 0x80) {
      text += *at++;
      continue;
    }
    const auto position = static_cast<std::size_t>(at - bytes.data());
    status = U_ZERO_ERROR;
    const auto code = ucnv_getNextUChar(converter.get(), &at, end, &status);
    if (status == U_TRUNCATED_CHAR_FOUND) {
      return undecodable(encoding, bytes, position, "incomplete multibyte sequence");
    }
    if (U_FAILURE(status) || is_invented(code, encoding)) {
      return undecodable(encoding, bytes, position, "illegal multibyte sequence");
    }
    append_utf8(text, static_cast<std::uint32_t>(code));
  }
  return text;
}

}  // namespace

std::variant<std::string, EncodingError> decode_with(std::string_view bytes, std::string_view encoding,
                                                     Version version) {
  const auto* const found = find_encoding(encoding, version);
  if (found == nullptr) {
    return EncodingError{"unknown encoding: " + std::string(encoding)};
  }
  switch (found->kind) {
    case EncodingKind::utf8:
      return decode_utf8(bytes);
    case EncodingKind::single_byte:
      return decode_single_byte(bytes, *find_by_name(single_byte_encodings, found->name));
    case EncodingKind::multi_byte:
      return decode_multi_byte(bytes, found->name);
    case EncodingKind::not_text:
      return EncodingError{"'" + std::string(encoding) +
                           "' is not a text encoding; use codecs.decode() to handle arbitrary codecs"};
    case EncodingKind::undefined:
      return EncodingError{version >= Version::v3_12
                               ? "undefined encoding"
                               : "decoding with 'undefined' codec failed (UnicodeError: undefined encoding)"};
    case EncodingKind::refused:
      break;
  }
  return EncodingError{"encoding problem: " + std::string(encoding)};
}

}  // namespace sallyport::validators::python
