#include "runners/gvisor_execution.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <ctime>
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
constexpr std::size_t kMaxEarlyOutput = 4096;

milliseconds from_seconds(double value) {
  return milliseconds(std::llround(value * 1000.0));
}

SandboxFailure failure_for(const docker::Error& error) {
  switch (error.kind) {
    case docker::ErrorKind::connect_failed:
    case docker::ErrorKind::closed:
      return SandboxFailure::engine_unreachable;
    case docker::ErrorKind::timed_out:
      return SandboxFailure::engine_timed_out;
    case docker::ErrorKind::engine:
    case docker::ErrorKind::malformed:
    case docker::ErrorKind::too_large:
    case docker::ErrorKind::invalid_request:
    case docker::ErrorKind::stopped:
      break;
  }
  return SandboxFailure::engine_refused;
}

/// The engine tells these apart in words only (moby: daemon/create.go, daemon/start_unix.go, libcontainerd).
SandboxFailure failure_for_create(const docker::Error& error) {
  if (error.is_not_found()) return SandboxFailure::image_missing;
  if (error.message.find("unknown or invalid runtime name") != std::string::npos ||
      error.message.find("Unknown runtime specified") != std::string::npos) {
    return SandboxFailure::runtime_missing;
  }
  return failure_for(error);
}

SandboxFailure failure_for_start(const docker::Error& error) {
  if (error.kind != docker::ErrorKind::engine) return failure_for(error);
  const bool cannot_execute = error.message.find("no such file or directory") != std::string::npos ||
                              error.message.find("permission denied") != std::string::npos;
  if (cannot_execute && error.message.find("fork/exec") != std::string::npos) {
    return SandboxFailure::runtime_missing;
  }
  return SandboxFailure::start_failed;
}

OutputStream to_output_stream(docker::StreamKind kind) {
  return kind == docker::StreamKind::stdout_stream ? OutputStream::stdout_stream
                                                   : OutputStream::stderr_stream;
}

/// Whether an engine's date (RFC 3339, in UTC) is later than `when`, by the same clock.
bool is_later(const std::string& date, std::chrono::system_clock::time_point when) {
  const std::time_t whole = std::chrono::system_clock::to_time_t(when);
  std::tm parts{};
  if (gmtime_r(&whole, &parts) == nullptr) return false;
  std::array<char, 32> second{};
  if (std::strftime(second.data(), second.size(), "%Y-%m-%dT%H:%M:%S", &parts) == 0) return false;
  const auto rest = std::chrono::duration_cast<milliseconds>(when.time_since_epoch()).count() % 1000;
  std::array<char, 8> fraction{};
  std::snprintf(fraction.data(), fraction.size(), ".%03d", static_cast<int>(rest));
  const std::string limit = std::string(second.data()) + fraction.data();
  return date.compare(0, limit.size(), limit) > 0;
}

/// Takes copies alone, so that it may outlive the execution that gave up waiting for it.
asio::awaitable<void> kill_container(docker::Client& client, std::string id, base::CallBounds bounds,
                                     base::Event answered) {
  // An error is no matter: what has ended already cannot be killed, and what cannot be killed is noticed by
  // the streams that do not end.
  static_cast<void>(co_await client.kill(id, "SIGKILL", bounds));
  answered.set();
}

}  // namespace

GVisorExecution::GVisorExecution(GVisorExecutionContext& context, Job job, OutputSink* sink, std::string name)
    : context_(context),
      job_(std::move(job)),
      name_(std::move(name)),
      nonce_(context.dependencies.make_nonce()),
      bounds_(base::Deadline::never()),
      start_deadline_(base::Deadline::never()),
      collector_(nonce_, job_.limits, sink) {}

GVisorExecution::~GVisorExecution() {
  if (!outcome_.container_id.empty()) context_.oom_watch.forget(outcome_.container_id);
  if (created_) context_.dependencies.reaper.remove(name_);
}

base::CallBounds GVisorExecution::call_bounds() const {
  return base::CallBounds(bounds_.deadline.at_most(from_seconds(context_.engine.call_timeout_seconds)),
                          bounds_.stop);
}

base::CallBounds GVisorExecution::start_bounds() const {
  return base::CallBounds(start_deadline_, bounds_.stop);
}

base::CallBounds GVisorExecution::clean_up_bounds() const {
  // Not the caller's bounds: they may have passed, and the verdict still needs its evidence.
  return base::CallBounds(base::Deadline::after(from_seconds(context_.engine.call_timeout_seconds)));
}

bool GVisorExecution::fail(SandboxFailure failure, std::string message) {
  outcome_.verdict = Verdict::sandbox_failed;
  outcome_.failure = failure;
  outcome_.message = std::move(message);
  return false;
}

bool GVisorExecution::fail(const docker::Error& error, const std::string& what) {
  if (error.kind == docker::ErrorKind::stopped) {
    Evidence evidence;
    evidence.kill_reason = KillReason::stop;
    evidence.exit_status = kKilledStatus;
    classify(evidence, job_.limits, outcome_);
    return false;
  }
  return fail(failure_for(error), what + ": " + error.to_string());
}

asio::awaitable<Outcome> GVisorExecution::run(base::CallBounds bounds) {
  bounds_ = std::move(bounds);
  began_ = base::Clock::now();

  bool going = co_await create();
  if (going) going = co_await connect();
  if (going) going = co_await start();
  if (going) going = co_await await_ready();
  if (going) going = co_await deliver_job();
  if (going) going = co_await collect_output();
  if (kill_answered_) {
    // No more is read: what is left of it must not hold up the kill.
    stream_->close();
    const base::CallBounds killed = clean_up_bounds();
    co_await kill_answered_->wait(killed);
  }
  if (going) going = co_await collect_exit();
  collector_.finish();
  if (going) conclude();

  outcome_.stdout_bytes = collector_.take_stdout();
  outcome_.stderr_bytes = collector_.take_stderr();
  outcome_.output_truncated = collector_.over_limit();
  outcome_.sandbox_time = base::Clock::now() - began_;
  co_return std::move(outcome_);
}

asio::awaitable<bool> GVisorExecution::create() {
  const auto image = context_.dependencies.images.resolve(job_.image);
  if (!image) co_return fail(SandboxFailure::image_missing, "no verified image \"" + job_.image + "\"");

  docker::ContainerSpec spec = make_container_spec(job_, *image, context_.runner, context_.identity, name_);
  context_.dependencies.reaper.claim(name_);
  created_ = true;  // From here on it may exist, whatever the call says.
  // Not stopped by the caller: a create that is cut may still make a container, behind its removal's back.
  const base::CallBounds bounds(call_bounds().deadline);
  auto created = co_await context_.dependencies.client.create_container(std::move(spec), bounds);
  if (!created) {
    co_return fail(failure_for_create(created.error()),
                   "the sandbox could not be created: " + created.error().to_string());
  }
  outcome_.container_id = created->id;
  context_.oom_watch.expect(outcome_.container_id);
  if (!created->warnings.empty()) {
    // "Limitation discarded": the engine took the request, but will not hold a limit.
    co_return fail(SandboxFailure::unsupported,
                   "the engine cannot honour what was asked: " + created->warnings.front());
  }
  co_return true;
}

asio::awaitable<bool> GVisorExecution::connect() {
  auto stream = co_await context_.dependencies.client.attach(outcome_.container_id, call_bounds());
  if (!stream) co_return fail(stream.error(), "the sandbox's streams could not be attached");
  stream_ = std::move(*stream);

  auto exit = co_await context_.dependencies.client.wait(outcome_.container_id,
                                                         docker::WaitCondition::next_exit, call_bounds());
  if (!exit) co_return fail(exit.error(), "the sandbox's end could not be watched");
  pending_exit_ = std::move(*exit);
  co_return true;
}

asio::awaitable<bool> GVisorExecution::start() {
  start_deadline_ = bounds_.deadline.at_most(from_seconds(context_.engine.start_timeout_seconds));
  const auto started = co_await context_.dependencies.client.start(outcome_.container_id, start_bounds());
  if (started) co_return true;
  if (started.error().kind == docker::ErrorKind::stopped) {
    co_return fail(started.error(), "");
  }
  co_return fail(failure_for_start(started.error()),
                 "the sandbox did not start: " + started.error().to_string());
}

asio::awaitable<bool> GVisorExecution::await_ready() {
  while (true) {
    auto chunk = co_await stream_->read(start_bounds());
    if (!chunk) {
      if (chunk.error().kind == docker::ErrorKind::timed_out) {
        co_return fail(SandboxFailure::start_failed, "the guest agent was not ready in time");
      }
      co_return fail(chunk.error(), "the sandbox's output broke off before the agent was ready");
    }
    if (!*chunk) co_return co_await explain_failed_start("the guest agent ended before it was ready");
    const docker::OutputChunk& output = **chunk;
    if (output.stream == docker::StreamKind::stderr_stream) {
      if (early_stderr_.size() < kMaxEarlyOutput) early_stderr_.append(output.data, 0, kMaxEarlyOutput);
      continue;
    }
    switch (ready_parser_.feed(output.data)) {
      case ReadyParser::Status::need_more:
        break;
      case ReadyParser::Status::malformed:
        co_return fail(SandboxFailure::start_failed,
                       "the image's program is not a guest agent; it wrote: " + ready_parser_.excerpt());
      case ReadyParser::Status::ready:
        co_return true;
    }
  }
}

asio::awaitable<bool> GVisorExecution::explain_failed_start(std::string what) {
  const auto details =
      co_await context_.dependencies.client.inspect(outcome_.container_id, clean_up_bounds());
  if (details) {
    what += "; exit status " + std::to_string(details->exit_code);
    if (details->oom_killed) what += ", out of memory";
    if (!details->error.empty()) what += ", " + details->error;
    outcome_.oom_killed = details->oom_killed;
  }
  if (!early_stderr_.empty()) what += "; it wrote: " + early_stderr_;
  co_return fail(SandboxFailure::start_failed, std::move(what));
}

asio::awaitable<bool> GVisorExecution::deliver_job() {
  const std::string frame = encode_job(job_, nonce_, context_.runner.max_open_files);
  // No more is needed of it, and a job can be large.
  job_.code.clear();
  job_.files.clear();

  job_sent_ = base::Clock::now();
  const auto written = co_await stream_->write(frame, start_bounds());
  if (!written) co_return fail(written.error(), "the submission could not be handed to the sandbox");
  const auto closed = stream_->close_stdin();
  if (!closed) co_return fail(closed.error(), "the submission could not be handed to the sandbox");
  collector_.feed(OutputStream::stdout_stream, ready_parser_.leftover());
  co_return true;
}

asio::awaitable<bool> GVisorExecution::collect_output() {
  base::Deadline deadline = bounds_.deadline.at_most(job_.limits.timeout);
  std::optional<base::Clock::time_point> reported;
  bool in_grace = false;

  while (true) {
    auto chunk = co_await stream_->read(base::CallBounds(deadline, bounds_.stop));
    if (chunk && !*chunk) break;
    if (chunk) {
      collector_.feed(to_output_stream((*chunk)->stream), (*chunk)->data);
      if (!reported && collector_.trailers_complete()) reported = base::Clock::now();
      if (collector_.over_limit() && kill_reason_ == KillReason::none) {
        co_await kill(KillReason::output_limit);
        deadline = base::Deadline::after(kDrainTime);
      }
      continue;
    }
    if (chunk.error().kind != docker::ErrorKind::timed_out) {
      co_return fail(chunk.error(), "the sandbox's output broke off");
    }
    if (kill_reason_ != KillReason::none) {
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

asio::awaitable<void> GVisorExecution::kill(KillReason reason) {
  kill_reason_ = reason;
  co_await sample_usage();
  // The engine answers when the sandbox has ended, and a sandbox whose output nobody reads does not end. So
  // the caller goes on reading meanwhile.
  const auto& executor = context_.dependencies.executor;
  kill_answered_.emplace(executor);
  asio::co_spawn(
      executor,
      kill_container(context_.dependencies.client, outcome_.container_id, clean_up_bounds(), *kill_answered_),
      asio::detached);
}

asio::awaitable<void> GVisorExecution::sample_usage() {
  const base::CallBounds bounds(base::Deadline::after(kSampleTime), bounds_.stop);
  const auto stats = co_await context_.dependencies.client.stats(outcome_.container_id, bounds);
  if (!stats) co_return;
  constexpr double kBytesPerMiB = 1024.0 * 1024.0;
  const auto peak = std::max(stats->memory_max_usage_bytes, stats->memory_usage_bytes);
  outcome_.usage.cpu_seconds = static_cast<double>(stats->cpu_total_nanoseconds) / 1e9;
  outcome_.usage.peak_memory_mb = static_cast<double>(peak) / kBytesPerMiB;
}

asio::awaitable<bool> GVisorExecution::collect_exit() {
  docker::Client& client = context_.dependencies.client;
  if (survived_kill_) {
    exit_status_ = kKilledStatus;  // It did not end; asking for its end would only wait again.
    co_return true;
  }
  const auto streams_ended = std::chrono::system_clock::now();
  const base::CallBounds soon(base::Deadline::after(kExitReportTime));
  const auto exit = co_await pending_exit_->get(soon);
  if (!exit) co_return fail(exit.error(), "the sandbox's end was not reported");
  exit_status_ = exit->status_code;

  const auto details = co_await client.inspect(outcome_.container_id, clean_up_bounds());
  if (!details) co_return fail(details.error(), "the sandbox's state is not known");
  // The streams end behind the sandbox, by 50 ms and more (measured). Those that ended first were cut, and
  // what they had to bring is missing.
  const bool whole = collector_.report_scanner().complete() || kill_reason_ != KillReason::none;
  if (!whole && is_later(details->finished_at, streams_ended)) {
    co_return fail(SandboxFailure::engine_unreachable, "the sandbox's output broke off before its end");
  }
  outcome_.oom_killed = details->oom_killed;
  const bool unexplained =
      exit_status_ == kKilledStatus && !details->oom_killed && kill_reason_ == KillReason::none;
  if (unexplained) {
    const base::CallBounds report(base::Deadline::after(kOomReportTime), bounds_.stop);
    outcome_.oom_killed = co_await context_.oom_watch.reported(outcome_.container_id, report);
  }
  co_return true;
}

void GVisorExecution::conclude() {
  Evidence evidence;
  evidence.kill_reason = kill_reason_;
  evidence.exit_status = exit_status_;
  evidence.oom_killed = outcome_.oom_killed;

  const TrailerScanner& scanner = collector_.report_scanner();
  if (scanner.complete()) {
    auto parsed = parse_report(scanner.payload(), job_.limits);
    if (auto* report = std::get_if<AgentReport>(&parsed)) {
      evidence.report = std::move(*report);
    } else {
      outcome_.notes.push_back(std::get<std::string>(parsed));
    }
  } else if (scanner.oversized()) {
    outcome_.notes.emplace_back("the agent's report is larger than its limits allow");
  }

  classify(evidence, job_.limits, outcome_);
  if (!evidence.report) return;

  AgentReport& report = *evidence.report;
  std::move(report.notes.begin(), report.notes.end(), std::back_inserter(outcome_.notes));
  outcome_.artifacts = std::move(report.artifacts);
  if (kill_reason_ == KillReason::none) {
    // The program's claim, held to what is possible.
    const double wall = std::chrono::duration<double>(outcome_.execution_time).count();
    outcome_.usage.cpu_seconds = std::min(report.cpu_seconds, std::ceil(wall * job_.limits.cpus) + 1.0);
    outcome_.usage.peak_memory_mb =
        std::min(report.max_rss_mb, static_cast<double>(job_.limits.max_memory_mb));
  }
}

}  // namespace sallyport::runners
