// What the parser's tests share.
#pragma once

#include "validators/python/dump.hpp"
#include "validators/python/parser.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace sallyport::validators::python::test {

inline const std::vector<Version>& all_versions() {
  static const std::vector<Version> versions = {Version::v3_9,  Version::v3_10, Version::v3_11,
                                                Version::v3_12, Version::v3_13, Version::v3_14};
  return versions;
}

inline bool is_accepted(std::string_view source, Version version) {
  return std::holds_alternative<Tree>(parse(source, {.version = version}));
}

inline SyntaxError error_of(std::string_view source, Version version = newest_version) {
  auto result = parse(source, {.version = version});
  if (auto* const error = std::get_if<SyntaxError>(&result)) {
    return *error;
  }
  ADD_FAILURE() << "accepted: " << source;
  return {};
}

// The tree's text, or the message of the error.
inline std::string dump_of(std::string_view source, Version version = newest_version,
                           bool include_attributes = false) {
  const auto result = parse(source, {.version = version});
  if (const auto* const error = std::get_if<SyntaxError>(&result)) {
    return error->message;
  }
  return dump(std::get<Tree>(result).module(),
              {.version = version, .include_attributes = include_attributes});
}

// The text of the one expression that the source is, without the module and statement around it.
inline std::string expression_of(std::string_view source, Version version = newest_version,
                                 bool include_attributes = false) {
  const auto text = dump_of(source, version, include_attributes);
  constexpr std::string_view before = "Module(body=[Expr(value=";
  const std::string_view after = version >= Version::v3_13 ? ")])" : ")], type_ignores=[])";
  if (include_attributes || !text.starts_with(before) || !text.ends_with(after)) {
    return text;
  }
  return text.substr(before.size(), text.size() - before.size() - after.size());
}

inline void expect_accepted(const std::vector<std::string_view>& sources, Version first = oldest_version) {
  for (const auto source : sources) {
    for (const auto version : all_versions()) {
      EXPECT_EQ(is_accepted(source, version), version >= first) << to_string(version) << ": " << source;
    }
  }
}

inline void expect_refused(const std::vector<std::string_view>& sources) {
  for (const auto source : sources) {
    for (const auto version : all_versions()) {
      EXPECT_FALSE(is_accepted(source, version)) << to_string(version) << ": " << source;
    }
  }
}

}  // namespace sallyport::validators::python::test
