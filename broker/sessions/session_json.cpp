#include "broker/sessions/session_json.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <ctime>
#include <variant>

namespace sallyport::broker {
namespace {

using OrderedJson = nlohmann::ordered_json;

/// "2026-01-31T12:00:00Z"
std::string date_text(std::chrono::system_clock::time_point when) {
  const std::time_t whole = std::chrono::system_clock::to_time_t(when);
  std::tm parts{};
  std::array<char, 32> text{};
  if (gmtime_r(&whole, &parts) == nullptr) return {};
  if (std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts) == 0) return {};
  return text.data();
}

OrderedJson user_json(const UserId& user) {
  if (const auto* number = std::get_if<std::int64_t>(&user)) return *number;
  if (const auto* text = std::get_if<std::string>(&user)) return *text;
  return nullptr;
}

OrderedJson to_object(const SessionEntry& entry) {
  const SessionRequest& asked = entry.request;
  OrderedJson object;
  object["id"] = entry.id;
  object["state"] = to_string(entry.state);
  object["why_ended"] = entry.why_ended.empty() ? OrderedJson(nullptr) : OrderedJson(entry.why_ended);
  object["user_id"] = user_json(asked.base.user_id);
  object["image"] = asked.base.image.name;
  object["policy"] = asked.base.policy;
  object["cells"] = entry.cells;
  object["created_at"] = date_text(entry.created);
  object["last_used_at"] = date_text(entry.last_used);
  object["idle_seconds"] = asked.idle_seconds;
  object["lifetime_seconds"] = asked.lifetime_seconds;
  return object;
}

/// What ended a session may be told in the engine's words.
std::string text_of(const OrderedJson& body) {
  return body.dump(-1, ' ', false, OrderedJson::error_handler_t::replace);
}

}  // namespace

std::string session_json(const SessionEntry& entry) {
  return text_of(to_object(entry));
}

std::string sessions_json(const std::vector<Sessions::Pointer>& entries) {
  OrderedJson body;
  body["sessions"] = OrderedJson::array();
  for (const Sessions::Pointer& entry : entries) body["sessions"].push_back(to_object(*entry));
  return text_of(body);
}

}  // namespace sallyport::broker
