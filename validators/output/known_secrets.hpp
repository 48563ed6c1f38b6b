// Secrets that are known before the output is: values that came in with a submission, and the operator's
// canaries.
#pragma once

#include "validators/output/rule.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::validators::output {

inline constexpr std::size_t shortest_known_secret = 6;
inline constexpr std::size_t longest_known_secret = 4096;
inline constexpr std::size_t most_known_secrets = 64;
inline constexpr std::size_t shortest_canary = 8;
inline constexpr std::size_t longest_canary = 512;

// The text values of a JSON object that are named like secrets ("password", "api_key", "dbToken", ...), at
// any depth up to 16, and everything below such a name. Values shorter than `shortest_known_secret`,
// placeholders and duplicates are left out; at most `most_known_secrets`. Nothing for a text that is no JSON.
std::vector<std::string> secrets_of_context(std::string_view json);

// Whether a name says that its value is a secret.
bool is_secret_name(std::string_view name);

// How a value may be written: as it is, reversed, as JSON text, URL-encoded, in hex of both cases, in both
// alphabets of base64 at the three alignments that it can have within a longer text. Forms shorter than
// `least` bytes are left out.
std::vector<std::string> forms_of(std::string_view value, std::size_t least);

// The entry of a canary for a rule file: "length:fingerprint:sha256" of each form.
std::vector<std::string> hash_canary(std::string_view value);
// Reads one of these.
std::optional<CanaryForm> read_canary_form(std::string_view text);

// The hash by which windows of a canary's length are tested, byte by byte.
class RollingHash {
 public:
  explicit RollingHash(std::size_t length);
  void add(unsigned char byte) { value_ = value_ * base + byte + 1; }
  void slide(unsigned char out, unsigned char in) { value_ = (value_ - (out + 1U) * power_) * base + in + 1; }
  void clear() { value_ = 0; }
  [[nodiscard]] std::uint16_t fingerprint() const {
    return static_cast<std::uint16_t>((value_ ^ (value_ >> 15U)) * 0x2C1B3C6DU >> 16U);
  }

 private:
  static constexpr std::uint32_t base = 0x01000193;
  std::uint32_t value_ = 0;
  std::uint32_t power_ = 1;  // of the byte that leaves the window
};

}  // namespace sallyport::validators::output
