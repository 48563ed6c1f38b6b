// A value as an operator wrote it, before it is known to fit its key. Inside the module only.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

namespace sallyport::config {

struct Null {};
struct List {};
struct Object {};

/// A number that is no 64-bit integer. Its text is kept so that a message shows what was written.
struct Real {
  double value = 0;
  std::string text;
};

using Value = std::variant<Null, bool, std::int64_t, std::uint64_t, Real, std::string, List, Object>;

/// The value as a message shows it: long strings cut, everything on one line.
std::string describe(const Value& value);

/// `text` as a JSON string literal. Invalid UTF-8 becomes U+FFFD.
std::string json_string(std::string_view text);

/// `text` without control characters and invalid UTF-8 and with at most about `limit` bytes: fit for a
/// message.
std::string printable(std::string_view text, std::size_t limit);

/// A text that reads back as the same number: 30, 0.5, 1e+300.
std::string number_text(double value);

/// Whether `text` is valid UTF-8 without control characters.
bool is_plain_text(std::string_view text);

}  // namespace sallyport::config
