#include "broker/log/json_line.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
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

}  // namespace

std::string timestamp(std::chrono::system_clock::time_point when) {
  namespace chrono = std::chrono;
  const auto micros = chrono::floor<chrono::microseconds>(when);
  const auto day = chrono::floor<chrono::days>(micros);
  const chrono::year_month_day date(day);
  const chrono::hh_mm_ss time(micros - day);
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%06dZ",
                static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                static_cast<unsigned>(date.day()), static_cast<int>(time.hours().count()),
                static_cast<int>(time.minutes().count()), static_cast<int>(time.seconds().count()),
                static_cast<int>(time.subseconds().count()));
  return text.data();
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
