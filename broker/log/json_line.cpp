#include "broker/log/json_line.hpp"

#include <array>
#include <cstdio>

namespace sallyport::broker::log {

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

std::string line_of(const Json& record) {
  const int compact = -1;
  const bool ascii = true;
  return record.dump(compact, ' ', ascii, Json::error_handler_t::replace);
}

}  // namespace sallyport::broker::log
