#include "broker/cli/audit_query_fields.hpp"

#include "base/utc_time.hpp"
#include "config/nearest.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <span>
#include <utility>

namespace sallyport::broker::cli {
namespace {

constexpr std::array<std::string_view, 8> kNames = {"since",        "until",   "key_id", "user_id",
                                                    "execution_id", "outcome", "after",  "limit"};
constexpr std::uint64_t kMaxLimit = 1000;

/// A client's text in a message: bounded and on its line. What is not JSON-safe is escaped with the answer.
std::string shown(const std::string& text) {
  return "\"" + text.substr(0, 64) + "\"";
}

std::string near(std::string_view name, std::span<const std::string_view> known) {
  const auto found = config::nearest(name, known);
  return found ? "; did you mean \"" + std::string(*found) + "\"?" : std::string();
}

std::optional<std::uint64_t> read_number(const std::string& text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

/// What is wrong; empty if nothing is.
std::string take(const std::string& name, const std::string& value, log::AuditQuery& query) {
  if (name == "key_id") {
    query.key_id = value;
  } else if (name == "user_id") {
    query.user_id = value;
  } else if (name == "execution_id") {
    query.execution_id = value;
  } else if (name == "outcome") {
    const auto& known = log::audit_outcomes();
    if (std::find(known.begin(), known.end(), value) == known.end()) {
      std::string mistake = "outcome: " + shown(value) + " is not one of ";
      for (const std::string_view name : known)
        mistake += (name == known.front() ? "" : ", ") + std::string(name);
      return mistake + near(value, known);
    }
    query.outcome = value;
  } else if (name == "since" || name == "until") {
    const auto time = base::parse_utc(value);
    if (!time) return name + ": " + shown(value) + " is not a time like 2026-01-31T12:00:00Z, or a date";
    (name == "since" ? query.since : query.until) = *time;
  } else if (name == "after" || name == "limit") {
    const auto number = read_number(value);
    const bool is_limit = name == "limit";
    if (!number || (is_limit && (*number < 1 || *number > kMaxLimit)) || *number == UINT64_MAX) {
      return name + ": " + shown(value) + " is not a whole number" + (is_limit ? " from 1 to 1000" : "");
    }
    if (is_limit) {
      query.limit = static_cast<std::size_t>(*number);
    } else {
      query.after = *number;
    }
  } else {
    return "the parameter " + shown(name) + " is not known" + near(name, kNames);
  }
  return {};
}

}  // namespace

ApiError bad_query(std::string message) {
  ApiError error;
  error.status = 422;
  error.error_type = error_type_of(422);
  error.message = std::move(message);
  return error;
}

ApiResult<log::AuditQuery> audit_query(const http::QueryParameters& given) {
  log::AuditQuery query;
  for (const auto& [name, value] : given) {
    if (std::string mistake = take(name, value, query); !mistake.empty())
      return bad_query(std::move(mistake));
  }
  return query;
}

}  // namespace sallyport::broker::cli
