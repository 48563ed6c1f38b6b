// The Model Context Protocol over streamable HTTP: `POST /mcp`.
#pragma once

#include "broker/execution_id.hpp"
#include "broker/http/message.hpp"
#include "broker/mcp/json_rpc.hpp"
#include "broker/mcp/revision.hpp"
#include "broker/mcp/running_calls.hpp"
#include "broker/mcp/tools.hpp"
#include "broker/submissions.hpp"
#include "config/config.hpp"

#include <boost/asio/awaitable.hpp>

#include <stop_token>
#include <string>
#include <vector>

namespace sallyport::broker::mcp {

/// Answers each message with one JSON object. Holds no state of a session but the calls that run in it: the
/// id that `initialize` gives out only names them, so nothing is kept for a client that never comes back.
///
/// Thread-safety: the executor's one thread.
class Endpoint {
 public:
  /// `submissions` must outlive it.
  Endpoint(Submissions& submissions, const config::Mcp& config, std::string version, IdGenerator new_id);

  /// `stop` is triggered when the client goes away, which cancels its call.
  boost::asio::awaitable<http::Response> answer(http::Request request, std::stop_token stop);

 private:
  boost::asio::awaitable<http::Response> serve(Message message, http::Request request, std::stop_token stop);
  boost::asio::awaitable<http::Response> call_tool(Message message, nlohmann::json params,
                                                   std::string arguments_json, Era era, http::Request request,
                                                   std::stop_token stop);
  [[nodiscard]] http::Response initialize(const Message& message, const nlohmann::json& params) const;
  [[nodiscard]] http::Response complete(const Message& message, nlohmann::ordered_json result, Era era) const;
  [[nodiscard]] http::Response take_notification(const Message& message, const http::Request& request);
  [[nodiscard]] std::size_t max_depth() const;

  Submissions& submissions_;
  std::vector<std::string> allowed_origins_;
  std::string version_;
  IdGenerator new_id_;
  RunningCalls calls_;
};

}  // namespace sallyport::broker::mcp
