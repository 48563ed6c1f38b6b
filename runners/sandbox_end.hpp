// What the engine says of a sandbox that has ended. Private to GVisorRunner.
#pragma once

#include "base/deadline.hpp"
#include "runners/gvisor_sandbox.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <variant>

namespace sallyport::runners {

/// On both clocks: the one that dates come from may be set at any time.
struct Moment {
  base::Clock::time_point time;
  std::chrono::system_clock::time_point date;

  [[nodiscard]] static Moment now() { return Moment{base::Clock::now(), std::chrono::system_clock::now()}; }
};

struct SandboxEnd {
  std::int64_t exit_status = 0;
  bool oom_killed = false;
  std::string finished_at;  ///< The engine's date; may be empty.
  /// When the streams had ended, which they do behind the sandbox.
  Moment streams_ended;

  // Of a sandbox that got a job at `job_sent`. False where it cannot be known: the engine gave no date, or
  // somebody has set the clock since.

  /// Whether it ended before the job was sent.
  [[nodiscard]] bool was_before(const Moment& job_sent) const;
  /// Whether its streams ended first, which only happens to those that are cut: what they had to bring is
  /// missing.
  [[nodiscard]] bool streams_were_cut(const Moment& job_sent) const;
};

/// Asks, at once, for the end of a sandbox whose streams have ended. It comes soon, or somebody cut the
/// streams.
boost::asio::awaitable<std::variant<SandboxEnd, SandboxFault>> await_end(GVisorContext& context,
                                                                         std::string container_id);

/// Whether a memory kill is what ended it, where nothing else explains a SIGKILL: the engine hears of it from
/// the kernel, on another way than of the exit, and under load later.
boost::asio::awaitable<bool> was_killed_for_memory(GVisorContext& context, std::string container_id,
                                                   std::stop_token stop);

/// 128 and SIGKILL.
inline constexpr std::int64_t kKilledStatus = 137;

}  // namespace sallyport::runners
