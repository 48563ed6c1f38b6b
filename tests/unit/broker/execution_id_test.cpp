#include "broker/execution_id.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <regex>
#include <set>
#include <string>

namespace sallyport::broker {
namespace {

/// The example of RFC 9562, appendix A.6.
TEST(ExecutionId, IsAUuidOfVersion7) {
  EXPECT_EQ(format_uuid7(0x017F22E279B0, 0xCC3, 0x18C4DC0C0C07398F), "017f22e2-79b0-7cc3-98c4-dc0c0c07398f");
  EXPECT_EQ(format_uuid7(0, 0, 0), "00000000-0000-7000-8000-000000000000");
  EXPECT_EQ(format_uuid7(~0ULL, ~0ULL, ~0ULL), "ffffffff-ffff-7fff-bfff-ffffffffffff");
}

TEST(ExecutionId, IsNewEachTime) {
  const std::regex form("[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}");
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) {
    const std::string id = new_execution_id();
    EXPECT_TRUE(std::regex_match(id, form)) << id;
    EXPECT_TRUE(seen.insert(id).second);
  }
}

TEST(ExecutionId, SaysWhenItWasMade) {
  using std::chrono::milliseconds;
  const auto now = [] { return std::chrono::floor<milliseconds>(std::chrono::system_clock::now()); };
  const auto before = now().time_since_epoch().count();
  const std::string id = new_execution_id();
  const auto made = std::stoll(id.substr(0, 8) + id.substr(9, 4), nullptr, 16);
  EXPECT_GE(made, before);
  EXPECT_LE(made, now().time_since_epoch().count());
}

TEST(ExecutionId, SortsByTheTimeAlsoWithinAMillisecond) {
  std::string last;
  for (int i = 0; i < 1000; ++i) {
    const auto soon = std::chrono::system_clock::now() + std::chrono::microseconds(2);
    while (std::chrono::system_clock::now() < soon) continue;
    const std::string id = new_execution_id();
    EXPECT_LT(last, id);
    last = id;
  }
}

}  // namespace
}  // namespace sallyport::broker
