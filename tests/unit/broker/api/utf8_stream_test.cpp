#include "broker/api/utf8_stream.hpp"

#include "broker/api/utf8.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace sallyport::broker {
namespace {

std::string in_pieces(std::string_view bytes, std::size_t size) {
  Utf8Stream stream;
  std::string text;
  for (std::size_t at = 0; at < bytes.size(); at += size) {
    const std::string piece = stream.feed(bytes.substr(at, size));
    EXPECT_EQ(find_invalid_utf8(piece), std::string_view::npos);
    text += piece;
  }
  return text + stream.finish();
}

TEST(Utf8Stream, ACharacterInTwoPiecesIsWhole) {
  Utf8Stream stream;
  EXPECT_EQ(stream.feed("a\xF0\x9F"), "a");
  EXPECT_EQ(stream.feed("\x90"), "");
  EXPECT_EQ(stream.feed("\x8D"), "\xF0\x9F\x90\x8D");
  EXPECT_EQ(stream.finish(), "");
}

TEST(Utf8Stream, WhatCannotBecomeACharacterIsNotHeld) {
  for (const std::string bytes : {"\xFF", "\xC0", "\x80", "\xED\xA0", "\xF5", "\xE0\x80", "\xF4\x90"}) {
    Utf8Stream stream;
    EXPECT_EQ(stream.feed(bytes), to_valid_utf8(bytes));
    EXPECT_EQ(stream.finish(), "");
  }
}

TEST(Utf8Stream, AnEndWithinACharacterIsOneReplacement) {
  Utf8Stream stream;
  EXPECT_EQ(stream.feed("\xE2\x82"), "");
  EXPECT_EQ(stream.finish(), "\xEF\xBF\xBD");
}

TEST(Utf8Stream, PiecesGiveWhatTheWholeGives) {
  // Of bytes that begin, go on, and break off characters.
  const std::string bytes = "az\x80\x90\xA0\xBF\xC0\xC2\xE0\xE2\xED\xEF\xF0\xF4\xF5\xFF";
  std::mt19937 random(3);  // NOLINT(cert-msc32-c,cert-msc51-cpp): the same each time
  for (int round = 0; round < 2000; ++round) {
    std::string text;
    for (int i = 0; i < 12; ++i) text += bytes[random() % bytes.size()];
    for (std::size_t size = 1; size < 6; ++size) EXPECT_EQ(in_pieces(text, size), to_valid_utf8(text));
  }
}

}  // namespace
}  // namespace sallyport::broker
