#include "validators/output/known_secrets.hpp"

#include "base/base64.hpp"
#include "base/sha256.hpp"
#include "validators/output/placeholders.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace sallyport::validators::output {
namespace {

using Json = nlohmann::json;

constexpr std::size_t deepest_context = 16;
constexpr std::string_view small_hex = "0123456789abcdef";
constexpr std::string_view capital_hex = "0123456789ABCDEF";

std::string in_hex(std::string_view bytes, std::string_view digits) {
  std::string result;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    result += digits[byte >> 4U];
    result += digits[byte & 15U];
  }
  return result;
}

std::string url_encoded(std::string_view bytes, std::string_view digits) {
  constexpr std::string_view plain = "-_.~";
  std::string result;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (letter || plain.find(c) != std::string_view::npos) {
      result += c;
    } else {
      result += '%';
      result += digits[byte >> 4U];
      result += digits[byte & 15U];
    }
  }
  return result;
}

// The part of the base64 of any text with `value` at an offset of `shift` modulo 3 that `value` alone
// decides.
std::string base64_inside(std::string_view value, std::size_t shift) {
  const std::string text = base::base64_encode(std::string(shift, 'x') + std::string(value));
  const std::size_t bits = (shift + value.size()) * 8;
  const std::size_t begin = (shift * 8 + 5) / 6;  // the first digit without bits of what stands before
  const std::size_t end = bits / 6;               // behind the last one without bits of what follows
  return begin < end ? text.substr(begin, end - begin) : std::string();
}

// What the name of a secret has in it, in small letters and without what joins words.
constexpr std::array<std::string_view, 21> secret_parts{
    "password",   "passwd",           "passphrase",  "secret",     "apikey", "accesskey",
    "privatekey", "authkey",          "signingkey",  "credential", "token",  "authorization",
    "bearer",     "connectionstring", "databaseurl", "dsn",        "cookie", "sessionid",
    "webhookurl", "encryptionkey",    "masterkey"};
constexpr std::array<std::string_view, 5> secret_words{"pass", "pwd", "pin", "auth", "key"};
constexpr std::array<std::string_view, 2> secret_ends{"pwd", "pass"};

// Of all those, what is common to several: a text without any of them has no such name.
constexpr std::array<std::string_view, 15> secret_stems{
    "pass",        "pwd",        "pin",    "auth",      "key",
    "secret",      "credential", "token",  "bearer",    "connectionstring",
    "databaseurl", "dsn",        "cookie", "sessionid", "webhookurl"};

template <class Names>
constexpr bool have_stems(const Names& names) {
  for (const std::string_view name : names) {
    bool found = false;
    for (const std::string_view stem : secret_stems)
      found = found || name.find(stem) != std::string_view::npos;
    if (!found) return false;
  }
  return true;
}
static_assert(have_stems(secret_parts) && have_stems(secret_words) && have_stems(secret_ends));

// In small letters, without what joins words: "apiKey", "api_key" and "API-KEY" are one.
std::string plain_name(std::string_view name) {
  std::string plain;
  plain.reserve(name.size());
  for (const char c : name) {
    if (c >= 'A' && c <= 'Z') {
      plain += static_cast<char>(c - 'A' + 'a');
    } else if (c != '_' && c != '-' && c != ' ' && c != '.') {
      plain += c;
    }
  }
  return plain;
}

template <class Parts>
bool has_any(const std::string& plain, const Parts& parts) {
  return std::any_of(parts.begin(), parts.end(),
                     [&plain](std::string_view part) { return plain.find(part) != std::string::npos; });
}

// Whether a name in this JSON may be a secret's: far cheaper to say than to read it. An escape may hide one.
bool may_name_secrets(std::string_view json) {
  return json.find('\\') != std::string_view::npos || has_any(plain_name(json), secret_stems);
}

void collect(const Json& json, bool secret, std::size_t depth, std::vector<std::string>& into) {
  if (depth > deepest_context || into.size() >= most_known_secrets) {
    return;
  }
  if (json.is_object()) {
    for (const auto& item : json.items()) {
      collect(item.value(), secret || is_secret_name(item.key()), depth + 1, into);
    }
  } else if (json.is_array()) {
    for (const auto& item : json) {
      collect(item, secret, depth + 1, into);
    }
  } else if (json.is_string() && secret) {
    const auto& value = json.get_ref<const std::string&>();
    if (value.size() >= shortest_known_secret && value.size() <= longest_known_secret &&
        !is_placeholder(value) && std::find(into.begin(), into.end(), value) == into.end()) {
      into.push_back(value);
    }
  }
}

}  // namespace

bool is_secret_name(std::string_view name) {
  const std::string plain = plain_name(name.substr(0, 128));
  // Counts and kinds of tokens are none.
  constexpr std::array<std::string_view, 8> harmless{"tokens",    "maxtoken", "tokencount", "tokenizer",
                                                     "tokentype", "tokenid",  "secretname", "publickey"};
  if (has_any(plain, harmless)) {
    return false;
  }
  return has_any(plain, secret_parts) ||
         std::find(secret_words.begin(), secret_words.end(), plain) != secret_words.end() ||
         std::any_of(secret_ends.begin(), secret_ends.end(),
                     [&plain](std::string_view end) { return plain.ends_with(end); });
}

std::vector<std::string> secrets_of_context(std::string_view json) {
  std::vector<std::string> result;
  if (!may_name_secrets(json)) {
    return result;
  }
  collect(Json::parse(json, nullptr, false), false, 0, result);
  return result;
}

std::vector<std::string> forms_of(std::string_view value, std::size_t least) {
  std::vector<std::string> forms;
  const auto add = [&](std::string form) {
    if (form.size() >= least && std::find(forms.begin(), forms.end(), form) == forms.end()) {
      forms.push_back(std::move(form));
    }
  };
  add(std::string(value));
  add(std::string(value.rbegin(), value.rend()));
  const std::string quoted = Json(std::string(value)).dump(-1, ' ', false, Json::error_handler_t::replace);
  add(quoted.substr(1, quoted.size() - 2));
  add(url_encoded(value, capital_hex));
  add(url_encoded(value, small_hex));
  add(in_hex(value, small_hex));
  add(in_hex(value, capital_hex));
  for (std::size_t shift = 0; shift < 3; ++shift) {
    std::string inside = base64_inside(value, shift);
    add(inside);
    std::replace(inside.begin(), inside.end(), '+', '-');
    std::replace(inside.begin(), inside.end(), '/', '_');
    add(std::move(inside));
  }
  return forms;
}

RollingHash::RollingHash(std::size_t length) {
  for (std::size_t i = 1; i < length; ++i) {
    power_ *= base;
  }
}

std::vector<std::string> hash_canary(std::string_view value) {
  std::vector<std::string> result;
  for (const auto& form : forms_of(value, shortest_canary)) {
    RollingHash hash(form.size());
    for (const char c : form) {
      hash.add(static_cast<unsigned char>(c));
    }
    const auto fingerprint = hash.fingerprint();
    const std::string two_bytes{static_cast<char>(fingerprint >> 8U), static_cast<char>(fingerprint & 255U)};
    result.push_back(std::to_string(form.size()) + ":" + in_hex(two_bytes, small_hex) + ":" +
                     base::sha256_hex(form));
  }
  return result;
}

std::optional<CanaryForm> read_canary_form(std::string_view text) {
  CanaryForm form;
  const auto first = text.find(':');
  const auto second = first == std::string_view::npos ? first : text.find(':', first + 1);
  if (second == std::string_view::npos) {
    return std::nullopt;
  }
  const auto number = [](std::string_view digits, auto& value, int number_base) {
    const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), value, number_base);
    return !digits.empty() && read.ec == std::errc() && read.ptr == digits.data() + digits.size();
  };
  const auto fingerprint = text.substr(first + 1, second - first - 1);
  const auto digest = text.substr(second + 1);
  if (!number(text.substr(0, first), form.length, 10) || fingerprint.size() != 4 ||
      !number(fingerprint, form.fingerprint, 16) || digest.size() != 64 || form.length < shortest_canary ||
      form.length > 4 * longest_canary) {
    return std::nullopt;
  }
  if (!std::all_of(digest.begin(), digest.end(),
                   [](char c) { return small_hex.find(c) != std::string_view::npos; })) {
    return std::nullopt;
  }
  form.digest = digest;
  return form;
}

}  // namespace sallyport::validators::output
