// The table of all configuration keys: the one place that knows each key's name, field, unit, range and
// meaning. Loading, environment variables, `sallyport config --show` and the check of the documentation all
// read it.
#pragma once

#include "config/config.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace sallyport::config {

/// A field of a `Config`; points into the object that the key's accessor was given.
using Field = std::variant<bool*, std::uint16_t*, std::uint64_t*, double*, std::string*>;

/// A number from `low` to `high`, both included, in the key's unit.
struct Range {
  double low;
  double high;
};

/// One of a few words.
struct OneOf {
  std::vector<std::string_view> words;
};

/// A text of a certain form. `expected` completes the sentence `"x" is not ...`.
struct Form {
  bool (*accepts)(std::string_view text);
  std::string_view expected;
};

using Rule = std::variant<std::monostate, Range, OneOf, Form>;

struct Key {
  std::string path;                     ///< "server.port": also the layout of the file.
  std::function<Field(Config&)> field;  ///< Where the value lives; never null.
  Rule rule;                            ///< What holds for this value alone; monostate for booleans.
  std::string_view unit;                ///< "seconds", "bytes", "MiB"; empty for plain counts and texts.
  std::string meaning;                  ///< One line for operators.
  bool secret = false;                  ///< A text that is shown as "***", unless it is empty.
};

/// All keys, each section's together. Built once; safe from any thread.
std::span<const Key> keys();

/// The key of exactly this path, or null.
const Key* find_key(std::string_view path);

/// Whether `path` names an object that holds keys: "server", "sandbox.defaults".
bool is_section(std::string_view path);

/// The name of the environment variable that overrides a key: SALLYPORT_SANDBOX_DEFAULTS_CPUS.
std::string variable_of(std::string_view path);

/// The key whose variable this is, or null.
const Key* find_variable(std::string_view variable);

/// The key or section that an unknown `path` was most likely meant to be.
std::optional<std::string> nearest_key(std::string_view path);

/// The variable that an unknown SALLYPORT_* name was most likely meant to be.
std::optional<std::string> nearest_variable(std::string_view variable);

/// A key's value in `config` as JSON text: 8080, "127.0.0.1", true.
std::string value_text(const Key& key, const Config& config);

}  // namespace sallyport::config
