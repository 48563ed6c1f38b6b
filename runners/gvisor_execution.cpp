#include "runners/gvisor_execution.hpp"

#include "base/run_on.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <string_view>
#include <utility>
#include <variant>

namespace asio = boost::asio;

namespace sallyport::runners {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// From a kill to the end of the streams: the engine flushes what it holds within about 2 s (measured).
constexpr seconds kDrainTime{10};
/// From the agent's last word to the end of the streams. Generous for an honest agent, which exits at once.
constexpr seconds kExitGrace{3};
/// For the one sample before a kill; the kill must not wait long for it.
constexpr seconds kSampleTime{1};
/// The engine hears of a memory kill from the kernel, on another way than of the exit, and under load later.
/// Only an end that nothing else explains waits for it.
constexpr milliseconds kOomReportTime{1000};

/// From the end of the streams to the engine's word of the sandbox's end, which is what ended them. Under
/// load it takes a second; without an end somebody cut the streams.
constexpr seconds kExitReportTime{5};

constexpr std::int64_t kKilledStatus = 137;

/// Of a job or a report: a hop to another thread costs about what this much costs to write or read.
constexpr std::size_t kMaxInline = 64 * 1024;

std::size_t bytes_of(const Job& job) {
  std::size_t bytes = job.code.size() + job.context_json.size() + job.stdin_text.size();
  for (const InputFile& file : job.files) bytes += file.content.size();
  return bytes;
}

OutputStream to_output_stream(docker::StreamKind kind) {
  return kind == docker::StreamKind::stdout_stream ? OutputStream::stdout_stream
                                                   : OutputStream::stderr_stream;
}

/// `when` as the engine writes dates (RFC 3339, UTC), to the millisecond and without the Z; empty if it
/// cannot be written. Compared as text: of a fraction whose zeros the engine left out, the Z counts as late.
std::string engine_date(std::chrono::system_clock::time_point when) {
  const std::time_t whole = std::chrono::system_clock::to_time_t(when);
  std::tm parts{};
  std::array<char, 32> second{};
  if (gmtime_r(&whole, &parts) == nullptr) return {};
  if (std::strftime(second.data(), second.size(), "%Y-%m-%dT%H:%M:%S", &parts) == 0) return {};
  const auto rest = std::chrono::duration_cast<milliseconds>(when.time_since_epoch()).count() % 1000;
  std::array<char, 8> fraction{};
  std::snprintf(fraction.data(), fraction.size(), ".%03d", static_cast<int>(rest));
  return std::string(second.data()) + fraction.data();
}

/// Whether the engine's `date` is before `when`; false for one that is not known.
bool is_before(const std::string& date, std::chrono::system_clock::time_point when) {
  const std::string limit = engine_date(when);
  return !date.empty() && date.compare(0, limit.size(), limit) < 0;
}

/// Whether somebody has set the clock between two looks at it: dates before and after do not compare.
bool was_set(std::chrono::system_clock::duration dates, base::Clock::duration passed) {
  constexpr milliseconds kDrift{200};
  const auto difference =
      std::chrono::duration_cast<milliseconds>(dates) - std::chrono::duration_cast<milliseconds>(passed);
  return difference > kDrift || difference < -kDrift;
}

/// Whether it is later.
bool is_later(const std::string& date, std::chrono::system_clock::time_point when) {
  const std::string limit = engine_date(when);
  return !limit.empty() && date.compare(0, limit.size(), limit) > 0;
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
  const std::string frame = co_await run(bytes_of(job_), encode);
  if (!warm_) {
    // No more is needed of it, and a job can be large.
    job_.code.clear();
    job_.files.clear();
  }

  job_sent_ = base::Clock::now();
  job_sent_date_ = std::chrono::system_clock::now();
  const base::CallBounds bounds = start_bounds(context_, bounds_);
  const auto written = co_await sandbox_->stream().write(frame, bounds);
  if (!written) {
    died_waiting_ = warm_ && written.error().kind == docker::ErrorKind::closed;
    co_return fail(fault_of(written.error(), "the submission could not be handed to the sandbox"));
  }
  if (!keep_) {
    const auto closed = sandbox_->stream().close_stdin();
    if (!closed) {
      died_waiting_ = warm_ && closed.error().kind == docker::ErrorKind::closed;
      co_return fail(fault_of(closed.error(), "the submission could not be handed to the sandbox"));
    }
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
  outcome_.execution_time = (honest ? *reported : ended) - job_sent_;
  co_return true;
}

template <class F>
asio::awaitable<std::invoke_result_t<F&>> GVisorExecution::run(std::size_t bytes, F function) {
  const asio::any_io_executor& workers = context_.dependencies.workers;
  if (bytes <= kMaxInline || !workers) co_return function();
  // Not cut short: linear time bounds it.
  co_return co_await base::run_on(workers, std::move(function));
}

/// Takes the agent's report, complete and within its limits. Whether it is all that has to be known.
asio::awaitable<bool> GVisorExecution::read_report() {
  report_read_ = true;
  const std::string_view payload = collector_.report_scanner().payload();
  auto parse = [this, payload] { return parse_report(payload, job_.limits); };
  auto parsed = co_await run(payload.size(), parse);
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
  docker::Client& client = context_.dependencies.client;
  if (survived_kill_) {
    evidence_.exit_status = kKilledStatus;  // It did not end; asking for its end would only wait again.
    co_return true;
  }
  // The streams end a little before the engine has taken note of the exit.
  const base::CallBounds bounds = evidence_bounds(context_);
  const std::string& id = sandbox_->container_id();
  auto pending = co_await client.wait(id, docker::WaitCondition::not_running, bounds);
  if (!pending) co_return fail(fault_of(pending.error(), "the sandbox's end could not be watched"));
  const auto streams_ended = std::chrono::system_clock::now();
  const bool dates_compare = !was_set(streams_ended - job_sent_date_, base::Clock::now() - job_sent_);
  const base::CallBounds soon(base::Deadline::after(kExitReportTime));
  const auto exit = co_await pending->get(soon);
  if (!exit) co_return fail(fault_of(exit.error(), "the sandbox's end was not reported"));
  evidence_.exit_status = exit->status_code;

  const auto details = co_await client.inspect(id, bounds);
  if (!details) co_return fail(fault_of(details.error(), "the sandbox's state is not known"));
  died_waiting_ =
      warm_ && collector_.empty() && dates_compare && is_before(details->finished_at, job_sent_date_);
  if (died_waiting_) co_return false;
  // The streams end behind the sandbox, by 50 ms and more (measured). Those that ended first were cut, and
  // what they had to bring is missing.
  const bool whole = collector_.report_scanner().complete() || evidence_.kill_reason != KillReason::none;
  if (!whole && dates_compare && is_later(details->finished_at, streams_ended)) {
    SandboxFault cut;
    cut.failure = SandboxFailure::engine_unreachable;
    cut.message = "the sandbox's output broke off before its end";
    co_return fail(cut);
  }
  evidence_.oom_killed = details->oom_killed;
  const bool unexplained = evidence_.exit_status == kKilledStatus && !details->oom_killed &&
                           evidence_.kill_reason == KillReason::none;
  if (unexplained) {
    const base::CallBounds report(base::Deadline::after(kOomReportTime), bounds_.stop);
    evidence_.oom_killed = co_await context_.oom_watch.reported(id, report);
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
