#include "broker/mcp/revision.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace sallyport::broker::mcp {
namespace {

using nlohmann::json;

class RevisionTest : public ::testing::Test {
 protected:
  RevisionTest() {
    message_.method = "tools/call";
    params_["name"] = "run_python";
    params_["_meta"]["io.modelcontextprotocol/protocolVersion"] = "2026-07-28";
    params_["_meta"]["io.modelcontextprotocol/clientCapabilities"] = json::object();
    set("MCP-Protocol-Version", "2026-07-28");
    set("Mcp-Method", "tools/call");
    set("Mcp-Name", "run_python");
  }
  void set(const std::string& name, const std::string& value) {
    remove(name);
    http::Header header;
    header.name = name;
    header.value = value;
    head_.headers.push_back(std::move(header));
  }
  void remove(const std::string& name) {
    std::erase_if(head_.headers, [&](const http::Header& header) { return header.name == name; });
  }
  Era era() {
    const auto result = era_of(message_, params_, head_);
    EXPECT_TRUE(std::holds_alternative<Era>(result)) << std::get<RpcError>(result).message;
    return std::get<Era>(result);
  }
  ErrorCode error() {
    const auto result = era_of(message_, params_, head_);
    EXPECT_TRUE(std::holds_alternative<RpcError>(result));
    EXPECT_EQ(std::get<RpcError>(result).status, 400);
    return std::get<RpcError>(result).code;
  }

  Message message_;
  json params_ = json::object();
  http::RequestHead head_;
};

TEST_F(RevisionTest, IsStatelessWhereHeadersAndBodyAgree) {
  EXPECT_EQ(era(), Era::stateless);
  set("Mcp-Name", "=?base64?cnVuX3B5dGhvbg==?=");
  EXPECT_EQ(era(), Era::stateless);
  message_.method = "tools/list";
  set("Mcp-Method", "tools/list");
  remove("Mcp-Name");
  EXPECT_EQ(era(), Era::stateless);
}

TEST_F(RevisionTest, RefusesHeadersThatDoNotAgree) {
  const std::vector<std::pair<std::string, std::string>> wrong = {
      {"MCP-Protocol-Version", "2025-11-25"}, {"Mcp-Method", "tools/list"},   {"Mcp-Method", "TOOLS/CALL"},
      {"Mcp-Name", "validate_python"},        {"Mcp-Name", "=?base64?!!!?="}, {"Mcp-Name", "=?base64?"}};
  for (const auto& [name, value] : wrong) {
    const http::RequestHead before = head_;
    set(name, value);
    EXPECT_EQ(error(), ErrorCode::header_mismatch) << name << ": " << value;
    head_ = before;
  }
  for (const char* name : {"MCP-Protocol-Version", "Mcp-Method", "Mcp-Name"}) {
    const http::RequestHead before = head_;
    remove(name);
    EXPECT_EQ(error(), ErrorCode::header_mismatch) << name;
    head_ = before;
  }
  params_["name"] = 5;
  EXPECT_EQ(error(), ErrorCode::header_mismatch);
}

TEST_F(RevisionTest, RefusesVersionsThatItDoesNotKnow) {
  set("MCP-Protocol-Version", "1900-01-01");
  params_["_meta"]["io.modelcontextprotocol/protocolVersion"] = "1900-01-01";
  const auto result = era_of(message_, params_, head_);
  ASSERT_TRUE(std::holds_alternative<RpcError>(result));
  EXPECT_EQ(std::get<RpcError>(result).code, ErrorCode::unsupported_version);
  EXPECT_EQ(json::parse(std::get<RpcError>(result).data_json),
            (json{{"supported", {"2026-07-28", "2025-11-25", "2025-06-18"}}, {"requested", "1900-01-01"}}));
}

TEST_F(RevisionTest, WantsWhatEachStatelessRequestHasToSay) {
  params_["_meta"].erase("io.modelcontextprotocol/clientCapabilities");
  EXPECT_EQ(error(), ErrorCode::invalid_params);
  params_["_meta"].erase("io.modelcontextprotocol/protocolVersion");
  EXPECT_EQ(error(), ErrorCode::invalid_params);
  params_["_meta"]["io.modelcontextprotocol/protocolVersion"] = 1;
  EXPECT_EQ(error(), ErrorCode::invalid_params);
  params_["_meta"] = "text";
  EXPECT_EQ(error(), ErrorCode::invalid_params);
}

TEST_F(RevisionTest, HasSessionsForOlderOnes) {
  params_.erase("_meta");
  set("MCP-Protocol-Version", "2025-11-25");
  EXPECT_EQ(era(), Era::session);
  set("MCP-Protocol-Version", "2025-06-18");
  EXPECT_EQ(era(), Era::session);
  set("MCP-Protocol-Version", "2024-11-05");
  EXPECT_EQ(error(), ErrorCode::unsupported_version);
  remove("MCP-Protocol-Version");
  EXPECT_EQ(error(), ErrorCode::header_mismatch);
  message_.method = "initialize";
  EXPECT_EQ(era(), Era::session);
}

TEST(Revision, NegotiatesOneThatHasSessions) {
  EXPECT_EQ(negotiated("2025-06-18"), "2025-06-18");
  EXPECT_EQ(negotiated("2025-11-25"), "2025-11-25");
  EXPECT_EQ(negotiated("2026-07-28"), "2025-11-25");
  EXPECT_EQ(negotiated("2031-01-01"), "2025-11-25");
}

}  // namespace
}  // namespace sallyport::broker::mcp
