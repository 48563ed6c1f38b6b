// The tool calls that run, so that a notification can stop one.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <unordered_map>

namespace sallyport::broker::mcp {

/// Calls are known by their session, which nobody can guess, and by the id of their request in it. Bounded by
/// the connections of the server: each call holds one.
/// Thread-safety: the executor's one thread.
class RunningCalls {
 public:
  /// One call, from `begin` until it is destroyed. Must not outlive the RunningCalls.
  class Call {
   public:
    Call(RunningCalls* owner, std::string key, std::stop_source stop, std::stop_token outer);
    ~Call();
    Call(const Call&) = delete;
    Call& operator=(const Call&) = delete;

    /// Triggered by a notification, and when the client goes away.
    [[nodiscard]] std::stop_token token() const { return stop_.get_token(); }
    [[nodiscard]] bool cancelled() const { return cancelled_; }

   private:
    friend class RunningCalls;
    RunningCalls* owner_;  // Null for one that nobody can name.
    std::string key_;
    std::stop_source stop_;
    bool cancelled_ = false;
    std::stop_callback<std::function<void()>> outer_;
  };

  /// Null if one of that id already runs in that session. Without a session a call cannot be cancelled by
  /// name.
  [[nodiscard]] std::unique_ptr<Call> begin(std::optional<std::string_view> session, std::string_view id_json,
                                            std::stop_token outer);

  /// Stops it, if it still runs.
  void cancel(std::string_view session, std::string_view id_json);

  [[nodiscard]] std::size_t size() const { return calls_.size(); }

 private:
  std::unordered_map<std::string, Call*> calls_;
};

}  // namespace sallyport::broker::mcp
