#include "broker/log/log.hpp"

#include "broker/log/channel.hpp"
#include "broker/log/context.hpp"
#include "broker/log/json_line.hpp"

#include <algorithm>
#include <array>
#include <exception>

namespace sallyport::broker::log {
namespace {

constexpr std::array<const char*, 5> level_words = {"trace", "debug", "info", "warning", "error"};

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
    channel_.post(line_with(level, event, fields, context_));
  } catch (const std::exception&) {
    channel_.count_lost();  // Out of memory: the record is gone, the broker is not.
  }
}

}  // namespace sallyport::broker::log
