#include "base/secret_bytes.hpp"

#include "base/hex.hpp"

#include <gtest/gtest.h>

namespace sallyport::base {
namespace {

TEST(SecretBytesTest, AreOfTheLengthAskedForAndNeverTheSame) {
  EXPECT_EQ(random_bytes(32).size(), 32U);
  EXPECT_NE(random_bytes(32), random_bytes(32));
}

TEST(SecretBytesTest, Compares) {
  EXPECT_TRUE(equal_in_constant_time("", ""));
  EXPECT_TRUE(equal_in_constant_time("abc", "abc"));
  EXPECT_FALSE(equal_in_constant_time("abc", "abd"));
  EXPECT_FALSE(equal_in_constant_time("abc", "ab"));
}

TEST(HexTest, WritesAndKnowsDigits) {
  EXPECT_EQ(to_hex(std::string_view("\x00\x7f\xff", 3)), "007fff");
  EXPECT_TRUE(is_hex("0123456789abcdef"));
  EXPECT_FALSE(is_hex("0A"));
  EXPECT_FALSE(is_hex("0g"));
}

}  // namespace
}  // namespace sallyport::base
