// A session in a gVisor sandbox. Private to GVisorRunner.
#pragma once

#include "runners/gvisor_cell.hpp"
#include "runners/gvisor_sandbox.hpp"
#include "runners/sandbox_pool.hpp"
#include "runners/session.hpp"

#include <memory>
#include <optional>
#include <string>

namespace sallyport::runners {

class GVisorSession final : public Session {
 public:
  /// `sandbox` is prepared, and its agent has cells. `context` must outlive the session.
  GVisorSession(GVisorContext& context, std::unique_ptr<GVisorSandbox> sandbox);

  boost::asio::awaitable<Outcome> run(Job job, OutputSink* sink, base::CallBounds bounds) override;
  boost::asio::awaitable<std::optional<std::string>> idle(base::CallBounds bounds) override;
  [[nodiscard]] bool alive() const override { return sandbox_ != nullptr; }
  [[nodiscard]] const std::string& why_ended() const override { return why_ended_; }

 private:
  void end(std::string why);

  GVisorContext& context_;
  std::unique_ptr<GVisorSandbox> sandbox_;  ///< Null when the session is over.
  IdleOutput between_;
  std::string why_ended_;
};

/// A sandbox for a session, from the pool or started for it. `context` and `pool` must outlive the call and
/// the session.
[[nodiscard]] boost::asio::awaitable<OpenedSession> open_gvisor_session(GVisorContext& context,
                                                                        SandboxPool& pool, SessionSpec spec,
                                                                        base::CallBounds bounds);

}  // namespace sallyport::runners
