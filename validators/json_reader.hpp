// What the readers of policies and of output rules share: JSON (comments allowed) of which all mistakes are
// told at once, each with its key. Inside the module only: it shows nlohmann types.
#pragma once

#include "validators/file_mistake.hpp"

#include <nlohmann/json.hpp>

#include <cstddef>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::validators {

inline constexpr std::size_t most_mistakes = 50;  // that are told of a file

/// The first 100 bytes, on one line.
[[nodiscard]] std::string in_quotes(std::string_view text);
/// "; did you mean ...?", or nothing.
[[nodiscard]] std::string did_you_mean(std::string_view name, std::span<const std::string_view> candidates);

/// The key of a member, and of an element.
[[nodiscard]] std::string under(std::string_view path, std::string_view key);
[[nodiscard]] std::string at_index(std::string_view path, std::size_t index);

/// Parses, and finds keys that stand twice in one object, which the parsed value cannot show any more.
/// Nothing if the text is too long, no JSON, or nested more than `deepest` deep. Does not throw.
[[nodiscard]] std::optional<nlohmann::json> parse_json_file(std::string_view text, int deepest,
                                                            std::vector<FileMistake>& mistakes);

/// The base of a reader of one file. `mistakes` outlives it.
class JsonReader {
 protected:
  using Json = nlohmann::json;

  explicit JsonReader(std::vector<FileMistake>& mistakes) : mistakes_(mistakes) {}

  void mistake(std::string key, std::string message);
  bool is_object(const Json& json, const std::string& path);
  void check_keys(const Json& json, const std::string& path, std::initializer_list<std::string_view> known);

 private:
  std::vector<FileMistake>& mistakes_;
};

}  // namespace sallyport::validators
