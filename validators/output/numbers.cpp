#include "validators/output/numbers.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace sallyport::validators::output {
namespace {

struct Digits {
  std::array<std::uint8_t, 20> digits{};
  std::size_t count = 0;

  // The first `length` digits as a number.
  [[nodiscard]] unsigned leading(std::size_t length) const { return part(0, length); }
  [[nodiscard]] unsigned part(std::size_t begin, std::size_t length) const {
    unsigned value = 0;
    for (std::size_t i = begin; i < begin + length; ++i) {
      value = value * 10 + digits.at(i);
    }
    return value;
  }
};

// Nothing else than digits and separators; at most 19 digits, else a count of 0.
Digits digits_of(std::string_view text) {
  Digits result;
  for (const char c : text) {
    if (c >= '0' && c <= '9') {
      if (result.count == 19) {
        return {};
      }
      result.digits.at(result.count++) = static_cast<std::uint8_t>(c - '0');
    } else if (c != ' ' && c != '-' && c != '.') {
      return {};
    }
  }
  return result;
}

bool has_luhn_digit(const Digits& number) {
  unsigned sum = 0;
  for (std::size_t i = 0; i < number.count; ++i) {
    unsigned digit = number.digits.at(number.count - 1 - i);
    if (i % 2 == 1) {
      digit = digit > 4 ? digit * 2 - 9 : digit * 2;
    }
    sum += digit;
  }
  return sum % 10 == 0;
}

struct Network {
  unsigned first;  // of the leading digits
  unsigned last;
  std::size_t leading;
  std::size_t least;  // digits of a number
  std::size_t most;
};

constexpr std::array<Network, 24> networks{{
    {4, 4, 1, 13, 13},            // Visa, old
    {4, 4, 1, 16, 16},            // Visa
    {4, 4, 1, 19, 19},            //
    {51, 55, 2, 16, 16},          // Mastercard
    {2221, 2720, 4, 16, 16},      //
    {34, 34, 2, 15, 15},          // American Express
    {37, 37, 2, 15, 15},          //
    {300, 305, 3, 14, 14},        // Diners Club
    {3095, 3095, 4, 14, 14},      //
    {36, 36, 2, 14, 14},          //
    {38, 39, 2, 14, 14},          //
    {6011, 6011, 4, 16, 19},      // Discover
    {644, 649, 3, 16, 19},        //
    {65, 65, 2, 16, 19},          //
    {622126, 622925, 6, 16, 19},  //
    {3528, 3589, 4, 16, 19},      // JCB
    {62, 62, 2, 16, 19},          // UnionPay
    {5018, 5018, 4, 12, 19},      // Maestro
    {5020, 5020, 4, 12, 19},      //
    {5038, 5038, 4, 12, 19},      //
    {5893, 5893, 4, 12, 19},      //
    {6304, 6304, 4, 12, 19},      //
    {6759, 6763, 4, 12, 19},      //
    {2200, 2204, 4, 16, 19},      // Mir
}};

bool is_of_a_network(const Digits& number) {
  return std::any_of(networks.begin(), networks.end(), [&](const Network& network) {
    const unsigned leading = number.leading(network.leading);
    return number.count >= network.least && number.count <= network.most && leading >= network.first &&
           leading <= network.last;
  });
}

bool all_same(const Digits& number, std::size_t begin) {
  return std::all_of(number.digits.begin() + static_cast<std::ptrdiff_t>(begin),
                     number.digits.begin() + static_cast<std::ptrdiff_t>(number.count),
                     [&](std::uint8_t digit) { return digit == number.digits.at(begin); });
}

struct Country {
  std::string_view code;
  std::size_t length;
};

constexpr std::array<Country, 77> countries{{
    {"AD", 24}, {"AE", 23}, {"AL", 28}, {"AT", 20}, {"AZ", 28}, {"BA", 20}, {"BE", 16}, {"BG", 22},
    {"BH", 22}, {"BR", 29}, {"BY", 28}, {"CH", 21}, {"CR", 22}, {"CY", 28}, {"CZ", 24}, {"DE", 22},
    {"DK", 18}, {"DO", 28}, {"EE", 20}, {"EG", 29}, {"ES", 24}, {"FI", 18}, {"FO", 18}, {"FR", 27},
    {"GB", 22}, {"GE", 22}, {"GI", 23}, {"GL", 18}, {"GR", 27}, {"GT", 28}, {"HR", 21}, {"HU", 28},
    {"IE", 22}, {"IL", 23}, {"IQ", 23}, {"IS", 26}, {"IT", 27}, {"JO", 30}, {"KW", 30}, {"KZ", 20},
    {"LB", 28}, {"LC", 32}, {"LI", 21}, {"LT", 20}, {"LU", 20}, {"LV", 21}, {"LY", 25}, {"MC", 27},
    {"MD", 24}, {"ME", 22}, {"MK", 19}, {"MR", 27}, {"MT", 31}, {"MU", 30}, {"NL", 18}, {"NO", 15},
    {"PK", 24}, {"PL", 28}, {"PS", 29}, {"PT", 25}, {"QA", 29}, {"RO", 24}, {"RS", 22}, {"SA", 24},
    {"SC", 31}, {"SD", 18}, {"SE", 24}, {"SI", 19}, {"SK", 24}, {"SM", 27}, {"ST", 25}, {"SV", 28},
    {"TL", 23}, {"TN", 24}, {"TR", 26}, {"UA", 29}, {"XK", 20},
}};

}  // namespace

bool is_card_number(std::string_view text) {
  const Digits number = digits_of(text);
  return number.count >= 12 && is_of_a_network(number) && has_luhn_digit(number) && !all_same(number, 0);
}

bool is_social_security_number(std::string_view text) {
  const Digits number = digits_of(text);
  if (number.count != 9) {
    return false;
  }
  const unsigned area = number.part(0, 3);
  const unsigned group = number.part(3, 2);
  const unsigned serial = number.part(5, 4);
  if (area == 0 || area == 666 || area >= 900 || group == 0 || serial == 0 || all_same(number, 0)) {
    return false;
  }
  // A wallet's sample card, a pamphlet's, advertising's (987-65-432x has no area), and what people count.
  constexpr std::array<unsigned, 4> printed{78051120, 219099999, 457555462, 123456789};
  return std::find(printed.begin(), printed.end(), number.leading(9)) == printed.end();
}

bool is_iban(std::string_view text) {
  std::array<char, 40> plain{};
  std::size_t size = 0;
  for (const char c : text) {
    const bool known = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z');
    if (known && size < plain.size()) {
      plain.at(size++) = c;
    } else if (c != ' ') {
      return false;
    }
  }
  const std::string_view iban(plain.data(), size);
  const auto* const country = std::find_if(countries.begin(), countries.end(),
                                           [&](const Country& each) { return iban.starts_with(each.code); });
  if (country == countries.end() || country->length != size) {
    return false;
  }
  unsigned remainder = 0;
  for (std::size_t i = 0; i < size; ++i) {
    const char c = iban[(i + 4) % size];
    remainder = c <= '9' ? (remainder * 10 + static_cast<unsigned>(c - '0')) % 97
                         : (remainder * 100 + static_cast<unsigned>(c - 'A') + 10) % 97;
  }
  return remainder == 1;
}

}  // namespace sallyport::validators::output
