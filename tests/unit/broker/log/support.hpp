// What the log's tests share.
#pragma once

#include "broker/log/logs.hpp"
#include "tests/support/temporary_folder.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <chrono>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

namespace sallyport::broker::log {

using test::read_all;
using test::TemporaryFolder;

inline std::vector<std::string> lines_of(const std::string& path) {
  std::vector<std::string> lines;
  std::istringstream text(read_all(path));
  for (std::string line; std::getline(text, line);) lines.push_back(line);
  return lines;
}

/// The records of a log; a line that is no JSON object fails the test.
inline std::vector<nlohmann::json> records_of(const std::string& path) {
  std::vector<nlohmann::json> records;
  for (const auto& line : lines_of(path)) {
    records.push_back(nlohmann::json::parse(line, nullptr, false));
    EXPECT_TRUE(records.back().is_object()) << line;
  }
  return records;
}

/// 2026-01-31T12:00:00.000042Z
inline std::chrono::system_clock::time_point fixed_time() {
  using namespace std::chrono;
  return sys_days{year{2026} / 1 / 31} + hours(12) + microseconds(42);
}

inline std::unique_ptr<Logs> open_logs(const config::Log& config) {
  auto result = Logs::open(config, fixed_time);
  EXPECT_NE(result.logs, nullptr) << result.error;
  return std::move(result.logs);
}

}  // namespace sallyport::broker::log
