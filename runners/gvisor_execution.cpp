#include "runners/gvisor_execution.hpp"

#include "runners/beside.hpp"
#include "runners/sandbox_end.hpp"

#include <algorithm>
#include <cmath>
#include <string_view>
#include <utility>
#include <variant>

namespace asio = boost::asio;

namespace sallyport::runners {
namespace {

using std::chrono::seconds;

/// From a kill to the end of the streams: the engine flushes what it holds within about 2 s (measured).
constexpr seconds kDrainTime{10};
/// From the agent's last word to the end of the streams. Generous for an honest agent, which exits at once.
constexpr seconds kExitGrace{3};
/// For the one sample before a kill; the kill must not wait long for it.
constexpr seconds kSampleTime{1};

OutputStream to_output_stream(docker::StreamKind kind) {
  return kind == docker::StreamKind::stdout_stream ? OutputStream::stdout_stream
                                                   : OutputStream::stderr_stream;
}

}  // namespace

GVisorExecution::GVisorExecution(GVisorContext& context, SandboxPool& pool, KeptSandboxes& kept, Job job,
                                 OutputSink* sink)
    : context_(context),
      pool_(pool),
      kept_(kept),
      job_(std::move(job)),
      nonce_(context.dependencies.make_nonce()),
      bounds_(base::Deadline::never()),
      collector_(nonce_, job_.limits, sink),
      may_keep_(kept.permits(job_)) {}

bool GVisorExecution::fail(const SandboxFault& fault) {
  if (fault.stopped) {
    evidence_.kill_reason = KillReason::stop;
    evidence_.exit_status = kKilledStatus;
    classify(evidence_, job_.limits, outcome_);
    return false;
  }
  outcome_.verdict = Verdict::sandbox_failed;
  outcome_.failure = fault.failure;
  outcome_.message = fault.message;
  outcome_.oom_killed = fault.oom_killed;
  return false;
}

asio::awaitable<Outcome> GVisorExecution::run(base::CallBounds bounds) {
  bounds_ = std::move(bounds);
  began_ = base::Clock::now();

  bool going = false;
  do {
    if (died_waiting_) forget_sandbox();
    going = co_await obtain_sandbox();
    if (going) going = co_await deliver_job();
    if (going) going = co_await collect_output();
    if (kill_answered_) {
      // No more is read: what is left of it must not hold up the kill.
      sandbox_->stream().close();
      const base::CallBounds killed = evidence_bounds(context_);
      co_await kill_answered_->wait(killed);
    }
    if (going && !concluded_) going = co_await collect_exit();
  } while (died_waiting_);
  collector_.finish();
  if (going) co_await conclude();

  outcome_.usage.warm = warm_;
  outcome_.stdout_bytes = collector_.take_stdout();
  outcome_.stderr_bytes = collector_.take_stderr();
  outcome_.output_truncated = collector_.over_limit();
  outcome_.sandbox_time = base::Clock::now() - began_;
  // Without an owner its container is killed and removed behind the reply; nothing that it still writes is
  // read.
  if (keep_ && concluded_) {
    if (auto early = collector_.behind()) {
      kept_.give_back(job_.owner, std::move(sandbox_), std::move(*early));
    }
  }
  sandbox_.reset();
  co_return std::move(outcome_);
}

/// Back to where the run began, to take another sandbox. Nothing of the job has run.
void GVisorExecution::forget_sandbox() {
  pool_.note_lost(sandbox_->sandbox_class());
  sandbox_.reset();
  died_waiting_ = false;
  kill_answered_.reset();
  evidence_ = Evidence();
  outcome_ = Outcome();
}

asio::awaitable<bool> GVisorExecution::obtain_sandbox() {
  const auto image = context_.dependencies.images.resolve(job_.image);
  if (!image) {
    SandboxFault missing;
    missing.failure = SandboxFailure::image_missing;
    missing.message = "no verified image \"" + job_.image + "\"";
    co_return fail(missing);
  }
  if (may_keep_) {
    const SandboxClass wanted = shared_class(job_.image, image->digest, job_.limits, context_.runner);
    may_keep_ = holds(wanted, job_.limits);
    if (may_keep_) sandbox_ = co_await kept_.take(job_.owner, wanted);
  }
  if (!sandbox_) sandbox_ = co_await pool_.take(job_.image, image->digest, job_.limits);
  warm_ = sandbox_ != nullptr;
  if (!warm_ && !co_await prepare_sandbox(image->digest)) co_return false;
  outcome_.container_id = sandbox_->container_id();
  keep_ = may_keep_ && sandbox_->keeps();
  ++sandbox_->jobs;
  co_return true;
}

asio::awaitable<bool> GVisorExecution::prepare_sandbox(const std::string& digest) {
  const SandboxPool::ColdStart start(pool_);
  SandboxClass made = may_keep_ ? shared_class(job_.image, digest, job_.limits, context_.runner)
                                : exact_class(job_.image, digest, job_.limits, context_.runner);
  sandbox_ = std::make_unique<GVisorSandbox>(context_, std::move(made), job_.execution_id);
  const auto failed = co_await sandbox_->prepare(bounds_);
  outcome_.container_id = sandbox_->container_id();
  if (failed) co_return fail(*failed);
  pool_.note_cold_success(shared_class(job_.image, digest, job_.limits, context_.runner));
  co_return true;
}

asio::awaitable<bool> GVisorExecution::deliver_job() {
  auto encode = [this] { return encode_job(job_, nonce_, context_.runner.max_open_files, keep_); };
  const std::string frame = co_await run_beside(context_.dependencies.workers, bytes_of(job_), encode);
  if (!warm_) {
    // No more is needed of it, and a job can be large.
    job_.code.clear();
    job_.files.clear();
  }

  job_sent_ = Moment::now();
  const base::CallBounds bounds = start_bounds(context_, bounds_);
  const auto written = co_await sandbox_->stream().write(frame, bounds);
  if (!written) {
    died_waiting_ = warm_ && written.error().kind == docker::ErrorKind::closed;
    co_return fail(fault_of(written.error(), "the submission could not be handed to the sandbox"));
  }
  collector_.feed(OutputStream::stdout_stream, sandbox_->leftover());
  co_return true;
}

asio::awaitable<bool> GVisorExecution::collect_output() {
  base::Deadline deadline = bounds_.deadline.at_most(job_.limits.timeout);
  std::optional<base::Clock::time_point> reported;
  bool in_grace = false;

  while (true) {
    const base::CallBounds reading(deadline, bounds_.stop);
    auto chunk = co_await sandbox_->stream().read(reading);
    if (chunk && !*chunk) break;
    if (chunk) {
      collector_.feed(to_output_stream((*chunk)->stream), (*chunk)->data);
      if (collector_.over_limit() && evidence_.kill_reason == KillReason::none) {
        co_await kill(KillReason::output_limit);
        deadline = base::Deadline::after(kDrainTime);
      }
      if (!reported && collector_.trailers_complete()) {
        reported = base::Clock::now();
        concluded_ = co_await read_report();
        if (concluded_) break;
        // The engine's word is needed too: the agent, which stays until then, may end.
        if (!keep_) static_cast<void>(sandbox_->stream().close_stdin());
      }
      continue;
    }
    if (chunk.error().kind != docker::ErrorKind::timed_out) {
      co_return fail(fault_of(chunk.error(), "the sandbox's output broke off"));
    }
    if (evidence_.kill_reason != KillReason::none) {
      survived_kill_ = true;
      outcome_.notes.emplace_back("the sandbox did not end when it was killed; it is left to the clean-up");
      break;
    }
    if (reported && !in_grace) {
      in_grace = true;
      deadline = base::Deadline::after(kExitGrace);
      continue;
    }
    co_await kill(KillReason::timeout);
    deadline = base::Deadline::after(kDrainTime);
  }
  // An agent ends when it has reported. A report long before the end was not the agent's.
  const base::Clock::time_point ended = base::Clock::now();
  const bool honest = reported && ended - *reported < kExitGrace;
  outcome_.execution_time = (honest ? *reported : ended) - job_sent_.time;
  co_return true;
}

/// Takes the agent's report, complete and within its limits. Whether it is all that has to be known.
asio::awaitable<bool> GVisorExecution::read_report() {
  report_read_ = true;
  const std::string_view payload = collector_.report_scanner().payload();
  auto parse = [this, payload] { return parse_report(payload, job_.limits); };
  auto parsed = co_await run_beside(context_.dependencies.workers, payload.size(), parse);
  if (auto* report = std::get_if<AgentReport>(&parsed)) {
    evidence_.report = std::move(*report);
  } else {
    outcome_.notes.push_back(std::get<std::string>(parsed));
  }
  if (context_.oom_watch.has_reported(sandbox_->container_id())) evidence_.oom_killed = true;
  co_return may_rest_on_report(evidence_, job_.limits);
}

asio::awaitable<void> GVisorExecution::kill(KillReason reason) {
  evidence_.kill_reason = reason;
  co_await sample_usage();
  // The engine answers when the sandbox has ended, and a sandbox whose output nobody reads does not end. So
  // the caller goes on reading meanwhile.
  kill_answered_ =
      context_.dependencies.reaper.kill(sandbox_->container_id(), evidence_bounds(context_).deadline);
}

asio::awaitable<void> GVisorExecution::sample_usage() {
  const base::CallBounds bounds(base::Deadline::after(kSampleTime), bounds_.stop);
  const auto stats = co_await context_.dependencies.client.stats(sandbox_->container_id(), bounds);
  if (!stats) co_return;
  constexpr double kBytesPerMiB = 1024.0 * 1024.0;
  const auto peak = std::max(stats->memory_max_usage_bytes, stats->memory_usage_bytes);
  outcome_.usage.cpu_seconds = static_cast<double>(stats->cpu_total_nanoseconds) / 1e9;
  outcome_.usage.peak_memory_mb = static_cast<double>(peak) / kBytesPerMiB;
}

asio::awaitable<bool> GVisorExecution::collect_exit() {
  if (survived_kill_) {
    evidence_.exit_status = kKilledStatus;  // It did not end; asking for its end would only wait again.
    co_return true;
  }
  const auto found = co_await await_end(context_, sandbox_->container_id());
  if (const auto* fault = std::get_if<SandboxFault>(&found)) co_return fail(*fault);
  const auto& end = std::get<SandboxEnd>(found);
  evidence_.exit_status = end.exit_status;
  died_waiting_ = warm_ && collector_.empty() && end.was_before(job_sent_);
  if (died_waiting_) co_return false;
  const bool whole = collector_.report_scanner().complete() || evidence_.kill_reason != KillReason::none;
  if (!whole && end.streams_were_cut(job_sent_)) {
    SandboxFault cut;
    cut.failure = SandboxFailure::engine_unreachable;
    cut.message = "the sandbox's output broke off before its end";
    co_return fail(cut);
  }
  evidence_.oom_killed = end.oom_killed;
  const bool unexplained =
      evidence_.exit_status == kKilledStatus && !end.oom_killed && evidence_.kill_reason == KillReason::none;
  if (unexplained) {
    evidence_.oom_killed = co_await was_killed_for_memory(context_, sandbox_->container_id(), bounds_.stop);
  }
  co_return true;
}

asio::awaitable<void> GVisorExecution::conclude() {
  if (collector_.report_scanner().oversized()) {
    outcome_.notes.emplace_back("the agent's report is larger than its limits allow");
  }
  // stderr's mark may be missing where stdout's report is whole.
  if (!report_read_ && collector_.report_scanner().complete()) co_await read_report();

  classify(evidence_, job_.limits, outcome_);
  if (!evidence_.report) co_return;

  AgentReport& report = *evidence_.report;
  std::move(report.notes.begin(), report.notes.end(), std::back_inserter(outcome_.notes));
  outcome_.artifacts = std::move(report.artifacts);
  if (evidence_.kill_reason == KillReason::none) {
    // The program's claim, held to what is possible.
    const double wall = std::chrono::duration<double>(outcome_.execution_time).count();
    outcome_.usage.cpu_seconds = std::min(report.cpu_seconds, std::ceil(wall * job_.limits.cpus) + 1.0);
    outcome_.usage.peak_memory_mb =
        std::min(report.max_rss_mb, static_cast<double>(job_.limits.max_memory_mb));
  }
}

}  // namespace sallyport::runners
