#include "validators/python/unicode_names.hpp"

#include "validators/python/unicode_aliases.hpp"
#include "validators/python/unicode_version.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <unicode/uchar.h>
#include <utility>
#include <vector>

namespace sallyport::validators::python {
namespace {

constexpr std::size_t longest_name = 96;

constexpr std::string_view hangul_prefix = "HANGUL SYLLABLE ";
constexpr std::string_view ideograph_prefix = "CJK UNIFIED IDEOGRAPH-";

char upper(char c) {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

std::string name_of(std::uint32_t code) {
  std::array<char, 2 * longest_name> buffer{};
  UErrorCode status = U_ZERO_ERROR;
  const auto length = u_charName(static_cast<UChar32>(code), U_UNICODE_CHAR_NAME, buffer.data(),
                                 static_cast<int32_t>(buffer.size()), &status);
  return U_SUCCESS(status) ? std::string(buffer.data(), static_cast<std::size_t>(length)) : std::string();
}

// The names that follow no rule, hashed once a process: ICU itself would go through all of them for every
// question.
class NameIndex {
 public:
  NameIndex() : slots_(slot_count) {
    // Around the ideographs and syllables, whose names have rules.
    constexpr std::array<std::pair<UChar32, UChar32>, 6> ranges{{{0, 0x3400},
                                                                 {0x4DC0, 0x4E00},
                                                                 {0xA000, 0xAC00},
                                                                 {0xD7A4, 0x17000},
                                                                 {0x18800, 0x20000},
                                                                 {0x2F800, 0x30000}}};
    for (const auto& [begin, end] : ranges) {
      add_range(begin, end);
    }
    add_range(0xE0000, 0xE1000);
  }

  [[nodiscard]] std::optional<std::uint32_t> find(std::string_view upper_name) const {
    for (auto slot = hash(upper_name) % slot_count; slots_[slot] != 0; slot = (slot + 1) % slot_count) {
      if (name_of(slots_[slot]) == upper_name) {
        return slots_[slot];
      }
    }
    return std::nullopt;
  }

 private:
  static constexpr std::size_t slot_count = 1U << 17;

  static std::size_t hash(std::string_view name) {
    std::uint64_t value = 0xCBF29CE484222325;
    for (const char c : name) {
      value = (value ^ static_cast<unsigned char>(c)) * 0x100000001B3;
    }
    return static_cast<std::size_t>(value ^ value >> 32);
  }

  void add_range(UChar32 begin, UChar32 end) {
    const auto add = [](void* self, UChar32 code, UCharNameChoice, const char* name,
                        int32_t length) -> UBool {
      static_cast<NameIndex*>(self)->add(static_cast<std::uint32_t>(code),
                                         {name, static_cast<std::size_t>(length)});
      return true;
    };
    UErrorCode status = U_ZERO_ERROR;
    u_enumCharNames(begin, end, add, this, U_UNICODE_CHAR_NAME, &status);
  }

  void add(std::uint32_t code, std::string_view name) {
    if (name.starts_with("TANGUT IDEOGRAPH-")) {
      return;
    }  // CPython does not know these
    if (++count_ > slot_count / 2) {
      return;
    }  // room for twice the names of today
    auto slot = hash(name) % slot_count;
    while (slots_[slot] != 0) {
      slot = (slot + 1) % slot_count;
    }
    slots_[slot] = code;
  }

  std::vector<std::uint32_t> slots_;  // U+0000 has no name, so 0 is free
  std::size_t count_ = 0;
};

std::optional<std::uint32_t> alias(std::string_view upper_name) {
  const auto* const found =
      std::lower_bound(unicode_aliases.begin(), unicode_aliases.end(), upper_name,
                       [](const UnicodeAlias& entry, std::string_view name) { return entry.name < name; });
  if (found == unicode_aliases.end() || found->name != upper_name) {
    return std::nullopt;
  }
  return found->code;
}

// The short names of the Jamo, of which the names of the syllables are made.
constexpr std::array<std::string_view, 19> leading = {"G",  "GG", "N", "D",  "DD", "R", "M", "B", "BB", "S",
                                                      "SS", "",   "J", "JJ", "C",  "K", "T", "P", "H"};
constexpr std::array<std::string_view, 21> vowels = {"A",   "AE", "YA", "YAE", "EO", "E",  "YEO",
                                                     "YE",  "O",  "WA", "WAE", "OE", "YO", "U",
                                                     "WEO", "WE", "WI", "YU",  "EU", "YI", "I"};
constexpr std::array<std::string_view, 28> trailing = {
    "",   "G",  "GG", "GS", "N",  "NJ", "NH", "D",  "L", "LG", "LM", "LB", "LS", "LT",
    "LP", "LH", "M",  "B",  "BS", "S",  "SS", "NG", "J", "C",  "K",  "T",  "P",  "H"};

// Takes the longest of the names that `text` begins with off it. Its index, or nothing.
template <std::size_t Size>
std::optional<std::uint32_t> take_longest(const std::array<std::string_view, Size>& names,
                                          std::string_view& text) {
  std::optional<std::uint32_t> best;
  std::size_t length = 0;
  for (std::uint32_t i = 0; i < Size; ++i) {
    if (text.starts_with(names[i]) && (!best || names[i].size() > length)) {
      best = i;
      length = names[i].size();
    }
  }
  text.remove_prefix(length);
  return best;
}

std::optional<std::uint32_t> hangul_syllable(std::string_view name) {
  const auto l = take_longest(leading, name);
  const auto v = take_longest(vowels, name);
  const auto t = take_longest(trailing, name);
  if (!l || !v || !t || !name.empty()) {
    return std::nullopt;
  }
  return 0xAC00 + static_cast<std::uint32_t>((*l * vowels.size() + *v) * trailing.size() + *t);
}

std::optional<std::uint32_t> ideograph(std::string_view digits) {
  if (digits.size() != 4 && digits.size() != 5) {
    return std::nullopt;
  }
  std::uint32_t code = 0;
  for (const char c : digits) {
    const bool decimal = c >= '0' && c <= '9';
    if (!decimal && (c < 'A' || c > 'F')) {
      return std::nullopt;
    }
    code = code << 4 | static_cast<std::uint32_t>(decimal ? c - '0' : c - 'A' + 10);
  }
  return name_of(code).starts_with(ideograph_prefix) ? std::optional(code) : std::nullopt;
}

std::optional<std::uint32_t> find_character(std::string_view name) {
  if (name.size() > longest_name) {
    return std::nullopt;
  }
  if (name.starts_with(hangul_prefix)) {
    return hangul_syllable(name.substr(hangul_prefix.size()));
  }
  if (name.starts_with(ideograph_prefix)) {
    return ideograph(name.substr(ideograph_prefix.size()));
  }
  std::string upper_name(name);
  std::transform(upper_name.begin(), upper_name.end(), upper_name.begin(), upper);
  if (const auto code = alias(upper_name)) {
    return code;
  }
  static const NameIndex index;
  return index.find(upper_name);
}

}  // namespace

std::optional<std::uint32_t> character_named(std::string_view name, Version version) {
  const auto code = find_character(name);
  return code && is_known_character(*code, version) ? code : std::nullopt;
}

}  // namespace sallyport::validators::python
