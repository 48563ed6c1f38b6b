#include "runners/gvisor_cell.hpp"

#include "runners/beside.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <iterator>
#include <stop_token>
#include <string_view>
#include <utility>
#include <variant>

namespace asio = boost::asio;

namespace sallyport::runners {
namespace {

/// From the interrupt to the report of a cell that yields: it may have something to finish.
constexpr std::chrono::seconds kGrace{5};

}  // namespace

GVisorCell::GVisorCell(GVisorContext& context, GVisorSandbox& sandbox, Job job, OutputSink* sink)
    : context_(context),
      sandbox_(sandbox),
      job_(std::move(job)),
      nonce_(context.dependencies.make_nonce()),
      bounds_(base::Deadline::never()),
      collector_(nonce_, job_.limits, sink) {}

asio::awaitable<Outcome> GVisorCell::run(IdleOutput earlier, base::CallBounds bounds) {
  bounds_ = std::move(bounds);
  const base::Clock::time_point began = base::Clock::now();
  outcome_.container_id = sandbox_.container_id();
  outcome_.usage.warm = true;
  collector_.feed(OutputStream::stdout_stream, earlier.stdout_bytes);
  collector_.feed(OutputStream::stderr_stream, earlier.stderr_bytes);

  if (co_await deliver()) co_await collect_output();
  collector_.finish();
  if (reported_) co_await read_report();
  if (ended_ && !failed_) co_await collect_end();
  if (!failed_) conclude();

  outcome_.stdout_bytes = collector_.take_stdout();
  outcome_.stderr_bytes = collector_.take_stderr();
  outcome_.output_truncated = collector_.over_limit();
  outcome_.sandbox_time = base::Clock::now() - began;
  co_return std::move(outcome_);
}

asio::awaitable<bool> GVisorCell::deliver() {
  auto encode = [this] { return encode_job(job_, nonce_, context_.runner.max_open_files, false); };
  const std::string frame = co_await run_beside(context_.dependencies.workers, bytes_of(job_), encode);
  job_.code.clear();
  job_.files.clear();
  sent_ = Moment::now();
  // Not stopped by the caller: half a frame would be the end of the session.
  const base::CallBounds bounds(start_bounds(context_, bounds_).deadline);
  const auto written = co_await sandbox_.stream().write(frame, bounds);
  if (written) co_return true;
  if (written.error().kind == docker::ErrorKind::closed) {
    ended_ = true;  // The engine knows why.
  } else {
    fail(fault_of(written.error(), "the cell could not be handed to the sandbox"));
  }
  co_return false;
}

asio::awaitable<void> GVisorCell::collect_output() {
  base::Deadline deadline = bounds_.deadline.at_most(job_.limits.timeout);
  std::stop_token stop = bounds_.stop;
  while (true) {
    const base::CallBounds reading(deadline, stop);
    const auto chunk = co_await sandbox_.stream().read(reading);
    KillReason reason = KillReason::none;
    if (chunk && !*chunk) {
      ended_ = true;
      co_return;
    }
    if (chunk) {
      collector_.feed((*chunk)->stream == docker::StreamKind::stdout_stream ? OutputStream::stdout_stream
                                                                            : OutputStream::stderr_stream,
                      (*chunk)->data);
      reported_ = collector_.trailers_complete();
      if (reported_) co_return;
      if (collector_.report_scanner().oversized()) {
        lose_step();
        co_return;
      }
      if (collector_.over_limit()) reason = KillReason::output_limit;
    } else if (chunk.error().kind == docker::ErrorKind::timed_out) {
      reason = KillReason::timeout;
    } else if (chunk.error().kind == docker::ErrorKind::stopped) {
      reason = KillReason::stop;
    } else {
      fail(fault_of(chunk.error(), "the sandbox's output broke off"));
      co_return;
    }
    if (evidence_.kill_reason != KillReason::none) {
      if (deadline.expired()) co_return;  // It has not yielded.
    } else if (reason != KillReason::none) {
      co_await interrupt(reason);
      deadline = base::Deadline::after(kGrace);
      stop = std::stop_token();
    }
  }
}

asio::awaitable<void> GVisorCell::interrupt(KillReason reason) {
  evidence_.kill_reason = reason;
  const base::CallBounds bounds(base::Deadline::after(kGrace));
  // A sandbox that is gone meanwhile refuses; its streams then end.
  co_await context_.dependencies.client.kill(sandbox_.container_id(), "SIGINT", bounds);
}

asio::awaitable<void> GVisorCell::collect_end() {
  const auto found = co_await await_end(context_, sandbox_.container_id());
  if (const auto* fault = std::get_if<SandboxFault>(&found)) {
    fail(*fault);
    co_return;
  }
  const auto& end = std::get<SandboxEnd>(found);
  if (end.streams_were_cut(sent_)) {
    SandboxFault cut;
    cut.failure = SandboxFailure::engine_unreachable;
    cut.message = "the sandbox's output broke off before its end";
    fail(cut);
    co_return;
  }
  evidence_.exit_status = end.exit_status;
  evidence_.oom_killed = end.oom_killed;
  // Nobody has killed it: an interrupt is none.
  if (end.exit_status == kKilledStatus && !end.oom_killed) {
    evidence_.oom_killed = co_await was_killed_for_memory(context_, sandbox_.container_id(), bounds_.stop);
  }
}

asio::awaitable<void> GVisorCell::read_report() {
  const std::string_view payload = collector_.report_scanner().payload();
  auto parse = [this, payload] { return parse_report(payload, job_.limits); };
  auto parsed = co_await run_beside(context_.dependencies.workers, payload.size(), parse);
  if (auto* report = std::get_if<AgentReport>(&parsed)) {
    evidence_.report = std::move(*report);
  } else {
    outcome_.notes.push_back(std::get<std::string>(parsed));
  }
  if (context_.oom_watch.has_reported(sandbox_.container_id())) evidence_.oom_killed = true;
}

void GVisorCell::conclude() {
  outcome_.execution_time = base::Clock::now() - sent_.time;
  if (reported_ && !evidence_.report) {
    lose_step();
    return;
  }
  classify(evidence_, job_.limits, outcome_);
  if (evidence_.oom_killed) {
    over_ = "it used more than its memory and was killed";
  } else if (ended_) {
    over_ = outcome_.message.empty() ? "its interpreter has ended" : outcome_.message;
  } else if (!reported_) {
    over_ = "a cell went on after it was interrupted, and its sandbox was removed";
  } else {
    outcome_.signal.reset();  // It was interrupted, not killed.
  }
  if (!evidence_.report) return;

  AgentReport& report = *evidence_.report;
  std::move(report.notes.begin(), report.notes.end(), std::back_inserter(outcome_.notes));
  outcome_.artifacts = std::move(report.artifacts);
  outcome_.result = std::move(report.result);
  outcome_.displays = std::move(report.displays);
  // The program's claim, held to what is possible.
  const double wall = std::chrono::duration<double>(outcome_.execution_time).count();
  outcome_.usage.cpu_seconds = std::min(report.cpu_seconds, std::ceil(wall * job_.limits.cpus) + 1.0);
  outcome_.usage.peak_memory_mb = std::min(report.max_rss_mb, static_cast<double>(job_.limits.max_memory_mb));
}

/// Where the interpreter is in its work is not known any more.
void GVisorCell::lose_step() {
  SandboxFault lost;
  lost.failure = SandboxFailure::sandbox_crashed;
  lost.message = "the session's interpreter sent a report that cannot be read";
  fail(lost);
}

void GVisorCell::fail(const SandboxFault& fault) {
  failed_ = true;
  outcome_.verdict = Verdict::sandbox_failed;
  outcome_.failure = fault.failure;
  outcome_.message = fault.message;
  outcome_.oom_killed = fault.oom_killed;
  over_ = fault.message;
}

IdleOutput GVisorCell::take_behind() {
  IdleOutput behind;
  behind.stdout_bytes = collector_.behind(OutputStream::stdout_stream);
  behind.stderr_bytes = collector_.behind(OutputStream::stderr_stream);
  return behind;
}

}  // namespace sallyport::runners
