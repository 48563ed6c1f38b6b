#include "validators/python/diagnose/hint.hpp"

#include "validators/python/diagnose/engine.hpp"
#include "validators/python/lexer.hpp"

#include <span>
#include <string_view>

namespace sallyport::validators::python::diagnosis {

namespace {

using T = TokenKind;

// Longer programs are not read once more for a hint.
constexpr std::size_t most_text = 256 * 1024;

bool accepts(std::string_view text, Version version) {
  const auto tokens = lex(text, version);
  Arena arena;
  Engine engine(tokens, version, arena);
  try {
    return engine.run(StartRule::file, 0, false);
  } catch (const Raised&) {
    return false;
  } catch (const GivenUp&) {
    return false;
  }
}

class Line {
 public:
  Line(const Tokens& tokens, std::uint32_t line) : tokens_(tokens) {
    const auto& list = tokens.list;
    std::size_t first = 0;
    while (first < list.size() && (list[first].line < line || list[first].kind == T::indent ||
                                   list[first].kind == T::dedent || list[first].kind == T::newline)) {
      ++first;
    }
    auto end = first;
    while (end < list.size() && list[end].line == line) {
      ++end;
    }
    words_ = std::span(list).subspan(first, end - first);
  }

  [[nodiscard]] bool begins_with(std::string_view word) const {
    return !words_.empty() && tokens_.text_of(words_.front()) == word;
  }
  [[nodiscard]] bool has(TokenKind kind) const {
    for (const auto& token : words_) {
      if (token.kind == kind) {
        return true;
      }
    }
    return false;
  }
  [[nodiscard]] bool has(TokenKind first, TokenKind second) const {
    for (std::size_t i = 1; i < words_.size(); ++i) {
      if (words_[i - 1].kind == first && words_[i].kind == second) {
        return true;
      }
    }
    return false;
  }

 private:
  const Tokens& tokens_;
  std::span<const Token> words_;
};

// What came with `version` and is on the line.
std::string_view feature(const Line& line, Version version) {
  switch (version) {
    case Version::v3_9:
      break;
    case Version::v3_10:
      if (line.begins_with("match")) {
        return "`match`";
      }
      break;
    case Version::v3_11:
      if (line.has(T::kw_except, T::star)) {
        return "`except*`";
      }
      if (line.has(T::lsqb, T::star) || line.has(T::comma, T::star)) {
        return "a starred expression in an index";
      }
      if (line.has(T::colon, T::star)) {
        return "a starred annotation";
      }
      break;
    case Version::v3_12:
      if (line.begins_with("type")) {
        return "the `type` statement";
      }
      if ((line.has(T::kw_def) || line.has(T::kw_class)) && line.has(T::name, T::lsqb)) {
        return "a list of type parameters";
      }
      if (line.has(T::fstring_start)) {
        return "an f-string with its own quotes, a backslash or a comment in a replacement field";
      }
      break;
    case Version::v3_13:
      if (line.has(T::name, T::lsqb)) {
        return "a default of a type parameter";
      }
      break;
    case Version::v3_14:
      if (line.has(T::tstring_start)) {
        return "a template string";
      }
      if (line.has(T::kw_except)) {
        return "`except` with several types and no parentheses";
      }
      break;
  }
  return "this syntax";
}

}  // namespace

std::string version_hint(const Tokens& tokens, Version version, std::uint32_t line) {
  if (tokens.text.size() > most_text || version == newest_version || !accepts(tokens.text, newest_version)) {
    return {};
  }
  auto needed = static_cast<Version>(static_cast<int>(version) + 1);
  while (needed < newest_version && !accepts(tokens.text, needed)) {
    needed = static_cast<Version>(static_cast<int>(needed) + 1);
  }
  const auto newer = lex(tokens.text, needed);
  return std::string(feature(Line(newer, line), needed)) + " needs Python " + std::string(to_string(needed)) +
         "; this is checked for Python " + std::string(to_string(version));
}

}  // namespace sallyport::validators::python::diagnosis
