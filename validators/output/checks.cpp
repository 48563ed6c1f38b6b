#include "validators/output/checks.hpp"

#include "validators/output/characters.hpp"
#include "validators/output/numbers.hpp"
#include "validators/output/placeholders.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <string>

namespace sallyport::validators::output {
namespace {

constexpr std::array<std::string_view, 16> names{
    "luhn",       "ssn",   "iban",           "jwt",      "aws_key_id",      "aws_secret",     "github_crc",
    "basic_auth", "pem",   "not_hex_digest", "not_uuid", "not_placeholder", "not_expression", "mixed",
    "strong",     "random"};

bool is_hex(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

struct Makeup {
  std::size_t small = 0;
  std::size_t capital = 0;
  std::size_t digit = 0;
  std::size_t other = 0;
};

// Small letters, capitals, digits or other bytes.
int kind_of(char c) {
  if (is_digit(c)) {
    return 0;
  }
  if (is_small(c)) {
    return 1;
  }
  return is_capital(c) ? 2 : 3;
}

bool is_mixed(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [text](char c) { return kind_of(c) != kind_of(text.front()); });
}

Makeup makeup_of(std::string_view text) {
  Makeup makeup;
  for (const char c : text) {
    if (is_small(c)) {
      ++makeup.small;
    } else if (is_capital(c)) {
      ++makeup.capital;
    } else if (is_digit(c)) {
      ++makeup.digit;
    } else {
      ++makeup.other;
    }
  }
  return makeup;
}

// The value of a digit of base64, of either alphabet; 64 for others.
unsigned base64_value(char c) {
  if (is_capital(c)) return static_cast<unsigned>(c - 'A');
  if (is_small(c)) return static_cast<unsigned>(c - 'a') + 26;
  if (is_digit(c)) return static_cast<unsigned>(c - '0') + 52;
  if (c == '+' || c == '-') return 62;
  if (c == '/' || c == '_') return 63;
  return 64;
}

// Decodes as far as the text is base64.
std::string decoded(std::string_view text) {
  std::string result;
  unsigned bits = 0;
  int count = 0;
  for (const char c : text) {
    const unsigned value = base64_value(c);
    if (value > 63) {
      break;
    }
    bits = (bits << 6U) | value;
    count += 6;
    if (count >= 8) {
      count -= 8;
      result += static_cast<char>((bits >> static_cast<unsigned>(count)) & 0xFFU);
    }
  }
  return result;
}

bool is_jwt(std::string_view text) {
  const auto dot = text.find('.');
  if (dot > 4096) {  // Or is not there.
    return false;
  }
  const std::string header = decoded(text.substr(0, dot));
  const auto begin = header.find_first_not_of(" \t\r\n");
  if (begin == std::string::npos || header[begin] != '{') {
    return false;
  }
  return header.find("\"alg\"") != std::string::npos || header.find("\"typ\"") != std::string::npos ||
         header.find("\"enc\"") != std::string::npos;
}

bool is_aws_key_id(std::string_view text) {
  constexpr std::array<std::string_view, 10> prefixes{"AKIA", "ASIA", "ABIA", "ACCA", "AGPA",
                                                      "AIDA", "AIPA", "ANPA", "ANVA", "AROA"};
  if (text.size() != 20 || text.ends_with("EXAMPLE") ||
      std::find(prefixes.begin(), prefixes.end(), text.substr(0, 4)) == prefixes.end()) {
    return false;
  }
  return std::all_of(text.begin() + 4, text.end(),
                     [](char c) { return is_capital(c) || (c >= '2' && c <= '7'); });
}

bool is_hex_digest(std::string_view text) {
  if (text.starts_with("0x")) {
    text.remove_prefix(2);
  }
  constexpr std::array<std::size_t, 7> lengths{32, 40, 48, 56, 64, 96, 128};
  return std::find(lengths.begin(), lengths.end(), text.size()) != lengths.end() &&
         std::all_of(text.begin(), text.end(), is_hex);
}

bool is_uuid(std::string_view text) {
  if (text.size() != 36) {
    return false;
  }
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? text[i] != '-' : !is_hex(text[i])) {
      return false;
    }
  }
  return true;
}

// Words with separators between them, each all letters: what a path or a name is made of.
bool is_words(std::string_view text) {
  std::size_t longest_word = 0;
  std::size_t changes = 0;
  std::size_t run = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (is_digit(c)) {
      ++changes;
      run = 0;
    } else if (is_small(c) || is_capital(c)) {
      // A capital behind a small letter begins a word, one in the middle of nowhere is chance.
      if (i > 0 && is_capital(c) && is_capital(text[i - 1])) {
        ++changes;
      }
      run = is_capital(c) ? 1 : run + 1;
      longest_word = std::max(longest_word, run);
    } else {
      run = 0;
    }
  }
  return longest_word >= 6 && changes * 5 < text.size();
}

bool is_aws_secret(std::string_view text) {
  const auto makeup = makeup_of(text);
  return text.size() == 40 && makeup.small > 0 && makeup.capital > 0 && makeup.digit > 0 &&
         std::all_of(text.begin(), text.end(), [](char c) { return base64_value(c) < 64 || c == '='; }) &&
         !is_words(text);
}

std::uint32_t crc32(std::string_view text) {
  std::uint32_t crc = 0xFFFFFFFFU;
  for (const char c : text) {
    crc ^= static_cast<unsigned char>(c);
    for (int bit = 0; bit < 8; ++bit) {
      crc = (crc >> 1U) ^ ((crc & 1U) != 0 ? 0xEDB88320U : 0U);
    }
  }
  return ~crc;
}

// What GitHub and npm append: the CRC-32 of the random part, as six digits of base62.
bool has_github_crc(std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  const auto begin = text.rfind('_');
  if (begin == std::string_view::npos || text.size() - begin < 8) {
    return false;
  }
  std::uint32_t crc = crc32(text.substr(begin + 1, text.size() - begin - 7));
  for (std::size_t i = 0; i < 6; ++i) {
    if (text[text.size() - 1 - i] != digits[crc % 62]) {
      return false;
    }
    crc /= 62;
  }
  return true;
}

bool is_basic_auth(std::string_view text) {
  const std::string pair = decoded(text);
  const auto colon = pair.find(':');
  return colon != std::string::npos && colon + 1 < pair.size() &&
         std::all_of(pair.begin(), pair.end(),
                     [](char c) { return static_cast<unsigned char>(c) >= 0x20 && c != 0x7F; });
}

// A password as people choose it or generators make it, not a word of prose.
bool is_strong(std::string_view text) {
  const auto makeup = makeup_of(text);
  const std::size_t letters = makeup.small + makeup.capital;
  if (makeup.digit == 0 || letters == 0) {
    return false;
  }
  if (text.size() >= 8) {
    return true;
  }
  const auto first_digit =
      static_cast<std::size_t>(std::find_if(text.begin(), text.end(), is_digit) - text.begin());
  return makeup.other > 0 || first_digit < letters;
}

bool is_random(std::string_view text) {
  const auto makeup = makeup_of(text);
  if (makeup.digit == 0 || makeup.small + makeup.capital == 0 || is_words(text)) {
    return false;
  }
  // Dates, versions, paths: much punctuation for the letters.
  return makeup.other * 4 <= text.size();
}

}  // namespace

std::span<const std::string_view> check_names() {
  return names;
}

std::optional<Check> check_from(std::string_view name) {
  const auto* const found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) {
    return std::nullopt;
  }
  return static_cast<Check>(found - names.begin());
}

bool passes(Check check, std::string_view secret) {
  switch (check) {
    case Check::luhn:
      return is_card_number(secret);
    case Check::ssn:
      return is_social_security_number(secret);
    case Check::iban:
      return is_iban(secret);
    case Check::jwt:
      return is_jwt(secret);
    case Check::aws_key_id:
      return is_aws_key_id(secret);
    case Check::aws_secret:
      return is_aws_secret(secret);
    case Check::github_crc:
      return has_github_crc(secret);
    case Check::basic_auth:
      return is_basic_auth(secret);
    case Check::pem:
      return true;
    case Check::not_hex_digest:
      return !is_hex_digest(secret);
    case Check::not_uuid:
      return !is_uuid(secret);
    case Check::not_placeholder:
      return !is_placeholder(secret);
    case Check::not_expression:
      return !is_expression(secret);
    case Check::mixed:
      return is_mixed(secret);
    case Check::strong:
      return is_strong(secret);
    case Check::random:
      return is_random(secret);
  }
  return true;
}

double entropy(std::string_view text) {
  if (text.empty()) {
    return 0;
  }
  std::array<std::uint16_t, 256> counts{};
  for (const char c : text) {
    ++counts[static_cast<unsigned char>(c)];
  }
  // H = log2(n) - sum(c * log2(c)) / n; most counts are 1 and add nothing.
  static const auto of_few = [] {
    std::array<double, 16> sums{};
    for (std::size_t count = 2; count < sums.size(); ++count) {
      sums.at(count) = static_cast<double>(count) * std::log2(count);
    }
    return sums;
  }();
  double sum = 0;
  const auto add = [&sum](std::uint16_t& count) {
    if (count > 1) {
      sum += count < of_few.size() ? of_few[count] : count * std::log2(count);
    }
    count = 0;
  };
  if (text.size() > counts.size() / 2) {
    std::for_each(counts.begin(), counts.end(), add);
  } else {
    std::for_each(text.begin(), text.end(), [&](char c) { add(counts[static_cast<unsigned char>(c)]); });
  }
  const auto size = static_cast<double>(text.size());
  return std::log2(size) - sum / size;
}

}  // namespace sallyport::validators::output
