// The shipped sample and the operators' page against the table.
#include "tests/support/source_folder.hpp"
#include "tests/unit/config/support.hpp"

#include <gmock/gmock.h>

#include <map>
#include <sstream>

namespace sallyport::config {
namespace {

const std::string root = test::source_folder();

TEST(Sample, ListsEveryKeyAtItsDefault) {
  LoadOptions options;
  options.file = root + "/config/sallyport.json";
  const auto result = load(options);
  ASSERT_TRUE(result.ok()) << result.mistakes_text();
  EXPECT_EQ(values_of(result.loaded->config), values_of(Config{}));
  for (const auto& key : keys()) EXPECT_TRUE(result.loaded->sources.contains(key.path)) << key.path;
}

TEST(Docs, ListEveryKeyWithItsDefaultUnitAndVariable) {
  // By the key of a table's row: | `server.port` | `8080` | ...
  std::map<std::string, std::string> rows;
  std::istringstream page(read_all(root + "/docs/operations/configuration.md"));
  for (std::string line; std::getline(page, line);) {
    if (!line.starts_with("| `")) continue;
    const auto name = line.substr(3, line.find('`', 3) - 3);
    EXPECT_TRUE(rows.emplace(name, line).second) << name << " is there twice";
  }
  const Config defaults;
  for (const auto& key : keys()) {
    const auto beginning =
        "| `" + key.path + "` | `" + value_text(key, defaults) + "` | " + std::string(key.unit) + " | ";
    EXPECT_THAT(rows[key.path], testing::StartsWith(beginning));
    EXPECT_THAT(rows[key.path], testing::EndsWith(" | `" + variable_of(key.path) + "` |"));
  }
  EXPECT_EQ(rows.size(), keys().size()) << "the page has keys that do not exist";
}

}  // namespace
}  // namespace sallyport::config
