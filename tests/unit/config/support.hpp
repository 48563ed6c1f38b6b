// What the configuration's tests share.
#pragma once

#include "config/keys.hpp"
#include "config/load.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdlib.h>
#include <string>
#include <string_view>

namespace sallyport::config {

/// What load() says about a text called "f.json".
inline LoadResult load_named(std::string_view text, const Environment& environment = {}) {
  return load_text(text, "f.json", environment);
}

inline std::string mistakes_in(std::string_view text, const Environment& environment = {}) {
  return load_named(text, environment).mistakes_text();
}

/// All values as text, to compare configurations by the table.
inline std::string values_of(const Config& config) {
  std::string text;
  for (const auto& key : keys()) text += key.path + " = " + value_text(key, config) + "\n";
  return text;
}

inline std::string read_all(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

/// A folder for one test, removed behind it.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    auto pattern = (std::filesystem::temp_directory_path() / "sallyport-config-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) ADD_FAILURE() << "mkdtemp";
    folder_ = pattern;
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }

  [[nodiscard]] std::string path(const std::string& name) const { return folder_ / name; }

  [[nodiscard]] std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(path(name)) << text;
    return path(name);
  }

 private:
  std::filesystem::path folder_;
};

}  // namespace sallyport::config
