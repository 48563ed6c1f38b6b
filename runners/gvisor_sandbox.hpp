// One container with a guest agent in it, from create to removal. Private to GVisorRunner.
#pragma once

#include "base/deadline.hpp"
#include "docker/client.hpp"
#include "runners/gvisor_runner.hpp"
#include "runners/oom_watch.hpp"
#include "runners/sandbox_class.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sallyport::runners {

/// What all sandboxes of one runner share.
struct GVisorContext {
  GVisorRunnerDependencies dependencies;
  config::Runner runner;
  config::Engine engine;
  InstanceIdentity identity;
  OomWatch oom_watch;
  std::uint64_t created = 0;  ///< Sandboxes so far; also the number in the next one's name.
};

/// Why there is no sandbox.
struct SandboxFault {
  bool stopped = false;  ///< The caller's wish; the rest says nothing then.
  SandboxFailure failure = SandboxFailure::none;
  std::string message;
  bool oom_killed = false;
};

[[nodiscard]] SandboxFault fault_because(SandboxFailure failure, std::string message);

/// What a failed call says about the sandbox.
[[nodiscard]] SandboxFault fault_of(const docker::Error& error, const std::string& what);

/// A sandbox that takes one job: `prepare`, then its user writes the job to `stream` and reads what comes.
class GVisorSandbox {
 public:
  /// `context` must outlive it. `execution_id` is empty for a sandbox that waits for a job.
  GVisorSandbox(GVisorContext& context, SandboxClass sandbox_class, std::string execution_id);

  /// Hands the container to the reaper, whatever became of it.
  ~GVisorSandbox();
  GVisorSandbox(const GVisorSandbox&) = delete;
  GVisorSandbox& operator=(const GVisorSandbox&) = delete;

  /// Once: create, attach, start, await the agent's ready. No value: the agent waits for the job.
  boost::asio::awaitable<std::optional<SandboxFault>> prepare(base::CallBounds bounds);

  /// Watches a prepared sandbox until its stream ends, says something, or `bounds` end it. Whether it is as
  /// it was: only then may it be used.
  boost::asio::awaitable<bool> watch(base::CallBounds bounds);

  /// After a job that was not the last: whether the agent has cleaned up and is ready for another. `early` is
  /// what its stdout has had so far.
  boost::asio::awaitable<bool> await_next(std::string early, base::CallBounds bounds);

  /// After `prepare`.
  [[nodiscard]] docker::AttachedStream& stream() { return *stream_; }
  /// What came on stdout behind the agent's ready.
  [[nodiscard]] std::string_view leftover() const { return ready_parser_.leftover(); }
  /// Empty as long as the engine has not given one.
  [[nodiscard]] const std::string& container_id() const { return container_id_; }
  [[nodiscard]] const SandboxClass& sandbox_class() const { return class_; }
  /// The agent can take several jobs.
  [[nodiscard]] bool keeps() const { return ready_parser_.ready().keeps; }
  /// The agent can run the cells of a session.
  [[nodiscard]] bool has_cells() const { return ready_parser_.ready().has_cells; }
  [[nodiscard]] base::Clock::time_point born() const { return born_; }
  /// Jobs so far; its user counts them.
  std::uint64_t jobs = 0;

 private:
  using Step = boost::asio::awaitable<std::optional<SandboxFault>>;

  Step create(base::CallBounds bounds);
  Step attach(base::CallBounds bounds);
  Step start(base::CallBounds bounds);
  Step await_ready(base::CallBounds bounds);
  Step explain_failed_start(std::string what);

  GVisorContext& context_;
  SandboxClass class_;
  std::string execution_id_;
  std::string name_;
  std::string container_id_;
  bool created_ = false;
  base::Clock::time_point born_ = base::Clock::now();
  std::optional<docker::AttachedStream> stream_;
  ReadyParser ready_parser_;
  std::string early_stderr_;  ///< What came on stderr before the agent was ready.
};

/// Bounds of one call that only asks, within the caller's.
[[nodiscard]] base::CallBounds call_bounds(const GVisorContext& context, const base::CallBounds& outer);

/// Bounds of a call that gathers evidence when the caller's own may have passed.
[[nodiscard]] base::CallBounds evidence_bounds(const GVisorContext& context);

/// Bounds of a start and of what belongs to it.
[[nodiscard]] base::CallBounds start_bounds(const GVisorContext& context, const base::CallBounds& outer);

}  // namespace sallyport::runners
