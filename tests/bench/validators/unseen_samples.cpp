#include "unseen_samples.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cctype>
#include <map>
#include <optional>
#include <string_view>
#include <utility>

namespace sallyport::bench {
namespace {

using nlohmann::json;

constexpr std::string_view digits = "0123456789";
constexpr std::string_view hex = "0123456789abcdef";
constexpr std::string_view small_letters = "abcdefghijklmnopqrstuvwxyz";
constexpr std::string_view capitals = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
constexpr std::string_view base64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view base64url = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::string_view base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
constexpr std::size_t per_named_form = 10;
constexpr std::size_t per_text = 6;
constexpr std::size_t key_lines = 12;
// Around the secret; no text has them else.
constexpr std::string_view open_mark = "\xC2\xAB";
constexpr std::string_view close_mark = "\xC2\xBB";

std::string upper(std::string text) {
  for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return text;
}

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

// api_key: apiKey
std::string camel(const std::string& name) {
  if (name.find('_') == std::string::npos) return name;
  std::string result;
  bool raise = false;
  for (const char c : lower(name)) {
    if (c == '_') {
      raise = true;
    } else {
      result += raise ? static_cast<char>(std::toupper(static_cast<unsigned char>(c))) : c;
      raise = false;
    }
  }
  return result;
}

std::string base64_of(std::string_view bytes, std::string_view alphabet, bool padded) {
  std::string result;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t word = 0;
    const std::size_t count = std::min<std::size_t>(3, bytes.size() - i);
    for (std::size_t k = 0; k < 3; ++k) {
      word = word << 8U | (k < count ? static_cast<unsigned char>(bytes[i + k]) : 0U);
    }
    for (std::size_t k = 0; k <= count; ++k) result += alphabet[(word >> (18U - 6U * k)) & 63U];
    if (padded) result.append(3 - count, '=');
  }
  return result;
}

std::uint32_t crc32(std::string_view text) {
  std::uint32_t crc = 0xFFFFFFFFU;
  for (const char c : text) {
    crc ^= static_cast<unsigned char>(c);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1U) ^ ((crc & 1U) != 0 ? 0xEDB88320U : 0U);
  }
  return ~crc;
}

class Filler {
 public:
  Filler(const json& templates, std::uint64_t seed) : lists_(templates.at("lists")), state_(seed) {}

  std::size_t roll(std::size_t sides) {
    state_ = state_ * 6364136223846793005U + 1442695040888963407U;
    return static_cast<std::size_t>((state_ >> 33U) % sides);
  }
  std::string one_of(const json& list) { return list.at(roll(list.size())).get<std::string>(); }
  void name(std::string name) { name_ = std::move(name); }

  // Puts values for `{...}`; braces around anything else stay.
  std::string fill(std::string_view text) {
    std::string result;
    for (std::size_t at = 0; at < text.size();) {
      const auto close = text[at] == '{' ? text.find('}', at) : std::string_view::npos;
      const auto value = close == std::string_view::npos
                             ? std::nullopt
                             : value_of(std::string(text.substr(at + 1, close - at - 1)));
      if (value) {
        result += *value;
        at = close + 1;
      } else {
        result += text[at++];
      }
    }
    return result;
  }

 private:
  std::string letters(std::size_t count, std::string_view of) {
    std::string text;
    for (std::size_t i = 0; i < count; ++i) text += of[roll(of.size())];
    return text;
  }

  std::string of(const char* list) { return one_of(lists_.at(list)); }

  std::optional<std::string> value_of(const std::string& name) {
    if (lists_.contains(name)) return one_of(lists_.at(name));
    const auto colon = name.find(':');
    if (colon != std::string::npos) return value_with(name.substr(0, colon), name.substr(colon + 1));
    if (name == "K" || name == "o") return name_;
    if (name == "k") return name_.find('_') == std::string::npos ? name_ : lower(name_);
    if (name == "c") return camel(name_);
    if (name == "WORD") return upper(one_of(lists_.at("word")));
    if (name == "uuid") {
      return letters(8, hex) + "-" + letters(4, hex) + "-4" + letters(3, hex) + "-a" + letters(3, hex) + "-" +
             letters(12, hex);
    }
    if (name == "date") {
      return "2025-0" + std::to_string(1 + roll(9)) + "-1" + letters(1, digits);
    }
    if (name == "pw") return password("!@#$%^*-_+=?.");
    if (name == "upw") return password("-_.~!*");
    if (name == "ssn") return social_security_number("-");
    if (name == "ssn9") return social_security_number("");
    if (name == "ssn s") return social_security_number(" ");
    if (name == "card") return card("");
    if (name == "card s") return card(" ");
    if (name == "card -") return card("-");
    if (name == "jwt") return jwt();
    if (name == "basic") return base64_of(of("user") + ":" + password("!@#$%^*-_+=?."), base64, true);
    if (name == "pgp") return pgp();
    if (name == "putty") return putty();
    return std::nullopt;
  }

  std::optional<std::string> value_with(const std::string& kind, const std::string& detail) {
    if (kind == "crc") return with_check(detail);
    if (kind == "pem") return pem(detail, "\n");
    if (kind == "pemn") return pem(detail, "\\n");
    if (kind == "pemi") return pem(detail, "\n    ");
    static const std::map<std::string, std::string> alphabets{
        {"d", std::string(digits)},
        {"x", std::string(hex)},
        {"X", "0123456789ABCDEF"},
        {"a", std::string(base62)},
        {"b", std::string(base64)},
        {"v", std::string(base64url)},
        {"l", std::string(small_letters)},
        {"m", std::string(small_letters) + std::string(capitals)},
        {"L", std::string(small_letters) + std::string(digits)},
        {"U", std::string(capitals) + std::string(digits)},
        {"c", std::string(capitals) + "234567"}};
    if (detail.empty() || detail.find_first_not_of("0123456789-") != std::string::npos) return std::nullopt;
    const std::size_t least = std::stoul(detail);
    if (kind == "n") return std::to_string(1 + roll(least));
    const auto alphabet = alphabets.find(kind);
    if (alphabet == alphabets.end()) return std::nullopt;
    const auto dash = detail.find('-');
    const std::size_t most = dash == std::string::npos ? least : std::stoul(detail.substr(dash + 1));
    return letters(least + roll(most - least + 1), alphabet->second);
  }

  // As people choose them, and as machines do.
  std::string password(const std::string& marks) {
    const std::string alphabet = std::string(base62) + marks;
    switch (roll(5)) {
      case 0:
        return of("Word") + letters(4, digits) + "!";
      case 1:
        return letters(1, base62) + letters(10 + roll(8), alphabet) + letters(1, digits);
      case 2:
        return of("word") + letters(2 + roll(3), digits);
      case 3:
        return of("Word") + "-" + of("word") + "-" + of("word") + "-" + letters(2, digits);
      default:
        return letters(9 + roll(4), base62) + letters(1, digits);
    }
  }

  std::string social_security_number(const std::string& between) {
    std::size_t area = 0;
    do {
      area = 1 + roll(899);
    } while (area == 666);
    const auto padded = [](std::size_t value, std::size_t width) {
      const std::string text = std::to_string(value);
      return std::string(width - text.size(), '0') + text;
    };
    return padded(area, 3) + between + padded(1 + roll(99), 2) + between + padded(1 + roll(9999), 4);
  }

  std::string card(const std::string& between) {
    static constexpr std::array<std::string_view, 8> prefixes{"4",  "4",  "51",   "55",
                                                              "34", "37", "6011", "3530"};
    std::string number(prefixes.at(roll(prefixes.size())));
    const bool amex = number == "34" || number == "37";
    const std::size_t size = amex ? 15 : 16;
    number += letters(size - 1 - number.size(), digits);
    int sum = 0;
    for (std::size_t i = 0; i < number.size(); ++i) {
      int digit = number[number.size() - 1 - i] - '0';
      if (i % 2 == 0) digit = digit > 4 ? 2 * digit - 9 : 2 * digit;
      sum += digit;
    }
    number += static_cast<char>('0' + (10 - sum % 10) % 10);
    if (amex) return number.substr(0, 4) + between + number.substr(4, 6) + between + number.substr(10);
    return number.substr(0, 4) + between + number.substr(4, 4) + between + number.substr(8, 4) + between +
           number.substr(12);
  }

  std::string jwt() {
    static constexpr std::array<std::string_view, 3> headers{
        R"({"alg":"HS256","typ":"JWT"})", R"({"typ":"JWT","alg":"RS256","kid":"k1"})", R"({"alg":"ES256"})"};
    return base64_of(headers.at(roll(headers.size())), base64url, false) + "." +
           base64_of("{\"sub\":\"" + letters(8, digits) + "\",\"name\":\"" + of("first") + "\"}", base64url,
                     false) +
           "." + letters(43, base64url);
  }

  // The CRC-32 of the random part at its end, in base62.
  std::string with_check(const std::string& prefix) {
    const std::string random = letters(30, base62);
    std::string check;
    for (std::uint32_t crc = crc32(random); check.size() < 6; crc /= 62) check.insert(0, 1, base62[crc % 62]);
    return prefix + random + check;
  }

  std::string pem(const std::string& kind, const std::string& line_end) {
    std::string text = "-----BEGIN " + kind + "-----" + line_end;
    std::string body = kind.starts_with("OPENSSH") ? "b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAAB"
                       : kind.starts_with("EC")    ? "MHcCAQEEI"
                                                   : "MIIEvQIBADANBgkq";
    body += letters(64 * (kind.starts_with("EC") ? 2 : key_lines), base64);
    for (std::size_t at = 0; at < body.size(); at += 64) text += body.substr(at, 64) + line_end;
    return text + "-----END " + kind + "-----";
  }

  std::string pgp() {
    std::string text = "-----BEGIN PGP PRIVATE KEY BLOCK-----\nVersion: GnuPG v2\n\n";
    for (std::size_t i = 0; i < key_lines; ++i) text += letters(64, base64) + "\n";
    return text + "=" + letters(4, base64) + "\n-----END PGP PRIVATE KEY BLOCK-----";
  }

  std::string putty() {
    std::string text =
        "PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\nComment: eddsa-key\nPublic-Lines: 2\n" +
        letters(64, base64) + "\n" + letters(16, base64) + "\nPrivate-Lines: 1\n";
    return text + std::string(open_mark) + letters(48, base64) + std::string(close_mark) +
           "\nPrivate-MAC: " + letters(64, hex);
  }

  const json& lists_;
  std::uint64_t state_;
  std::string name_;
};

// Takes the marks out, and puts lines around that have nothing to do with it.
UnseenSample sample_of(const std::string& category, std::string text, Filler& filler) {
  UnseenSample sample{category, {}, 0, 0};
  if (filler.roll(2) == 0) text = filler.fill("{plain}") + "\n" + text;
  if (filler.roll(2) == 0) text += "\n" + filler.fill("{plain}") + "\n";
  const auto open = text.find(open_mark);
  const auto close = text.rfind(close_mark);
  if (category.starts_with("+") && open != std::string::npos && close != std::string::npos) {
    text.erase(close, close_mark.size()).erase(open, open_mark.size());
    sample.begin = open;
    sample.end = close - open_mark.size();
  }
  sample.category.erase(0, 1);
  sample.text = std::move(text);
  return sample;
}

}  // namespace

std::vector<UnseenSample> unseen_samples(const std::string& templates, std::uint64_t seed) {
  const json all = json::parse(templates);
  Filler filler(all, seed);
  std::vector<UnseenSample> samples;
  for (const auto& form : all.at("positives")) {
    const std::string category = "+" + form.at("category").get<std::string>();
    if (form.contains("texts")) {
      for (std::size_t i = form.value("count", per_text) * form.at("texts").size(); i-- > 0;) {
        const auto& text = form.at("texts").at(i % form.at("texts").size());
        samples.push_back(sample_of(category, filler.fill(text.get<std::string>()), filler));
      }
      continue;
    }
    const auto& contexts = all.at("contexts").at(form.at("contexts").get<std::string>());
    for (std::size_t i = form.value("count", per_named_form); i-- > 0;) {
      if (form.contains("names")) filler.name(filler.one_of(form.at("names")));
      std::string text = filler.one_of(contexts);
      const std::string secret = std::string(open_mark) + form.at("secret").get<std::string>();
      text.replace(text.find("{S}"), 3, secret + std::string(close_mark));
      samples.push_back(sample_of(category, filler.fill(text), filler));
    }
  }
  for (const auto& kind : all.at("negatives")) {
    const std::string category = "-" + kind.at("category").get<std::string>();
    for (std::size_t i = kind.at("count").get<std::size_t>(); i-- > 0;) {
      for (const auto& text : kind.at("texts")) {
        samples.push_back(sample_of(category, filler.fill(text.get<std::string>()), filler));
      }
    }
  }
  return samples;
}

}  // namespace sallyport::bench
