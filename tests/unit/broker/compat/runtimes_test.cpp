#include "broker/compat/runtimes.hpp"

#include "tests/unit/broker/fakes.hpp"

#include <gtest/gtest.h>

namespace sallyport::broker::compat {
namespace {

TEST(Runtimes, SelectorsTakeVersions) {
  for (const char* selector : {"3.11.0", "3.11", "3", "*", "x", "3.x", "3.11.x", "3.x.x", "^3.0.0", "^3.11",
                               "~3.11.0", ">=3.9", ">=3.11.0", ">=2", "=3.11.0"}) {
    EXPECT_TRUE(takes(selector, "3.11.0")) << selector;
  }
  for (const char* selector : {"3.10.0", "3.1", "2.x", "^3.12", "^2.7", "~3.10", "~3.12", ">=3.12", ">=4", "",
                               "latest", "3.11.0.0", "3..", "-1", "3.11.0-rc1", ">3", "<4", "99999999999"}) {
    EXPECT_FALSE(takes(selector, "3.11.0")) << selector;
  }
}

TEST(Runtimes, TheDefaultImageIsPython) {
  test::FakeCatalog catalog;
  catalog.known = {"data-science", "base"};
  RequestRules rules;
  rules.images = &catalog;
  rules.default_image = "base";
  const auto known = runtimes(rules);
  ASSERT_EQ(known.size(), 2U);
  EXPECT_EQ(known[0].language, "python");
  EXPECT_EQ(known[0].version, "3.11.0");
  EXPECT_EQ(find_runtime(known, "py", "*")->image, "base");
  EXPECT_EQ(find_runtime(known, "base", "*")->image, "base");
  EXPECT_EQ(find_runtime(known, "data-science", "3.11.0")->image, "data-science");
  EXPECT_EQ(find_runtime(known, "data-science", "3.12.0"), nullptr);
  EXPECT_EQ(find_runtime(known, "ruby", "*"), nullptr);
}

}  // namespace
}  // namespace sallyport::broker::compat
