// What makes a text that looks like a secret one: check digits, shapes, and what people write in place of a
// secret.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace sallyport::validators::output {

enum class Check : std::uint8_t {
  luhn,
  ssn,
  iban,
  jwt,
  aws_key_id,
  aws_secret,
  github_crc,
  basic_auth,
  pem,
  not_hex_digest,
  not_uuid,
  not_placeholder,
  not_expression,
  mixed,
  strong,
  random,
};

// The names of the rule file, in the order of `Check`.
std::span<const std::string_view> check_names();
std::optional<Check> check_from(std::string_view name);

// Whether the secret stands the check. Linear in its length.
bool passes(Check check, std::string_view secret);

// Shannon entropy of the bytes, in bits a byte.
double entropy(std::string_view text);

}  // namespace sallyport::validators::output
