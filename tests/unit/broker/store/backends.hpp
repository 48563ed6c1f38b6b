// The databases that the tests of the store run on.
#pragma once

#include "broker/store/sql_thread.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace sallyport::broker::store::test {

/// One database for one test; empty at first. Stores that are opened on it see the same jobs.
class Backend {
 public:
  virtual ~Backend() = default;
  [[nodiscard]] virtual SqlThread::Open open() const = 0;
  /// Whether several stores may be open on it at a time.
  [[nodiscard]] virtual bool shared() const = 0;
};

struct BackendKind {
  std::string name;
  std::function<std::unique_ptr<Backend>()> make;
};

inline std::ostream& operator<<(std::ostream& out, const BackendKind& kind) {
  return out << kind.name;
}

inline std::string name_of(const ::testing::TestParamInfo<BackendKind>& info) {
  return info.param.name;
}

/// The time at which most tests begin, in milliseconds.
inline constexpr std::int64_t kNow = 1'000'000;

/// Defined by each test binary: what it runs the tests on.
std::vector<BackendKind> backends();

}  // namespace sallyport::broker::store::test
