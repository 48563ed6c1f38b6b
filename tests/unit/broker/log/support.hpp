// What the log's tests share.
#pragma once

#include "broker/log/logs.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <sstream>
#include <stdlib.h>
#include <string>
#include <system_error>
#include <vector>

namespace sallyport::broker::log {

/// A folder for one test, removed behind it.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    auto pattern = (std::filesystem::temp_directory_path() / "sallyport-log-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) ADD_FAILURE() << "mkdtemp";
    folder_ = pattern;
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }

  [[nodiscard]] std::string path(const std::string& name) const { return folder_ / name; }

 private:
  std::filesystem::path folder_;
};

inline std::string read_all(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

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
