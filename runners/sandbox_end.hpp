// What the engine says of a sandbox that has ended. Private to GVisorRunner.
#pragma once

#include "runners/gvisor_sandbox.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <variant>

namespace sallyport::runners {

struct SandboxEnd {
  std::int64_t exit_status = 0;
  bool oom_killed = false;
  std::string finished_at;  ///< The engine's date; may be empty.
  /// When the streams had ended, which they do behind the sandbox.
  std::chrono::system_clock::time_point streams_ended;

  /// Whether the sandbox ended before `when`; false if that is not known.
  [[nodiscard]] bool is_before(std::chrono::system_clock::time_point when) const;
  /// Whether its streams ended first, which only happens to those that are cut: what they had to bring is
  /// missing.
  [[nodiscard]] bool streams_were_cut() const;
};

/// Asks for the end of a sandbox whose streams have ended. It comes soon, or somebody cut the streams.
boost::asio::awaitable<std::variant<SandboxEnd, SandboxFault>> await_end(GVisorContext& context,
                                                                         std::string container_id);

/// Whether a memory kill is what ended it, where nothing else explains a SIGKILL: the engine hears of it from
/// the kernel, on another way than of the exit, and under load later.
boost::asio::awaitable<bool> was_killed_for_memory(GVisorContext& context, std::string container_id,
                                                   std::stop_token stop);

/// 128 and SIGKILL.
inline constexpr std::int64_t kKilledStatus = 137;

}  // namespace sallyport::runners
