#include "validators/json_reader.hpp"

#include "config/nearest.hpp"

#include <algorithm>
#include <exception>
#include <functional>
#include <set>
#include <utility>

namespace sallyport::validators {
namespace {

using Json = nlohmann::json;

constexpr std::size_t longest_file = std::size_t{8} << 20U;
constexpr std::size_t longest_quoted = 100;
constexpr std::size_t longest_reason = 200;

}  // namespace

std::string in_quotes(std::string_view text) {
  std::string result = "\"";
  for (const char c : text.substr(0, longest_quoted)) {
    result += static_cast<unsigned char>(c) < 0x20 ? '?' : c;
  }
  return result + "\"";
}

std::string did_you_mean(std::string_view name, std::span<const std::string_view> candidates) {
  const auto near = config::nearest(name, candidates);
  return near ? "; did you mean " + in_quotes(*near) + "?" : std::string();
}

std::string under(std::string_view path, std::string_view key) {
  return path.empty() ? std::string(key) : std::string(path) + "." + std::string(key);
}

std::string at_index(std::string_view path, std::size_t index) {
  return std::string(path) + "[" + std::to_string(index) + "]";
}

std::optional<Json> parse_json_file(std::string_view text, int deepest, std::vector<FileMistake>& mistakes) {
  if (text.size() > longest_file) {
    mistakes.push_back({"", "the file is longer than " + std::to_string(longest_file) + " bytes"});
    return std::nullopt;
  }
  std::vector<std::set<std::string, std::less<>>> seen;
  bool too_deep = false;
  const auto callback = [&](int depth, Json::parse_event_t event, Json& value) {
    if (depth > deepest) {
      too_deep = true;
      return false;
    }
    if (event == Json::parse_event_t::object_start) {
      seen.emplace_back();
    } else if (event == Json::parse_event_t::object_end && !seen.empty()) {
      seen.pop_back();
    } else if (event == Json::parse_event_t::key && !seen.empty() &&
               !seen.back().insert(value.get<std::string>()).second && mistakes.size() < most_mistakes) {
      mistakes.push_back({value.get<std::string>(), "stands twice in one object"});
    }
    return true;
  };
  try {
    auto json = Json::parse(text, callback, true, true);
    if (too_deep) {
      mistakes.push_back({"", "is nested too deeply"});
      return std::nullopt;
    }
    return json;
  } catch (const std::exception& error) {  // nlohmann tells of wrong JSON so
    mistakes.push_back({"", "is no JSON: " + std::string(error.what()).substr(0, longest_reason)});
    return std::nullopt;
  }
}

void JsonReader::mistake(std::string key, std::string message) {
  if (mistakes_.size() < most_mistakes) {
    mistakes_.push_back({std::move(key), std::move(message)});
  }
}

bool JsonReader::is_object(const Json& json, const std::string& path) {
  if (!json.is_object()) {
    mistake(path, "must be an object");
  }
  return json.is_object();
}

void JsonReader::check_keys(const Json& json, const std::string& path,
                            std::initializer_list<std::string_view> known) {
  for (const auto& item : json.items()) {
    const auto& key = item.key();
    if (std::find(known.begin(), known.end(), key) == known.end()) {
      mistake(under(path, key), "is no such key" + did_you_mean(key, {known.begin(), known.size()}));
    }
  }
}

}  // namespace sallyport::validators
