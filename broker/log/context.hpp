// What all records are made with. Inside the module only.
#pragma once

#include "config/config.hpp"

#include <chrono>
#include <functional>

namespace sallyport::broker::log {

/// Gives the time of a record; called from any thread.
using WallClock = std::function<std::chrono::system_clock::time_point()>;

struct Context {
  config::Log config;
  WallClock now;
};

}  // namespace sallyport::broker::log
