// Numbers with rules of their own: payment cards, US Social Security numbers, IBANs. Separators (one ' ', '-'
// or '.' between digits) are left out.
#pragma once

#include <string_view>

namespace sallyport::validators::output {

// Prefix and length of a network that exists, and the Luhn check digit.
bool is_card_number(std::string_view text);

// By the rules of area, group and serial number; none of those that were printed for everybody to see.
bool is_social_security_number(std::string_view text);

// The length of the country, and the remainder of ISO 7064.
bool is_iban(std::string_view text);

}  // namespace sallyport::validators::output
