#include "broker/execution_id.hpp"

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace sallyport::broker
