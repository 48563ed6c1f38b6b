#include "broker/log/log.hpp"

#include "broker/log/channel.hpp"
#include "broker/log/context.hpp"
#include "broker/log/json_line.hpp"

#include <algorithm>
#include <array>
#include <exception>
#include <type_traits>

namespace sallyport::broker::log {
namespace {

constexpr std::array<const char*, 5> level_words = {"trace", "debug", "info", "warning", "error"};

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

const char* to_string(Level level) {
  return level_words.at(static_cast<std::size_t>(level));
}

Level level_from(std::string_view word) {
  const auto* const found = std::find(level_words.begin(), level_words.end(), word);
  return found == level_words.end() ? Level::info : static_cast<Level>(found - level_words.begin());
}

Log::Log(Channel& channel, const Context& context, Level least)
    : channel_(channel), context_(context), least_(least) {}

void Log::write(Level level, std::string_view event, Fields fields) noexcept {
  if (!enabled(level)) return;
  try {
    auto json = record(context_.now(), level, event);
    for (const auto& field : fields) json.emplace(std::string(field.key), value_json(field.value, context_));
    channel_.post(line_of(json));
  } catch (const std::exception&) {
    channel_.count_lost();  // Out of memory: the record is gone, the broker is not.
  }
}

}  // namespace sallyport::broker::log
