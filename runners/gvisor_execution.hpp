// One submission's way through one sandbox, from the job to the verdict. Private to GVisorRunner.
#pragma once

#include "base/deadline.hpp"
#include "base/event.hpp"
#include "docker/client.hpp"
#include "runners/classify.hpp"
#include "runners/gvisor_sandbox.hpp"
#include "runners/kept_sandboxes.hpp"
#include "runners/output_collector.hpp"
#include "runners/sandbox_end.hpp"
#include "runners/sandbox_pool.hpp"

#include <boost/asio/awaitable.hpp>

#include <memory>
#include <optional>
#include <string>

namespace sallyport::runners {

class GVisorExecution {
 public:
  /// `context`, `pool`, `kept` and `sink` must outlive the execution.
  GVisorExecution(GVisorContext& context, SandboxPool& pool, KeptSandboxes& kept, Job job, OutputSink* sink);

  /// Once. The sandbox is in the reaper's hands when it returns, or kept.
  boost::asio::awaitable<Outcome> run(base::CallBounds bounds);

 private:
  // The steps, in order. Each gives false when the run is over with what `outcome_` says.
  boost::asio::awaitable<bool> obtain_sandbox();
  boost::asio::awaitable<bool> prepare_sandbox(const std::string& digest);
  boost::asio::awaitable<bool> deliver_job();
  boost::asio::awaitable<bool> collect_output();
  boost::asio::awaitable<bool> collect_exit();
  boost::asio::awaitable<void> conclude();

  boost::asio::awaitable<bool> read_report();
  boost::asio::awaitable<void> kill(KillReason reason);
  boost::asio::awaitable<void> sample_usage();
  bool fail(const SandboxFault& fault);
  void forget_sandbox();

  GVisorContext& context_;
  SandboxPool& pool_;
  KeptSandboxes& kept_;
  Job job_;
  Nonce nonce_;
  base::CallBounds bounds_;
  OutputCollector collector_;
  std::unique_ptr<GVisorSandbox> sandbox_;
  base::Clock::time_point began_;
  Moment job_sent_;
  bool warm_ = false;           ///< The sandbox has waited.
  bool may_keep_;               ///< Others of the same owner may have the sandbox after this job.
  bool keep_ = false;           ///< And the agent can do that.
  bool died_waiting_ = false;   ///< It was dead before the job reached it: nothing of the job has run.
  bool survived_kill_ = false;  ///< A wedged sandbox: its streams did not end.
  bool report_read_ = false;
  std::optional<base::Event> kill_answered_;  ///< Set when the engine has answered the kill under way.
  bool concluded_ = false;                    ///< The report alone tells the end.
  Evidence evidence_;
  Outcome outcome_;
};

}  // namespace sallyport::runners
