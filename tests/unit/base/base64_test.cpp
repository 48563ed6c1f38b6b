#include "base/base64.hpp"

#include <gtest/gtest.h>

#include <string>

namespace sallyport::base {
namespace {

// The vectors of RFC 4648, section 10.
struct Vector {
  const char* bytes;
  const char* text;
};
constexpr Vector kVectors[] = {{"", ""},
                               {"f", "Zg=="},
                               {"fo", "Zm8="},
                               {"foo", "Zm9v"},
                               {"foob", "Zm9vYg=="},
                               {"fooba", "Zm9vYmE="},
                               {"foobar", "Zm9vYmFy"}};

TEST(Base64, EncodesAndDecodesTheRfcVectors) {
  for (const Vector& vector : kVectors) {
    EXPECT_EQ(base64_encode(vector.bytes), vector.text);
    EXPECT_EQ(base64_decode(vector.text), vector.bytes);
  }
}

TEST(Base64, CarriesEveryByte) {
  std::string bytes;
  for (int value = 0; value < 256; ++value) bytes += static_cast<char>(value);
  for (std::size_t length = 0; length <= bytes.size(); ++length) {
    const std::string part = bytes.substr(0, length);
    EXPECT_EQ(base64_decode(base64_encode(part)), part);
  }
}

TEST(Base64, RefusesWhatItWouldNotWrite) {
  for (const char* text : {"Zg", "Zg=", "Zg===", "=", "====", "Z===", "Zm9v\n", "Zm 9v", "Zm9-",
                           "Zh==", "Zm9=", "Zg==Zg==", "\xff\xff\xff\xff"}) {
    EXPECT_FALSE(base64_decode(text)) << text;
  }
}

}  // namespace
}  // namespace sallyport::base
