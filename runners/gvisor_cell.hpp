// One cell's way through the sandbox of its session. Private to GVisorRunner.
#pragma once

#include "base/deadline.hpp"
#include "runners/classify.hpp"
#include "runners/gvisor_sandbox.hpp"
#include "runners/output_collector.hpp"
#include "runners/sandbox_end.hpp"

#include <boost/asio/awaitable.hpp>

#include <optional>
#include <string>

namespace sallyport::runners {

/// What the program wrote while no cell ran; it counts as the next cell's.
struct IdleOutput {
  std::string stdout_bytes;
  std::string stderr_bytes;
};

class GVisorCell {
 public:
  /// `context`, `sandbox` and `sink` must outlive the cell.
  GVisorCell(GVisorContext& context, GVisorSandbox& sandbox, Job job, OutputSink* sink);

  /// Once.
  boost::asio::awaitable<Outcome> run(IdleOutput earlier, base::CallBounds bounds);

  /// After `run`: why there can be no other cell, for people; none if there can.
  [[nodiscard]] const std::optional<std::string>& over() const { return over_; }
  /// After `run`: what came behind the cell's report.
  [[nodiscard]] IdleOutput take_behind();

 private:
  boost::asio::awaitable<bool> deliver();
  boost::asio::awaitable<void> collect_output();
  boost::asio::awaitable<void> interrupt(KillReason reason);
  boost::asio::awaitable<void> collect_end();
  boost::asio::awaitable<void> read_report();
  void conclude();
  void lose_step();
  void fail(const SandboxFault& fault);

  GVisorContext& context_;
  GVisorSandbox& sandbox_;
  Job job_;
  Nonce nonce_;
  base::CallBounds bounds_;
  OutputCollector collector_;
  Moment sent_;
  bool reported_ = false;
  bool ended_ = false;   ///< The streams have.
  bool failed_ = false;  ///< `outcome_` says it all.
  Evidence evidence_;
  Outcome outcome_;
  std::optional<std::string> over_;
};

}  // namespace sallyport::runners
