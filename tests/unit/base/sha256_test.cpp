#include "base/sha256.hpp"

#include <gtest/gtest.h>

#include <string>

namespace sallyport::base {
namespace {

// The vectors of FIPS 180-2, appendix B.
TEST(Sha256, KnownDigests) {
  EXPECT_EQ(sha256_hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256_hex(std::string(1'000'000, 'a')),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256, InPiecesGivesTheSameBytes) {
  Sha256 hash;
  hash.add("a");
  hash.add("");
  hash.add("bc");
  const std::string digest = hash.finish();
  ASSERT_EQ(digest.size(), 32U);
  std::string hex;
  for (const unsigned char byte : digest) {
    hex += "0123456789abcdef"[byte >> 4U];
    hex += "0123456789abcdef"[byte & 0x0fU];
  }
  EXPECT_EQ(hex, sha256_hex("abc"));
  EXPECT_EQ(hash.finish(), "");  // Once.
}

}  // namespace
}  // namespace sallyport::base
