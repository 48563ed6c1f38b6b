#include "validators/python/version.hpp"

#include <array>

namespace sallyport::validators::python {
namespace {
constexpr std::array<std::string_view, 6> names = {"3.9", "3.10", "3.11", "3.12", "3.13", "3.14"};

bool is_number(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}
}  // namespace

std::optional<Version> version_from(std::string_view text) {
  const auto second_dot = text.find('.', text.find('.') + 1);
  if (second_dot != std::string_view::npos && !is_number(text.substr(second_dot + 1))) {
    return std::nullopt;
  }
  const auto name = text.substr(0, second_dot);
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i] == name) {
      return static_cast<Version>(static_cast<std::size_t>(oldest_version) + i);
    }
  }
  return std::nullopt;
}

std::string_view to_string(Version version) {
  return names[static_cast<std::size_t>(version) - static_cast<std::size_t>(oldest_version)];
}

}  // namespace sallyport::validators::python
