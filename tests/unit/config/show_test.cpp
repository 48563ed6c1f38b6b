#include "config/show.hpp"

#include "tests/unit/config/support.hpp"

#include <gmock/gmock.h>

namespace sallyport::config {
namespace {

using testing::HasSubstr;

TEST(Show, NamesTheSourceOfEachValue) {
  const auto result = load_named("{\"log\": {\n\"level\": \"debug\", \"file\": \"a\\\"b\"}}",
                                 {{"SALLYPORT_SERVER_PORT", "9000"}});
  ASSERT_TRUE(result.ok()) << result.mistakes_text();
  const auto text = show(*result.loaded);
  EXPECT_THAT(text, HasSubstr("\n    \"address\": \"127.0.0.1\",  // default\n"));
  EXPECT_THAT(text, HasSubstr("\n    \"port\": 9000,  // from SALLYPORT_SERVER_PORT\n"));
  EXPECT_THAT(text, HasSubstr("\n    \"level\": \"debug\",  // from f.json:2\n"));
  EXPECT_THAT(text, HasSubstr("\n    \"file\": \"a\\\"b\",  // from f.json:2\n"));
}

TEST(Show, LoadsAgainToTheSameValues) {
  const auto first = load_named(R"({"sandbox": {"defaults": {"cpus": 0.1, "timeout_seconds": 1e-3}},
                                    "log": {"max_file_bytes": 123456789012, "file": "\u00e4 \"\\/*//"}})");
  ASSERT_TRUE(first.ok()) << first.mistakes_text();
  const auto again = load_named(show(*first.loaded));
  ASSERT_TRUE(again.ok()) << again.mistakes_text();
  EXPECT_EQ(values_of(again.loaded->config), values_of(first.loaded->config));
  EXPECT_EQ(again.loaded->sources.size(), keys().size());
}

TEST(Show, AFileNameCannotEndItsComment) {
  const auto result = load_text(R"({"server": {"port": 1}})", "a\n\"b\r", {});
  ASSERT_TRUE(result.ok());
  const auto text = show(*result.loaded);
  EXPECT_THAT(text, HasSubstr("\"port\": 1,  // from a\\n\\\"b\\r:1\n"));
  EXPECT_TRUE(load_named(text).ok());
}

}  // namespace
}  // namespace sallyport::config
