#include "broker/compat/runtimes.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace sallyport::broker::compat {
namespace {

/// Up to three numbers; -1 stands for any.
using Version = std::array<int, 3>;
constexpr int kAny = -1;

std::optional<Version> parse(std::string_view text) {
  Version version = {kAny, kAny, kAny};
  for (int& part : version) {
    const auto dot = text.find('.');
    const std::string_view piece = text.substr(0, dot);
    if (piece != "*" && piece != "x" && piece != "X") {
      const auto [end, error] = std::from_chars(piece.data(), piece.data() + piece.size(), part);
      if (error != std::errc() || end != piece.data() + piece.size() || part < 0) return std::nullopt;
    }
    if (dot == std::string_view::npos) return version;
    text.remove_prefix(dot + 1);
  }
  return std::nullopt;
}

/// The first `parts` numbers are the same, as far as the selector has any.
bool same(const Version& wanted, const Version& version, std::size_t parts) {
  for (std::size_t i = 0; i < parts; ++i) {
    if (wanted[i] != kAny && wanted[i] != version[i]) return false;
  }
  return true;
}

bool at_least(const Version& version, Version wanted) {
  std::replace(wanted.begin(), wanted.end(), kAny, 0);
  return version >= wanted;
}

std::string_view without(std::string_view text, std::string_view prefix) {
  text.remove_prefix(prefix.size());
  return text;
}

}  // namespace

bool takes(std::string_view selector, std::string_view version_text) {
  const auto version = parse(version_text);
  if (!version) return false;
  for (const std::string_view sign : {">=", "^", "~", "=", ""}) {
    if (!selector.starts_with(sign)) continue;
    const auto wanted = parse(without(selector, sign));
    if (!wanted) return false;
    if (sign == ">=") return at_least(*version, *wanted);
    if (sign == "^") return same(*wanted, *version, 1) && at_least(*version, *wanted);
    if (sign == "~") return same(*wanted, *version, 2) && at_least(*version, *wanted);
    return same(*wanted, *version, 3);
  }
  return false;
}

std::vector<Runtime> runtimes(const RequestRules& rules) {
  std::vector<Runtime> known;
  for (const std::string& name : rules.images->names()) {
    const auto image = rules.images->find(name);
    if (!image || image->python_version.empty()) continue;
    Runtime runtime;
    runtime.image = name;
    runtime.language = name;
    runtime.version = image->python_version;
    if (std::count(runtime.version.begin(), runtime.version.end(), '.') == 1) runtime.version += ".0";
    const bool is_default = name == rules.default_image;
    if (is_default) {
      runtime.language = "python";
      runtime.aliases = {"py", "py3", "python3"};
      if (name != "python") runtime.aliases.push_back(name);
    }
    known.insert(is_default ? known.begin() : known.end(), std::move(runtime));
  }
  return known;
}

const Runtime* find_runtime(const std::vector<Runtime>& known, std::string_view language,
                            std::string_view selector) {
  const auto found = std::find_if(known.begin(), known.end(), [&](const Runtime& runtime) {
    const auto& aliases = runtime.aliases;
    const bool named =
        runtime.language == language || std::find(aliases.begin(), aliases.end(), language) != aliases.end();
    return named && takes(selector, runtime.version);
  });
  return found == known.end() ? nullptr : &*found;
}

}  // namespace sallyport::broker::compat
