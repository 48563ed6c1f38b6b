#include "broker/compat/dify_sandbox.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace sallyport::broker::compat {
namespace {

using nlohmann::json;

TEST(DifySandbox, TranslatesARequest) {
  const char* const request =
      R"j({"language": "python3", "code": "print(x)", "preload": "x = 1", "enable_network": true})j";
  EXPECT_EQ(json::parse(*read_dify_sandbox(request, false)), json::parse(R"j({"code": "x = 1\nprint(x)"
})j"));
  EXPECT_EQ(json::parse(*read_dify_sandbox(request, true)),
            json::parse(R"j({"code": "x = 1\nprint(x)", "sandbox_config": {
  "enable_network" : true}
})j"));
  EXPECT_EQ(json::parse(*read_dify_sandbox(R"j({"language": "python3", "code": "1", "preload": ""})j", true)),
            json::parse(R"j({"code": "1"})j"));
}

TEST(DifySandbox, RefusesWhatItCannotHonour) {
  for (const char* body : {"", "[]", "{}", R"j({"language": "nodejs", "code": "1"})j",
                           R"j({"language": "python3"})j", R"j({"language": "python3", "code": 1})j",
                           R"j({"language": "python3", "code": "1", "enable_network": "yes"})j"}) {
    EXPECT_TRUE(read_dify_sandbox(body, true).has_error()) << body;
  }
}

TEST(DifySandbox, WritesReplies) {
  ExecutionReply reply;
  reply.success = true;
  reply.stdout_text = "a";
  reply.stderr_text = "b";
  EXPECT_EQ(dify_sandbox_reply(reply),
            R"j({"code":0,"message":"success","data":{"stdout":"a","error":"b"}})j");
  reply = ExecutionReply();
  reply.error_type = "ValidationError";
  reply.error_message = "no";
  EXPECT_EQ(dify_sandbox_reply(reply),
            R"j({"code":0,"message":"success","data":{"stdout":"","error":"no"}})j");
  ApiError error;
  error.status = 422;
  error.message = "wrong";
  EXPECT_EQ(dify_sandbox_error(error), R"j({"code":-400,"message":"wrong","data":null})j");
  error.status = 503;
  EXPECT_EQ(dify_sandbox_error(error), R"j({"code":-503,"message":"wrong","data":null})j");
}

}  // namespace
}  // namespace sallyport::broker::compat
