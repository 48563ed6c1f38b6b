#include "base/json_text.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>

namespace sallyport::base {
namespace {

TEST(JsonText, EachByteAtEachPlaceIsToldFromThePlainOnes) {
  for (const std::size_t size : {1U, 7U, 8U, 9U, 16U, 23U}) {
    for (std::size_t place = 0; place < size; ++place) {
      for (int byte = 0; byte < 256; ++byte) {
        std::string text(size, 'a');
        text[place] = static_cast<char>(byte);
        const bool plain = byte >= 0x20 && byte < 0x7F && byte != '"' && byte != '\\';
        ASSERT_EQ(is_plain_json(text), plain) << size << " " << place << " " << byte;
      }
    }
  }
  EXPECT_TRUE(is_plain_json(""));
}

TEST(JsonText, NumbersAreShortAndNoIntegers) {
  const auto written = [](double number) {
    std::string out = "=";
    append_json_number(out, number);
    return out;
  };
  EXPECT_EQ(written(0), "=0.0");
  EXPECT_EQ(written(-30), "=-30.0");
  EXPECT_EQ(written(0.1), "=0.1");
  EXPECT_EQ(written(1e300), "=1e+300");
  EXPECT_EQ(written(5e-324), "=5e-324");
  EXPECT_EQ(written(-std::numeric_limits<double>::max()), "=-1.7976931348623157e+308");
  EXPECT_EQ(written(std::nan("")), "=null");
  EXPECT_EQ(written(-std::numeric_limits<double>::infinity()), "=null");
}

}  // namespace
}  // namespace sallyport::base
