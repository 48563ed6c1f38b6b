#include "config/load.hpp"

#include "config/assign.hpp"
#include "config/check.hpp"
#include "config/document.hpp"
#include "config/file.hpp"
#include "config/keys.hpp"
#include "config/value.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <set>
#include <unistd.h>
#include <utility>
#include <variant>

namespace sallyport::config {
namespace {

constexpr std::string_view our_variables = "SALLYPORT_";
constexpr const char* file_variable = "SALLYPORT_CONFIG";
constexpr std::array<std::string_view, 2> foreign_variables = {"SALLYPORT_TEST_", "SALLYPORT_QUICKSTART_"};
constexpr std::size_t longest_shown_path = 128;

bool is_reserved(std::string_view variable) {
  return variable == file_variable || std::any_of(foreign_variables.begin(), foreign_variables.end(),
                                                  [&](auto prefix) { return variable.starts_with(prefix); });
}

std::string did_you_mean(const std::optional<std::string>& name) {
  return name ? "; did you mean " + *name + "?" : std::string();
}

// A name with dots is shown in quotes: "server.port" is not server.port.
std::string unknown_key(std::string_view path) {
  const auto quote = path.find('"');
  if (quote != std::string_view::npos &&
      path.substr(quote, path.rfind('"') - quote).find('.') != std::string_view::npos) {
    return "unknown key; a section is an object of its own: {\"server\": {\"port\": 8080}}";
  }
  return "unknown key" + did_you_mean(nearest_key(path));
}

// One run over all sources. Collects everything that is wrong before it gives up.
class Loader {
 public:
  void read_text(std::string_view text, const std::string& name) {
    auto document = read_document(text, name);
    complete_ = complete_ && document.complete;
    mistakes_ = std::move(document.mistakes);
    for (const auto& entry : document.entries) take(entry);
    for (const auto& mistake : mistakes_) refused_.insert(mistake.key);
    // Syntax and duplicates were found before the values: bring all into the order of the text.
    const auto position = [](const Mistake& mistake) {
      return std::pair(mistake.source.line, mistake.source.column);
    };
    std::stable_sort(mistakes_.begin(), mistakes_.end(),
                     [&](const Mistake& a, const Mistake& b) { return position(a) < position(b); });
  }

  void read_file_of(const std::string& path, const Source& named_by, bool may_be_missing) {
    auto content = read_file(path, max_file_bytes);
    if (auto* text = std::get_if<std::string>(&content)) {
      loaded_.file = path;
      read_text(*text, path);
      return;
    }
    const auto& error = std::get<FileError>(content);
    if (error.missing && may_be_missing) return;
    const auto shown = printable(path, longest_shown_path * 8);
    complete_ = false;
    mistakes_.push_back({named_by, {}, shown + (shown.empty() ? "the empty path " : " ") + error.message});
  }

  void read_environment(const Environment& environment) {
    for (const auto& [variable, text] : environment) {
      if (!variable.starts_with(our_variables) || is_reserved(variable)) continue;
      const Source source{Source::Kind::environment, variable};
      if (const auto* key = find_variable(variable)) {
        put(*key, value_of_variable(*key, text), source);
      } else {
        mistakes_.push_back({source, {}, "unknown variable" + did_you_mean(nearest_variable(variable))});
      }
    }
  }

  LoadResult finish() {
    // Of a file that was read in part the rest may be what makes its values fit together.
    if (complete_) {
      auto found = check(loaded_.config, loaded_.sources, refused_);
      std::move(found.begin(), found.end(), std::back_inserter(mistakes_));
    }
    LoadResult result;
    if (mistakes_.empty()) {
      result.loaded = std::move(loaded_);
    } else if (mistakes_.size() > max_mistakes) {
      const auto more = mistakes_.size() - max_mistakes;
      mistakes_.resize(max_mistakes);
      mistakes_.push_back({{}, {}, "and " + std::to_string(more) + " more mistakes"});
    }
    result.mistakes = std::move(mistakes_);
    return result;
  }

 private:
  void take(const Entry& entry) {
    if (const auto* key = find_key(entry.path)) {
      put(*key, entry.value, entry.source);
    } else if (is_section(entry.path)) {
      mistakes_.push_back({entry.source, entry.path, describe(entry.value) + " is not an object"});
    } else {
      mistakes_.push_back({entry.source, entry.path, unknown_key(entry.path)});
    }
  }

  void put(const Key& key, const Value& value, const Source& source) {
    if (auto wrong = assign(key, loaded_.config, value)) {
      mistakes_.push_back({source, key.path, std::move(*wrong)});
      refused_.insert(key.path);
    } else {
      loaded_.sources[key.path] = source;
    }
  }

  Loaded loaded_;
  std::vector<Mistake> mistakes_;
  std::set<std::string, std::less<>> refused_;
  bool complete_ = true;
};

}  // namespace

std::string LoadResult::mistakes_text() const {
  std::string text;
  for (const auto& mistake : mistakes) text += mistake.text() + "\n";
  return text;
}

LoadResult load(const LoadOptions& options) {
  Loader loader;
  if (options.file) {
    loader.read_file_of(*options.file, {}, false);
  } else if (const auto named = options.environment.find(file_variable); named != options.environment.end()) {
    loader.read_file_of(named->second, {Source::Kind::environment, file_variable}, false);
  } else {
    loader.read_file_of(options.default_file, {}, true);
  }
  loader.read_environment(options.environment);
  return loader.finish();
}

LoadResult load_text(std::string_view text, const std::string& name, const Environment& environment) {
  Loader loader;
  loader.read_text(text, name);
  loader.read_environment(environment);
  return loader.finish();
}

Environment process_environment() {
  Environment result;
  for (char** entry = ::environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const auto equals = text.find('=');
    if (!text.starts_with(our_variables) || equals == std::string_view::npos) continue;
    result.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return result;
}

}  // namespace sallyport::config
