#include "output_texts.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace sallyport::bench {
namespace {

// A generator with a fixed beginning.
class Dice {
 public:
  std::uint64_t roll(std::uint64_t sides) {
    state_ = state_ * 6364136223846793005U + 1442695040888963407U;
    return (state_ >> 33U) % sides;
  }
  std::string letters(std::size_t count, std::string_view of) {
    std::string text;
    for (std::size_t i = 0; i < count; ++i) text += of[roll(of.size())];
    return text;
  }

 private:
  std::uint64_t state_ = 20261125;
};

constexpr std::string_view digits = "0123456789";
constexpr std::string_view hex = "0123456789abcdef";
constexpr std::string_view base62 = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
constexpr std::array<std::string_view, 24> words{
    "the",    "model",    "was",     "trained", "with",    "values",  "of",      "column",
    "error",  "loaded",   "rows",    "from",    "process", "finish",  "result",  "mean",
    "median", "customer", "invoice", "total",   "while",   "reading", "warning", "done"};

std::string sentence(Dice& dice, std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) {
    text += i == 0 ? "" : " ";
    text += words.at(dice.roll(words.size()));
  }
  return text;
}

std::string number(Dice& dice) {
  return std::to_string(dice.roll(1000)) + "." + dice.letters(6, digits);
}

void append_table(Dice& dice, std::string& text) {
  text += "          a           b           c\n";
  for (int row = 0; row < 20; ++row) {
    text += std::to_string(row);
    for (int column = 0; column < 5; ++column) text += "  " + number(dice);
    text += "\n";
  }
}

void append_log(Dice& dice, std::string& text) {
  for (int line = 0; line < 20; ++line) {
    text += "2026-03-0" + std::to_string(1 + dice.roll(9)) + " 12:4" + std::to_string(dice.roll(10)) +
            ":17," + dice.letters(3, digits) + " INFO worker-" + std::to_string(dice.roll(8)) + " " +
            sentence(dice, 8) + " in " + std::to_string(dice.roll(5000)) + " ms\n";
  }
}

void append_traceback(Dice& dice, std::string& text) {
  text += "Traceback (most recent call last):\n";
  for (int frame = 0; frame < 4; ++frame) {
    text += "  File \"/srv/app/" + std::string(words.at(dice.roll(words.size()))) + ".py\", line " +
            std::to_string(dice.roll(900)) + ", in " + std::string(words.at(dice.roll(words.size()))) +
            "\n    return frame.groupby('" + std::string(words.at(dice.roll(words.size()))) +
            "').agg(mean)\n";
  }
  text += "ValueError: " + sentence(dice, 7) + "\n";
}

void append_json(Dice& dice, std::string& text) {
  text += "{\"id\": \"" + dice.letters(8, hex) + "-" + dice.letters(4, hex) + "-4" + dice.letters(3, hex) +
          "-a" + dice.letters(3, hex) + "-" + dice.letters(12, hex) + "\", \"values\": [";
  for (int i = 0; i < 12; ++i) text += (i == 0 ? "" : ", ") + number(dice);
  text += "], \"name\": \"" + sentence(dice, 3) + "\", \"ok\": true}\n";
}

void append_git(Dice& dice, std::string& text) {
  text += "commit " + dice.letters(40, hex) +
          "\nAuthor: Ann Lee\nDate:   Mon Mar 2 11:20:09 2026 +0100\n\n    " + sentence(dice, 9) + "\n\n";
}

}  // namespace

std::string ordinary_output(std::size_t size) {
  Dice dice;
  std::string text;
  while (text.size() < size) {
    append_table(dice, text);
    append_log(dice, text);
    append_traceback(dice, text);
    for (int i = 0; i < 5; ++i) append_json(dice, text);
    for (int i = 0; i < 5; ++i) append_git(dice, text);
    for (int i = 0; i < 10; ++i) text += sentence(dice, 14) + ".\n";
  }
  text.resize(size);
  return text;
}

namespace {

void append_keyword_line(Dice& dice, std::string& text) {
  constexpr std::array<std::string_view, 18> lines{
      "password = getpass.getpass('password: ')\n",
      "def rotate_api_key(client, api_key_name, secret_name):\n",
      "token count: 4096, tokens_per_second=1234.5, max_tokens: 512\n",
      "  \"access_key\": null, \"secret_key\": null, \"session_token\": \"\",\n",
      "2026-03-02 11:20:09 auth: user ann logged in, password expired, token refreshed\n",
      "client_secret: ${CLIENT_SECRET}\n",
      "KeyError: 'api_key'\n",
      "export AWS_SECRET_ACCESS_KEY=<your-secret-key>\n",
      "the password policy asks for a passphrase; the secret is rotated with the token\n",
      "self.private_key = load_private_key(path, password=self.password)\n",
      "Authorization: Bearer $TOKEN\n",
      "postgres://localhost:5432/app mysql://{user}:{password}@{host}/db redis://cache\n",
      "credentials = service_account.Credentials.from_file(CREDENTIALS)\n",
      "cookie: accepted, session cookies: 3, csrf token checked\n",
      "password_hash, password_salt, api_token_id, secret_version, key_id, bearer_format\n",
      "github, gitlab, slack, stripe, twilio, sendgrid, datadog, cloudflare, heroku keys are checked\n",
      "access-key-id and secret-access-key are read from the credential chain\n",
      "if not secrets.compare_digest(token, expected_token): raise PermissionError(token_type)\n"};
  const auto line = dice.roll(lines.size() + 1);
  if (line < lines.size()) {
    text += lines.at(line);
  } else {
    text += "api_key = \"" + dice.letters(32, base62) + "\"\n";
  }
}

}  // namespace

std::string keyword_dense_text(std::size_t size) {
  Dice dice;
  std::string text;
  while (text.size() < size) append_keyword_line(dice, text);
  text.resize(size);
  return text;
}

std::string keyword_rich_text(std::size_t size) {
  constexpr std::uint64_t lines = 5;
  Dice dice;
  const std::string ordinary = ordinary_output(size);
  std::string text;
  for (std::size_t at = 0; text.size() < size;) {
    const std::size_t end = ordinary.find('\n', at) + 1;
    text.append(ordinary, at, end - at);
    at = end;
    if (dice.roll(lines) == 0) append_keyword_line(dice, text);
  }
  text.resize(size);
  return text;
}

std::string secrets_only(const std::vector<std::string>& examples, std::size_t size) {
  std::string text;
  for (std::size_t i = 0; text.size() < size && !examples.empty(); ++i) {
    text += examples[i % examples.size()] + "\n";
  }
  text.resize(size);
  return text;
}

std::vector<NamedText> hostile_texts(const std::vector<std::string>& keywords, std::size_t size) {
  Dice dice;
  std::vector<NamedText> texts;
  const auto repeat = [&](std::string name, const std::string& part) {
    std::string text;
    while (text.size() < size) text += part;
    text.resize(size);
    texts.push_back({std::move(name), std::move(text)});
  };
  for (const auto& keyword : keywords) {
    repeat("repeated: " + keyword, keyword);
    repeat("repeated with =: " + keyword, keyword + "=");
    repeat("repeated with = and a short value: " + keyword, keyword + "='aB3$xYz9' ");
    repeat("repeated with letters: " + keyword, keyword + "a1B2c3");
    repeat("repeated with a long value: " + keyword, keyword + dice.letters(60, base62));
    repeat("repeated with white space: " + keyword, keyword + "    ");
    repeat("repeated with : and quote: " + keyword, keyword + "\": \"");
  }
  // So that nothing comes again.
  const auto vary = [&](std::string name, const auto& part) {
    std::string text;
    while (text.size() < size) text += part();
    text.resize(size);
    texts.push_back({std::move(name), std::move(text)});
  };
  for (const auto& keyword : keywords) {
    vary("with = and random letters: " + keyword,
         [&] { return keyword + "=" + dice.letters(1 + dice.roll(3), base62); });
  }
  const auto any = [&] { return keywords[dice.roll(keywords.size())]; };
  if (!keywords.empty()) {
    vary("any keywords", any);
    vary("any keywords with =", [&] { return any() + "="; });
    vary("any keywords with = and quotes", [&] { return any() + "=\""; });
    vary("any keywords with = and a short value",
         [&] { return any() + "=" + dice.letters(6, base62) + " "; });
  }
  repeat("digits", "1");
  repeat("digits with spaces", "4 ");
  repeat("groups of four digits", "4111 ");
  repeat("groups of four digits with dashes", "4111-");
  repeat("numbers of 16 digits", "4111111111111112 ");
  repeat("SSN-like", "123-45-6789 ");
  repeat("opening lines of keys", "-----BEGIN RSA PRIVATE KEY-----\n");
  repeat("opening lines of keys in one line", "-----BEGIN PRIVATE KEY-----A:");
  repeat("opening lines of PuTTY", "PuTTY-User-Key-File-2: ");
  repeat("escapes", "\x1b[0m");
  repeat("titles", "\x1b]0;password=\x07");
  repeat("cut escapes", "\x1b]0;password=");
  repeat("one letter", "a");
  repeat("dots", "eyJ.");
  repeat("user and password", "://a:b@");
  repeat("quotes", "\"\\\"'");
  texts.push_back({"random letters", dice.letters(size, base62)});
  std::string bytes;
  for (std::size_t i = 0; i < size; ++i) bytes += static_cast<char>(dice.roll(256));
  texts.push_back({"random bytes", std::move(bytes)});
  return texts;
}

}  // namespace sallyport::bench
