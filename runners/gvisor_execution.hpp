// One submission's way through one container, from create to verdict. Private to GVisorRunner.
#pragma once

#include "base/deadline.hpp"
#include "base/event.hpp"
#include "docker/client.hpp"
#include "runners/classify.hpp"
#include "runners/gvisor_runner.hpp"
#include "runners/oom_watch.hpp"
#include "runners/output_collector.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <optional>
#include <string>

namespace sallyport::runners {

/// What all executions of one runner share.
struct GVisorExecutionContext {
  GVisorRunnerDependencies dependencies;
  config::Runner runner;
  config::Engine engine;
  InstanceIdentity identity;
  OomWatch oom_watch;
};

class GVisorExecution {
 public:
  /// `context` and `sink` must outlive the execution. `name` is the container's.
  GVisorExecution(GVisorExecutionContext& context, Job job, OutputSink* sink, std::string name);

  /// Hands the container to the reaper, whatever became of it.
  ~GVisorExecution();
  GVisorExecution(const GVisorExecution&) = delete;
  GVisorExecution& operator=(const GVisorExecution&) = delete;

  /// Once.
  boost::asio::awaitable<Outcome> run(base::CallBounds bounds);

 private:
  // The steps, in order. Each gives false when the run is over with what `outcome_` says.
  boost::asio::awaitable<bool> create();
  boost::asio::awaitable<bool> connect();
  boost::asio::awaitable<bool> start();
  boost::asio::awaitable<bool> await_ready();
  boost::asio::awaitable<bool> deliver_job();
  boost::asio::awaitable<bool> collect_output();
  boost::asio::awaitable<bool> collect_exit();
  void conclude();

  boost::asio::awaitable<bool> explain_failed_start(std::string what);
  boost::asio::awaitable<void> kill(KillReason reason);
  boost::asio::awaitable<void> sample_usage();
  bool fail(SandboxFailure failure, std::string message);
  bool fail(const docker::Error& error, const std::string& what);

  [[nodiscard]] base::CallBounds call_bounds() const;
  [[nodiscard]] base::CallBounds start_bounds() const;
  [[nodiscard]] base::CallBounds clean_up_bounds() const;

  GVisorExecutionContext& context_;
  Job job_;
  std::string name_;
  Nonce nonce_;
  base::CallBounds bounds_;
  base::Deadline start_deadline_;
  ReadyParser ready_parser_;
  OutputCollector collector_;
  std::string early_stderr_;  ///< What came on stderr before the agent was ready.
  bool created_ = false;
  std::optional<docker::AttachedStream> stream_;
  std::optional<docker::PendingExit> pending_exit_;
  base::Clock::time_point began_;
  base::Clock::time_point job_sent_;
  KillReason kill_reason_ = KillReason::none;
  std::optional<base::Event> kill_answered_;  ///< Set when the engine has answered the kill under way.
  bool survived_kill_ = false;                ///< A wedged sandbox: its streams did not end.
  std::int64_t exit_status_ = 0;
  Outcome outcome_;
};

}  // namespace sallyport::runners
