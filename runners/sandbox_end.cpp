#include "runners/sandbox_end.hpp"

#include <array>
#include <cstdio>
#include <ctime>
#include <utility>

namespace asio = boost::asio;

namespace sallyport::runners {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// Only an end that nothing else explains waits for it.
constexpr milliseconds kOomReportTime{1000};

/// From the end of the streams to the engine's word of the sandbox's end, which is what ended them. Under
/// load it takes a second; without an end somebody cut the streams.
constexpr seconds kExitReportTime{5};

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

/// Whether somebody has set the clock between the two: dates of before and after do not compare.
bool was_set(const Moment& before, const Moment& after) {
  constexpr milliseconds kDrift{200};
  const auto dates = std::chrono::duration_cast<milliseconds>(after.date - before.date);
  const auto passed = std::chrono::duration_cast<milliseconds>(after.time - before.time);
  return dates - passed > kDrift || passed - dates > kDrift;
}

}  // namespace

bool SandboxEnd::was_before(const Moment& job_sent) const {
  const std::string limit = engine_date(job_sent.date);
  return !was_set(job_sent, streams_ended) && !finished_at.empty() &&
         finished_at.compare(0, limit.size(), limit) < 0;
}

bool SandboxEnd::streams_were_cut(const Moment& job_sent) const {
  // They end 50 ms and more behind the sandbox (measured).
  const std::string limit = engine_date(streams_ended.date);
  return !was_set(job_sent, streams_ended) && !limit.empty() &&
         finished_at.compare(0, limit.size(), limit) > 0;
}

asio::awaitable<std::variant<SandboxEnd, SandboxFault>> await_end(GVisorContext& context,
                                                                  std::string container_id) {
  SandboxEnd end;
  // Not later: an engine that takes its time must not make a cut look like an end.
  end.streams_ended = Moment::now();
  docker::Client& client = context.dependencies.client;
  // The streams end a little before the engine has taken note of the exit.
  const base::CallBounds bounds = evidence_bounds(context);
  auto pending = co_await client.wait(container_id, docker::WaitCondition::not_running, bounds);
  if (!pending) co_return fault_of(pending.error(), "the sandbox's end could not be watched");
  const base::CallBounds soon(base::Deadline::after(kExitReportTime));
  const auto exit = co_await pending->get(soon);
  if (!exit) co_return fault_of(exit.error(), "the sandbox's end was not reported");
  end.exit_status = exit->status_code;

  const auto details = co_await client.inspect(container_id, bounds);
  if (!details) co_return fault_of(details.error(), "the sandbox's state is not known");
  end.oom_killed = details->oom_killed;
  end.finished_at = details->finished_at;
  co_return end;
}

asio::awaitable<bool> was_killed_for_memory(GVisorContext& context, std::string container_id,
                                            std::stop_token stop) {
  const base::CallBounds report(base::Deadline::after(kOomReportTime), std::move(stop));
  co_return co_await context.oom_watch.reported(container_id, report);
}

}  // namespace sallyport::runners
