#include "broker/log/json_line.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>
#include <variant>

namespace sallyport::broker::log {

namespace {

Json list_json(std::span<const std::string> list, const Context& context) {
  Json json = Json::array();
  for (const auto& entry : list.first(std::min(list.size(), longest_list)))
    json.push_back(bounded(context.filtered(entry), longest_text));
  if (list.size() > longest_list)
    json.push_back("... " + std::to_string(list.size() - longest_list) + " more");
  return json;
}

Json value_json(const FieldValue& value, const Context& context) {
  return std::visit(
      [&context](const auto& held) -> Json {
        using Type = std::remove_cvref_t<decltype(held)>;
        if constexpr (std::is_same_v<Type, std::string_view>) {
          return bounded(context.filtered(held), longest_text);
        } else if constexpr (std::is_same_v<Type, std::span<const std::string>>) {
          return list_json(held, context);
        } else {
          return held;
        }
      },
      value.variant());
}

/// `number`, not negative, as so many digits at `at`. Each record has a time, and printf shows in profiles.
void put(std::string& text, std::size_t at, std::size_t digits, std::int64_t number) {
  for (std::size_t i = at + digits; i > at; --i, number /= 10)
    text[i - 1] = static_cast<char>('0' + number % 10);
}

}  // namespace

std::string timestamp(std::chrono::system_clock::time_point when) {
  namespace chrono = std::chrono;
  const auto micros = chrono::floor<chrono::microseconds>(when);
  const auto day = chrono::floor<chrono::days>(micros);
  const chrono::year_month_day date(day);
  const chrono::hh_mm_ss time(micros - day);
  std::string text = "0000-00-00T00:00:00.000000Z";
  put(text, 0, 4, static_cast<int>(date.year()));
  put(text, 5, 2, static_cast<unsigned>(date.month()));
  put(text, 8, 2, static_cast<unsigned>(date.day()));
  put(text, 11, 2, time.hours().count());
  put(text, 14, 2, time.minutes().count());
  put(text, 17, 2, time.seconds().count());
  put(text, 20, 6, time.subseconds().count());
  return text;
}

std::string bounded(std::string_view text, std::size_t limit) {
  if (text.size() <= limit) return std::string(text);
  // A continuation byte of UTF-8 is 10xxxxxx.
  while (limit > 0 && (static_cast<unsigned char>(text[limit]) & 0xc0U) == 0x80U) --limit;
  return std::string(text.substr(0, limit)) + "...";
}

Json record(std::chrono::system_clock::time_point when, Level level, std::string_view event) {
  Json json = Json::object();
  json.emplace("ts", timestamp(when));
  json.emplace("level", to_string(level));
  json.emplace("event", bounded(event, longest_text));
  return json;
}

std::string line_with(Level level, std::string_view event, Fields fields, const Context& context) {
  Json json = record(context.now(), level, event);
  for (const Field& field : fields) json.emplace(std::string(field.key), value_json(field.value, context));
  return line_of(json);
}

std::string line_of(const Json& record) {
  const int compact = -1;
  const bool ascii = true;
  return record.dump(compact, ' ', ascii, Json::error_handler_t::replace);
}

}  // namespace sallyport::broker::log
