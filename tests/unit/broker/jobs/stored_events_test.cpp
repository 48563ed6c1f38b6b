#include "broker/jobs/stored_events.hpp"

#include "broker/api/execution_reply.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <string>

namespace sallyport::broker {
namespace {

TEST(StoredEvents, AreWhatTheReplyTellsInTheOrderOfAStream) {
  ExecutionReply reply;
  reply.stdout_text = "out\n";
  reply.stderr_text = "err\n";
  reply.validation_violations.push_back({"forbidden_import", "import", "low", "m", 1, 2, 3, 4, "h"});
  reply.output_violations.push_back({"sensitive_data", "aws-key", "c", "high", "stdout", "m", 3});
  const std::string text = to_json(reply);
  const auto events = stored_events(text);
  ASSERT_EQ(events.size(), 4U);
  EXPECT_EQ(events[0].kind, EventKind::violation);
  EXPECT_EQ(events[1].kind, EventKind::violation);
  const auto stored = nlohmann::ordered_json::parse(text);
  EXPECT_EQ(events[0].data, stored["validation_violations"][0].dump());
  EXPECT_EQ(events[1].data, stored["output_violations"][0].dump());
  EXPECT_EQ(events[2].kind, EventKind::stdout_text);
  EXPECT_EQ(events[2].data, "out\n");
  EXPECT_EQ(events[3].kind, EventKind::stderr_text);
  EXPECT_EQ(events[3].data, "err\n");
}

TEST(StoredEvents, ThereAreNoneOfWhatIsNoReply) {
  EXPECT_TRUE(stored_events(to_json(ExecutionReply())).empty());
  for (const char* text : {"", "[]", "{}", "{", "null", R"({"stdout": 1, "output_violations": {}})"}) {
    EXPECT_TRUE(stored_events(text).empty()) << text;
  }
}

}  // namespace
}  // namespace sallyport::broker
