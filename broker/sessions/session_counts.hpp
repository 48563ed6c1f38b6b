// What sessions tell the metrics.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace sallyport::broker {

/// Why a session that had started ended.
enum class SessionEnd { deleted, idle, lifetime, died, shutdown };
inline constexpr std::size_t kSessionEnds = 5;
/// "deleted": for metrics and audit records.
[[nodiscard]] std::string_view to_string(SessionEnd end);

struct SessionCounts {
  std::uint64_t starting = 0;
  std::uint64_t idle = 0;
  std::uint64_t busy = 0;
  std::uint64_t created = 0;                        ///< That have started, since the broker has.
  std::array<std::uint64_t, kSessionEnds> ended{};  ///< Of these, by why.
};

/// What became of a cell with code.
enum class CellOutcome {
  success,
  refused,    ///< By the first door.
  failed,     ///< It ran, and its reply says what went wrong.
  not_served  ///< A 4xx or 5xx.
};
inline constexpr std::size_t kCellOutcomes = 4;
[[nodiscard]] std::string_view to_string(CellOutcome outcome);

}  // namespace sallyport::broker
