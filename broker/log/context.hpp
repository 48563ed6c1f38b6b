// What all records are made with. Inside the module only.
#pragma once

#include "config/config.hpp"

#include <chrono>
#include <functional>
#include <string>
#include <string_view>

namespace sallyport::broker::log {

/// Gives the time of a record; called from any thread.
using WallClock = std::function<std::chrono::system_clock::time_point()>;

/// Takes out of a text what must not stand in a log; called from any thread.
using TextFilter = std::function<std::string(std::string_view)>;

struct Context {
  config::Log config;
  WallClock now;
  TextFilter filter{};  ///< Empty: texts stay as they are.

  [[nodiscard]] std::string filtered(std::string_view text) const {
    return filter ? filter(text) : std::string(text);
  }
};

}  // namespace sallyport::broker::log
