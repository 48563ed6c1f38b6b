// What Python's text functions give for constants. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::validators::policy {

// The characters of a text; surrogates as they are.
std::vector<std::uint32_t> characters(std::string_view text);
std::string utf8(const std::vector<std::uint32_t>& characters);

std::optional<std::string> from_hex(std::string_view text);     // bytes.fromhex, binascii.unhexlify
std::optional<std::string> from_base64(std::string_view text);  // also the URL alphabet
std::string rot13(std::string_view text);

// [lower:upper:step] with what is left out.
std::string sliced(std::string_view text, bool is_text, std::optional<std::int64_t> lower,
                   std::optional<std::int64_t> upper, std::int64_t step);

// An int literal, unless it is too large.
std::optional<std::int64_t> number_of(std::string_view literal);

// What a float literal is as an int; nothing if it is no number from 0 to 2**62.
std::optional<std::int64_t> whole(std::string_view literal);

// The largest number that stands in a format specification: its width or precision.
std::uint64_t widest(std::string_view spec);
// The same of a template for str.format: what stands behind ":" within braces.
std::uint64_t widest_field(std::string_view text);

// A replacement field of str.format: "0.a[b]!r:spec".
struct FormatField {
  std::string argument;                 // "0", "name", or empty for the next one
  std::vector<std::string> attributes;  // names read, in order; items in brackets are left out
  std::vector<bool> is_item;            // one for each of steps
  std::vector<std::string> steps;       // attributes and items in order
  bool plain = true;                    // nothing but the argument
};

struct FormatTemplate {
  bool valid = true;
  std::vector<FormatField> fields;    // those inside of specs too
  std::vector<std::string> literals;  // the text before each top-level field, and after the last
  std::vector<std::size_t> top;       // which fields are top-level
};

FormatTemplate parse_format(std::string_view text);

}  // namespace sallyport::validators::policy
