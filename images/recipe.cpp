#include "images/recipe.hpp"

#include "config/nearest.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <span>
#include <system_error>
#include <utility>

namespace sallyport::images {
namespace {

using nlohmann::json;

constexpr const char* kRecipeFile = "recipe.json";
constexpr std::size_t kMaxRecipeBytes = 1024 * 1024;
constexpr std::size_t kMaxNameBytes = 64;
constexpr std::size_t kMaxTextBytes = 1024;

/// Thrown and caught in this file only.
struct Mistake {
  std::string what;
};

bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_letter(char c) {
  return is_lower(c) || (c >= 'A' && c <= 'Z');
}
bool is_printable(char c) {
  return c >= ' ' && c <= '~';
}

/// Whether `text` is neither empty nor long, and all of it is letters, digits or one of `others`, the first
/// of it a letter or a digit: nothing that a command line takes for an option.
bool is_word(std::string_view text, std::string_view others) {
  const auto allowed = [others](char c) {
    return is_letter(c) || is_digit(c) || others.find(c) != std::string_view::npos;
  };
  return !text.empty() && text.size() <= kMaxTextBytes && (is_letter(text[0]) || is_digit(text[0])) &&
         std::all_of(text.begin(), text.end(), allowed);
}

bool is_image_name(std::string_view text) {
  const auto allowed = [](char c) { return is_lower(c) || is_digit(c) || c == '-' || c == '_' || c == '.'; };
  const auto plain = [](char c) { return is_lower(c) || is_digit(c); };
  return !text.empty() && text.size() <= kMaxNameBytes && plain(text.front()) && plain(text.back()) &&
         std::all_of(text.begin(), text.end(), allowed) && text.find("..") == std::string_view::npos;
}

bool is_package(std::string_view text) {
  return is_word(text, "+-.:") &&
         std::none_of(text.begin(), text.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}

bool is_module(std::string_view text) {
  return is_word(text, "._") && !is_digit(text[0]) && text.find("..") == std::string_view::npos &&
         text.back() != '.';
}

bool is_variable(std::string_view text) {
  return is_word(text, "_") && !is_digit(text[0]);
}

bool is_printable_text(std::string_view text) {
  return text.size() <= kMaxTextBytes && std::all_of(text.begin(), text.end(), is_printable);
}

/// Absolute, of ordinary characters, without "..".
bool is_absolute_path(std::string_view text) {
  return text.size() > 1 && text[0] == '/' && is_word(text.substr(1), "/._-+") &&
         text.find("..") == std::string_view::npos;
}

bool is_path_pattern(std::string_view text) {
  return text.size() > 1 && text[0] == '/' && is_word(text.substr(1), "/._-+*?[]") &&
         text.find("..") == std::string_view::npos;
}

bool is_python_version(std::string_view text) {
  const std::size_t dot = text.find('.');
  return dot != std::string_view::npos && text.substr(0, dot) == "3" && dot + 1 < text.size() &&
         std::all_of(text.begin() + static_cast<std::ptrdiff_t>(dot) + 1, text.end(), is_digit);
}

/// The members of one object, each asked for once; what was not asked for is unknown.
class Members {
 public:
  Members(const json& object, std::string where) : object_(object), where_(std::move(where)) {
    if (!object.is_object()) throw Mistake{where_ + " is not an object"};
  }

  const json* find(const char* key) {
    known_.emplace_back(key);
    const auto found = object_.find(key);
    return found != object_.end() ? &*found : nullptr;
  }

  const json& require(const char* key) {
    const json* value = find(key);
    if (value == nullptr) throw Mistake{path(key) + " is missing"};
    return *value;
  }

  /// To be called after the last question.
  void refuse_unknown() const {
    for (const auto& [key, value] : object_.items()) {
      if (std::find(known_.begin(), known_.end(), key) != known_.end()) continue;
      std::string message = path(key) + " is unknown";
      const auto near = config::nearest(key, std::span<const std::string_view>(known_));
      if (near) message += "; did you mean \"" + std::string(*near) + "\"?";
      throw Mistake{std::move(message)};
    }
  }

  [[nodiscard]] std::string path(std::string_view key) const {
    return "\"" + (where_.empty() ? "" : where_ + ".") + std::string(key) + "\"";
  }

 private:
  const json& object_;
  std::string where_;
  std::vector<std::string_view> known_;
};

using Check = bool (*)(std::string_view);

std::string text_of(const json& value, const std::string& path, Check check, const char* what) {
  if (!value.is_string()) throw Mistake{path + " is not a string"};
  auto text = value.get<std::string>();
  if (check != nullptr && !check(text)) throw Mistake{path + " is not " + what + ": \"" + text + "\""};
  return text;
}

std::vector<std::string> list_of(const json* value, const std::string& path, Check check, const char* what) {
  std::vector<std::string> list;
  if (value == nullptr) return list;
  if (!value->is_array()) throw Mistake{path + " is not a list"};
  for (const json& entry : *value) list.push_back(text_of(entry, path, check, what));
  return list;
}

/// A string, or a list of lines.
std::string lines_of(const json* value, const std::string& path) {
  if (value == nullptr) return {};
  if (value->is_string()) return value->get<std::string>();
  const std::vector<std::string> lines = list_of(value, path, nullptr, "");
  std::string text;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (i != 0) text += '\n';
    text += lines[i];
  }
  return text;
}

std::map<std::string, std::string> texts_of(const json* value, const std::string& path) {
  std::map<std::string, std::string> texts;
  if (value == nullptr) return texts;
  if (!value->is_object()) throw Mistake{path + " is not an object"};
  for (const auto& [key, entry] : value->items()) texts[key] = text_of(entry, path, nullptr, "");
  return texts;
}

SelfTest self_test_from(const json& value) {
  Members members(value, "self_test");
  SelfTest test;
  test.code = lines_of(&members.require("code"), members.path("code"));
  test.stdin_text = lines_of(members.find("stdin"), members.path("stdin"));
  test.files = texts_of(members.find("files"), members.path("files"));
  test.expected_stdout = lines_of(&members.require("expected_stdout"), members.path("expected_stdout"));
  test.artifacts = list_of(members.find("artifacts"), members.path("artifacts"), nullptr, "");
  members.refuse_unknown();
  return test;
}

void read_base(const json& value, Recipe& recipe) {
  Members members(value, "base");
  if (const json* debootstrap = members.find("debootstrap")) {
    Members inner(*debootstrap, "base.debootstrap");
    const auto word = [](std::string_view text) { return is_word(text, "-"); };
    recipe.suite = text_of(inner.require("suite"), inner.path("suite"), word, "the name of a release");
    inner.refuse_unknown();
  }
  if (const json* pull = members.find("pull")) {
    const auto reference = [](std::string_view text) { return is_word(text, "/:.@_-"); };
    recipe.pull_image = text_of(*pull, members.path("pull"), reference, "the name of an image");
  }
  members.refuse_unknown();
  if (recipe.suite.empty() && recipe.pull_image.empty()) {
    throw Mistake{"\"base\" names neither \"debootstrap\" nor \"pull\""};
  }
}

Recipe recipe_from(const json& document) {
  Members members(document, "");
  Recipe recipe;
  recipe.name = text_of(members.require("name"), "\"name\"", is_image_name,
                        "a name of lower-case letters, digits, "
                        "\"-\", \"_\" and \".\"");
  recipe.description =
      text_of(members.require("description"), "\"description\"", is_printable_text, "one line of text");
  read_base(members.require("base"), recipe);
  recipe.python_version =
      text_of(members.require("python"), "\"python\"", is_python_version, "a version like 3.11");
  recipe.packages =
      list_of(&members.require("packages"), "\"packages\"", is_package, "the name of a package");
  recipe.exclude =
      list_of(members.find("exclude"), "\"exclude\"", is_path_pattern, "an absolute path pattern");
  recipe.imports = list_of(members.find("imports"), "\"imports\"", is_module, "the name of a module");
  recipe.seed = list_of(members.find("seed"), "\"seed\"", is_absolute_path, "an absolute path");
  recipe.environment = texts_of(members.find("environment"), "\"environment\"");
  for (const auto& [name, value] : recipe.environment) {
    if (!is_variable(name)) throw Mistake{"\"environment\": \"" + name + "\" is not the name of a variable"};
    // Into a Dockerfile in double quotes; what would end or expand there is refused.
    if (!is_printable_text(value) || value.find_first_of("\"\\$`") != std::string::npos) {
      throw Mistake{"\"environment." + name + "\" is not plain text"};
    }
  }
  recipe.self_test = self_test_from(members.require("self_test"));
  members.refuse_unknown();
  if (recipe.packages.empty()) throw Mistake{"\"packages\" is empty"};
  return recipe;
}

}  // namespace

Result<Recipe> parse_recipe(std::string text, const std::string& where) {
  try {
    constexpr bool kExceptions = true;
    constexpr bool kComments = true;
    Recipe recipe = recipe_from(json::parse(text, nullptr, kExceptions, kComments));
    recipe.text = std::move(text);
    return recipe;
  } catch (const json::exception& error) {
    return Error{ErrorKind::recipe, where + ": " + error.what()};
  } catch (const Mistake& mistake) {
    return Error{ErrorKind::recipe, where + ": " + mistake.what};
  }
}

Result<Recipe> load_recipe(const std::string& folder, const std::string& name) {
  if (!is_image_name(name))
    return Error{ErrorKind::recipe, "\"" + name + "\" cannot be the name of an image"};
  const std::string path = folder + "/" + name + "/" + kRecipeFile;
  std::error_code error;
  const auto size = std::filesystem::file_size(path, error);
  if (error) {
    std::string message = "no recipe for an image \"" + name + "\" (" + path + ": " + error.message() + ")";
    if (auto names = recipe_names(folder)) {
      const std::vector<std::string_view> views(names->begin(), names->end());
      if (const auto near = config::nearest(name, std::span<const std::string_view>(views))) {
        message += "; did you mean \"" + std::string(*near) + "\"?";
      }
    }
    return Error{ErrorKind::recipe, std::move(message)};
  }
  if (size > kMaxRecipeBytes) return Error{ErrorKind::recipe, path + " is larger than 1 MiB"};
  std::ifstream file(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(file), {}};
  if (!file) return Error{ErrorKind::recipe, path + " cannot be read"};
  Result<Recipe> recipe = parse_recipe(std::move(text), path);
  if (recipe && recipe->name != name) {
    return Error{ErrorKind::recipe, path + ": \"name\" is \"" + recipe->name + "\", not that of its folder"};
  }
  return recipe;
}

Result<std::vector<std::string>> recipe_names(const std::string& folder) {
  std::vector<std::string> names;
  std::error_code error;
  std::filesystem::directory_iterator entry(folder, error);
  for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    std::error_code ignored;
    if (std::filesystem::exists(entry->path() / kRecipeFile, ignored))
      names.push_back(entry->path().filename());
  }
  if (error) return Error{ErrorKind::recipe, "the folder of recipes " + folder + ": " + error.message()};
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace sallyport::images
