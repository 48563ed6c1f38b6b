// One rule of what must not leave in an output, as data. FORMAT.md describes the file.
#pragma once

#include "validators/file_mistake.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::validators::output {

inline constexpr std::array<std::string_view, 11> categories{
    "personal", "payment_card", "api_key", "password", "connection_string", "private_key", "token",
    "cookie",   "email",        "iban",    "canary"};

enum class Severity : std::uint8_t { low, medium, high, critical };
enum class Action : std::uint8_t { redact, warn, block };
enum class Trigger : std::uint8_t { keyword, digits, pem };

inline constexpr std::array<std::string_view, 4> severity_names{"low", "medium", "high", "critical"};
inline constexpr std::array<std::string_view, 3> action_names{"redact", "warn", "block"};
inline constexpr std::array<std::string_view, 3> trigger_names{"keyword", "digits", "pem"};

[[nodiscard]] inline std::string_view to_string(Severity severity) {
  return severity_names[static_cast<std::size_t>(severity)];
}
[[nodiscard]] inline std::string_view to_string(Action action) {
  return action_names[static_cast<std::size_t>(action)];
}

inline constexpr std::size_t longest_match = 16384;  // bytes, of any rule
inline constexpr std::size_t longest_keyword = 64;
inline constexpr std::size_t shortest_keyword = 3;
inline constexpr std::size_t longest_distance = 256;
inline constexpr std::string_view redacted = "[REDACTED]";

struct MatchExample {
  std::string text;
  std::vector<std::string> secrets;  // may be empty: any finding of the rule will do
};

struct Rule {
  std::string id;
  std::string category;
  std::string description;
  std::string pattern;
  std::vector<std::string> keywords;  // small letters
  std::size_t keyword_distance = 0;
  Trigger trigger = Trigger::keyword;
  std::size_t max_length = 256;
  double min_entropy = 0;
  std::vector<std::string> validators;
  std::vector<std::string> allow;
  Severity severity = Severity::high;
  Action action = Action::redact;
  std::string replacement{redacted};
  bool enabled = true;
  std::vector<MatchExample> must_match;
  std::vector<std::string> must_pass;
};

// A string of the operator that must never be printed, as hashes of the forms that it may take.
struct CanaryForm {
  std::size_t length = 0;
  std::uint16_t fingerprint = 0;
  std::string digest;  // SHA-256, 64 hex digits
};

struct Canary {
  std::string id;
  std::vector<CanaryForm> forms;
};

using RuleMistake = FileMistake;

}  // namespace sallyport::validators::output
