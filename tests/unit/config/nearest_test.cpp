#include "config/nearest.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace sallyport::config {
namespace {

TEST(EditDistance, CountsSlips) {
  EXPECT_EQ(edit_distance("", ""), 0U);
  EXPECT_EQ(edit_distance("", "abc"), 3U);
  EXPECT_EQ(edit_distance("abc", ""), 3U);
  EXPECT_EQ(edit_distance("port", "port"), 0U);
  EXPECT_EQ(edit_distance("port", "PORT"), 0U);
  EXPECT_EQ(edit_distance("prot", "port"), 1U);
  EXPECT_EQ(edit_distance("pot", "port"), 1U);
  EXPECT_EQ(edit_distance("poort", "port"), 1U);
  EXPECT_EQ(edit_distance("part", "port"), 1U);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3U);
  EXPECT_EQ(edit_distance("ca", "abc"), 3U);  // 2 if a swapped pair could be edited once more.
}

TEST(EditDistance, IsSymmetric) {
  const std::array<std::string_view, 6> words = {"", "a", "timeout", "tiemout", "max_memory_mb", "mb"};
  for (const auto a : words) {
    for (const auto b : words) EXPECT_EQ(edit_distance(a, b), edit_distance(b, a)) << a << " " << b;
  }
}

struct NameCase {
  std::string_view name;
  std::string_view expected;  // Empty: nothing.
};

TEST(Nearest, SuggestsWhatIsNearAndNothingElse) {
  constexpr std::array<std::string_view, 6> candidates = {"code",  "context",       "timeout_seconds",
                                                          "stdin", "max_memory_mb", "max_output_bytes"};
  const NameCase cases[] = {
      {"cdoe", "code"},
      {"Code", "code"},
      {"codes", "code"},
      {"contxt", "context"},
      {"std_in", "stdin"},
      {"timeoutSeconds", "timeout_seconds"},
      {"timeout", "timeout_seconds"},  // Whole words of one name.
      {"memory_mb", "max_memory_mb"},
      {"memory", ""},  // In the middle only.
      {"max", ""},     // Of two names.
      {"time", ""},    // Half a word.
      {"source", ""},
      {"x", ""},
      {"", ""},
      {"coordinates", ""},
  };
  for (const auto& [name, expected] : cases) {
    EXPECT_EQ(nearest(name, candidates).value_or(""), expected) << name;
  }
}

TEST(Nearest, OfEqualsTheFirst) {
  constexpr std::array<std::string_view, 2> candidates = {"abcd1", "abcd2"};
  EXPECT_EQ(nearest("abcd3", candidates), "abcd1");
}

TEST(Nearest, GivesUpOnHugeNames) {
  const std::string huge(1'000'000, 'a');
  const std::string other = huge.substr(1);
  const std::array<std::string_view, 1> candidates = {other};
  EXPECT_FALSE(nearest(huge, candidates));
}

TEST(Nearest, NothingAmongNothing) {
  EXPECT_FALSE(nearest("port", {}));
}

}  // namespace
}  // namespace sallyport::config
