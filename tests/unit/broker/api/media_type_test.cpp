#include "broker/api/media_type.hpp"

#include <gtest/gtest.h>

#include <string>

namespace sallyport::broker {
namespace {

TEST(MediaType, GoesByTheExtension) {
  EXPECT_EQ(media_type("a.csv", "1,2"), "text/csv");
  EXPECT_EQ(media_type("folder.json/A.JSON", "{}"), "application/json");
  EXPECT_EQ(media_type("folder.json/data", "{}"), "application/octet-stream");
  EXPECT_EQ(media_type("a.unheard", ""), "application/octet-stream");
  EXPECT_EQ(media_type("", ""), "application/octet-stream");
}

TEST(MediaType, ImagesHaveToBeImages) {
  EXPECT_EQ(media_type("a.png", "\x89PNG\r\n\x1A\n...."), "image/png");
  EXPECT_EQ(media_type("a.png", "<html><script>"), "application/octet-stream");
  EXPECT_EQ(media_type("a.png", ""), "application/octet-stream");
  EXPECT_EQ(media_type("a.jpeg", "\xFF\xD8\xFF\xE0"), "image/jpeg");
  EXPECT_EQ(media_type("a.webp", std::string("RIFF\x01\x02\x03\x04WEBPVP8 ")), "image/webp");
  EXPECT_EQ(media_type("a.webp", "RIFF"), "application/octet-stream");
  EXPECT_EQ(media_type("a.webp", "RIFF....WAVE"), "application/octet-stream");
  EXPECT_EQ(media_type("a.svg", "\n <svg xmlns="), "image/svg+xml");
  EXPECT_EQ(media_type("a.svg", "hello"), "application/octet-stream");
  EXPECT_EQ(media_type("a.pdf", "%PDF-1.7"), "application/pdf");
}

}  // namespace
}  // namespace sallyport::broker
