// What the configuration's tests share.
#pragma once

#include "config/keys.hpp"
#include "config/load.hpp"
#include "tests/support/temporary_folder.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace sallyport::config {

using test::read_all;
using test::TemporaryFolder;

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

}  // namespace sallyport::config
