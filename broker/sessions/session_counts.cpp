#include "broker/sessions/session_counts.hpp"

namespace sallyport::broker {

std::string_view to_string(SessionEnd end) {
  static constexpr std::array<std::string_view, kSessionEnds> kNames = {"deleted", "idle", "lifetime", "died",
                                                                        "shutdown"};
  return kNames.at(static_cast<std::size_t>(end));
}

std::string_view to_string(CellOutcome outcome) {
  static constexpr std::array<std::string_view, kCellOutcomes> kNames = {"success", "refused", "failed",
                                                                         "not_served"};
  return kNames.at(static_cast<std::size_t>(outcome));
}

}  // namespace sallyport::broker
