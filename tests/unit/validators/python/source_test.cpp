#include "validators/python/source.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace sallyport::validators::python {
namespace {

using namespace std::string_view_literals;

std::string text_of(std::string_view source, SourceKind kind = SourceKind::bytes,
                    Version version = Version::v3_12) {
  const auto decoded = decode(source, kind, version);
  const auto* const text = std::get_if<std::string>(&decoded);
  return text != nullptr ? *text : "refused: " + std::get<SyntaxError>(decoded).message;
}

SyntaxError error_of(std::string_view source, Version version, SourceKind kind = SourceKind::bytes) {
  const auto decoded = decode(source, kind, version);
  const auto* const error = std::get_if<SyntaxError>(&decoded);
  if (error == nullptr) {
    ADD_FAILURE() << "accepted";
    return {};
  }
  return *error;
}

TEST(Source, LineEnds) {
  for (const auto kind : {SourceKind::text, SourceKind::bytes}) {
    EXPECT_EQ(text_of("", kind), "");
    EXPECT_EQ(text_of("x", kind), "x\n");
    EXPECT_EQ(text_of("a\r\nb\rc\n\rd", kind), "a\nb\nc\n\nd\n");
    EXPECT_EQ(text_of("a\r\r\nb\r", kind), "a\n\nb\n");
    // What looks like a comment to those who do not know: the second line runs.
    EXPECT_EQ(text_of("# x\rimport os", kind), "# x\nimport os\n");
    // CPython's own slip, mended in 3.12: its errors at the end name one line more.
    EXPECT_EQ(text_of("a\r\n", kind, Version::v3_11), "a\n\n");
    EXPECT_EQ(text_of("a\r\n", kind, Version::v3_12), "a\n");
    EXPECT_EQ(text_of("a\r", kind, Version::v3_11), "a\n");
  }
}

TEST(Source, NullBytes) {
  for (const auto kind : {SourceKind::text, SourceKind::bytes}) {
    EXPECT_EQ(error_of("x\0"sv, Version::v3_10, kind).type, ErrorType::value_error);
    EXPECT_EQ(error_of("x\0"sv, Version::v3_12, kind).type, ErrorType::syntax_error);
    EXPECT_EQ(error_of("x\0"sv, Version::v3_12, kind).message,
              "source code string cannot contain null bytes");
  }
}

TEST(Source, ByteOrderMark) {
  EXPECT_EQ(text_of("\xEF\xBB\xBFx"), "x\n");
  EXPECT_EQ(text_of("\xEF\xBB\xBFx", SourceKind::text), "\uFEFFx\n");  // in a str it is a character
  EXPECT_EQ(text_of("\xEF\xBB\xBF# coding: utf-8\n"), "# coding: utf-8\n");
  EXPECT_EQ(text_of("\xEF\xBB\xBF# coding: latin-1\n"), "refused: encoding problem: iso-8859-1 with BOM");
  EXPECT_EQ(text_of("\xEF\xBB\xBF# coding: utf8\n"), "refused: encoding problem: utf8 with BOM");
}

TEST(Source, WhereADeclarationCounts) {
  constexpr std::string_view refused = "refused: unknown encoding: foo";
  for (const auto* source :
       {"# coding: foo", "#coding=foo\n", "\n# coding: foo\n", "# x\n# -*- coding: foo -*-\n",
        "\f# coding: foo\n", "# vim: set fileencoding=foo :\n", "# coding coding:\tfoo bar\n",
        "# x\r# coding: foo\r", "# coding: foo\n# coding: bar\n"}) {
    EXPECT_EQ(text_of(source), refused) << source;
    EXPECT_FALSE(text_of(source, SourceKind::text).starts_with("refused")) << source;
  }
  for (const auto* source :
       {"\n\n# coding: foo\n", "x = 1 # coding: foo\n", "x\n# coding: foo\n", "# Coding: foo\n",
        "\\\n# coding: foo\n", "'''\n# coding: foo\n'''\n", "# coding : foo\n", "# coding: ?\n"}) {
    EXPECT_EQ(text_of(source), source);
  }
}

TEST(Source, Encodings) {
  const struct {
    const char* name;
    std::string_view bytes;
    const char* text;
  } cases[] = {{"latin-1", "\xE9", "\u00e9"},
               {"iso-8859-1-unix", "\xE9", "\u00e9"},
               {"L1", "\xE9", "\u00e9"},
               {"cp1252", "\x80", "\u20ac"},
               {"Windows_1252", "\x80", "\u20ac"},
               {"koi8-r", "\xC1", "\u0430"},
               {"iso8859-15", "\xA4", "\u20ac"},
               {"mac-roman", "\x8E", "\u00e9"},
               {"cp437", "\x82", "\u00e9"},
               {"utf-8-sig", "\xC3\xA9", "\u00e9"},
               {"gbk", "\xC4\xE3", "\u4f60"},
               {"gb18030", "\x81\x30\x81\x30", "\u0080"},
               {"shift_jis", "\x83\x5C", "\u30bd"},
               {"euc-jp", "\xA5\xBD", "\u30bd"},
               {"big5", "\xA5\x5C", "\u529f"},
               {"euc_kr", "\xB0\xA1", "\uac00"}};
  for (const auto& [name, bytes, text] : cases) {
    const auto cookie = "# coding: " + std::string(name) + "\n";
    EXPECT_EQ(text_of(cookie + "'" + std::string(bytes) + "'\n"), cookie + "'" + text + "'\n") << name;
  }
}

TEST(Source, WhatAnEncodingCannotDecode) {
  const struct {
    const char* source;
    const char* message;
  } cases[] = {
      {"# coding: ascii\nx='\xE9'",
       "'ascii' codec can't decode byte 0xe9 in position 19: ordinal not in range(128)"},
      {"# coding: cp1252\nx='\x81'",
       "'charmap' codec can't decode byte 0x81 in position 20: character maps to <undefined>"},
      {"# coding: gbk\nx='\xFF'",
       "'gbk' codec can't decode byte 0xff in position 17: illegal multibyte sequence"},
      {"# coding: utf8\n'\xFF'", "'utf-8' codec can't decode byte 0xff in position 16: invalid start byte"}};
  for (const auto& [source, message] : cases) {
    const auto error = error_of(source, Version::v3_12);
    EXPECT_EQ(error.message, message);
    EXPECT_EQ(error.line, 0U);
  }
}

// Read with these, a comment can hold code.
TEST(Source, EncodingsThatHideCodeAreRefused) {
  for (const auto* name : {"utf-7", "utf-16", "utf_32_le", "unicode_escape", "raw_unicode_escape", "idna",
                           "punycode", "cp037", "cp500", "iso2022_jp", "hz", "U7", "unicode-1-1-utf-7"}) {
    EXPECT_EQ(text_of("# coding: " + std::string(name) + "\n"),
              "refused: encoding problem: " + std::string(name));
  }
  EXPECT_EQ(text_of("# coding: rot13\n"),
            "refused: 'rot13' is not a text encoding; use codecs.decode() to handle arbitrary codecs");
  EXPECT_EQ(text_of("# coding: undefined\n"), "refused: undefined encoding");
}

TEST(Source, AliasesOfTheVersion) {
  EXPECT_EQ(error_of("# coding: windows-31j\n", Version::v3_12).message, "unknown encoding: windows-31j");
  EXPECT_EQ(text_of("# coding: windows-31j\n", SourceKind::bytes, Version::v3_13), "# coding: windows-31j\n");
}

// Until 3.13 only what is more than a comment is looked at, by the lexer.
TEST(Source, InvalidUtf8WithoutDeclaration) {
  EXPECT_EQ(text_of("# \xFF\nx = 1", SourceKind::bytes, Version::v3_11), "# \xFF\nx = 1\n");
  const auto error = error_of("x = 1\n# \xC3\xA9 \xE9", Version::v3_14);
  EXPECT_EQ(error.message,
            "Non-UTF-8 code starting with '\\xe9' on line 2, but no encoding declared; see "
            "https://peps.python.org/pep-0263/ for details");
  EXPECT_EQ(error.line, 2U);
  EXPECT_EQ(error.offset, 5U);
}

TEST(Source, LoneSurrogates) {
  const auto one = error_of("x='\xED\xA0\x80'", Version::v3_12, SourceKind::text);
  EXPECT_EQ(one.type, ErrorType::unicode_error);
  EXPECT_EQ(one.message,
            "'utf-8' codec can't encode character '\\ud800' in position 3: surrogates not allowed");
  const auto two = error_of("\u00e9\xED\xA0\x80\xED\xB0\x80", Version::v3_12, SourceKind::text);
  EXPECT_EQ(two.message, "'utf-8' codec can't encode characters in position 1-2: surrogates not allowed");
}

TEST(Source, CountsCharacters) {
  EXPECT_EQ(count_characters(""), 0U);
  EXPECT_EQ(count_characters("abc"), 3U);
  EXPECT_EQ(count_characters("\u00e9\u4e2d\U0001F600"), 3U);
  EXPECT_EQ(count_characters("\xE9\xE4\xB8z"), 3U);  // as Python replaces them
  EXPECT_EQ(character_offset("\u00e9x", 2), 2U);
  EXPECT_EQ(character_offset("\u00e9x", 5), 5U);
}

}  // namespace
}  // namespace sallyport::validators::python
