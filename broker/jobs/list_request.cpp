#include "broker/jobs/list_request.hpp"

#include "broker/api/json_string.hpp"
#include "broker/api/query.hpp"
#include "broker/api/request_fields.hpp"
#include "broker/jobs/moment.hpp"

#include <array>
#include <charconv>
#include <string>
#include <utility>

namespace sallyport::broker {
namespace {

constexpr std::array<std::string_view, 6> kParameters = {"state",          "user_id", "created_after",
                                                         "created_before", "limit",   "cursor"};
constexpr std::size_t kMaxCursorBytes = 64;

std::int64_t read_moment(const std::string& name, const std::string& value) {
  const auto moment = parse_moment(value);
  if (!moment) refuse_field(name, quote(value) + " is not a time like 2026-01-31T12:00:00Z");
  return *moment;
}

/// A query cannot say whether 7 is a number or a text, so it means both.
std::vector<std::string> read_user(const std::string& value) {
  std::vector<std::string> wanted;
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  const bool whole = error == std::errc() && end == value.data() + value.size();
  if (whole && std::to_string(number) == value) wanted.push_back(value);
  std::string text;
  append_json_string(text, value);
  wanted.push_back(std::move(text));
  return wanted;
}

std::size_t read_limit(const std::string& value) {
  std::size_t limit = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), limit);
  if (error != std::errc() || end != value.data() + value.size() || limit < 1 || limit > kMaxPage) {
    refuse_field("limit", "must be a whole number from 1 to " + std::to_string(kMaxPage));
  }
  return limit;
}

void read_parameter(const std::string& name, const std::string& value, store::ListQuery& query) {
  if (name == "state") {
    query.state = store::job_state_from(value);
    if (!query.state) {
      refuse_field("state",
                   quote(value) + " is not one of queued, running, succeeded, failed, cancelled, expired");
    }
  } else if (name == "user_id") {
    query.user_json = read_user(value);
  } else if (name == "created_after") {
    query.created_from_ms = read_moment(name, value) + 1;
  } else if (name == "created_before") {
    query.created_until_ms = read_moment(name, value);
  } else if (name == "limit") {
    query.most = read_limit(value);
  } else if (name == "cursor") {
    if (value.empty() || value.size() > kMaxCursorBytes) refuse_field("cursor", "is not one that was given");
    query.before_id = value;
  } else {
    check_known(nlohmann::json::object({{name, nullptr}}), "", kParameters);
  }
}

}  // namespace

ApiResult<store::ListQuery> parse_list_request(std::string_view text) {
  auto parameters = parse_query(text);
  if (parameters.has_error()) return parameters.error();
  store::ListQuery query;
  query.most = kNormalPage;
  try {
    for (const auto& [name, value] : *parameters) read_parameter(name, value, query);
  } catch (Refused& refused) {
    return std::move(refused.error);
  }
  return query;
}

}  // namespace sallyport::broker
