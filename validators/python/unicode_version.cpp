#include "validators/python/unicode_version.hpp"

#include <array>
#include <unicode/uchar.h>
#include <utility>

namespace sallyport::validators::python {
namespace {

// The major and minor number of the Unicode version of Python's `unicodedata`.
std::pair<int, int> unicode_of(Version version) {
  switch (version) {
    case Version::v3_9:
    case Version::v3_10:
      return {13, 0};
    case Version::v3_11:
      return {14, 0};
    case Version::v3_12:
      return {15, 0};
    case Version::v3_13:
      return {15, 1};
    case Version::v3_14:
      return {16, 0};
  }
  return {16, 0};
}

}  // namespace

bool is_known_character(std::uint32_t code, Version version) {
  std::array<std::uint8_t, U_MAX_VERSION_LENGTH> age{};
  u_charAge(static_cast<UChar32>(code), age.data());
  return age[0] != 0 && std::pair<int, int>(age[0], age[1]) <= unicode_of(version);
}

}  // namespace sallyport::validators::python
