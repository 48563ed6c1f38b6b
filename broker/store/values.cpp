#include "broker/store/values.hpp"

#include <boost/throw_exception.hpp>

#include <array>
#include <stdexcept>

namespace sallyport::broker::store {
namespace {

constexpr std::array<std::string_view, 6> kNames = {"queued", "running",   "succeeded",
                                                    "failed", "cancelled", "expired"};

}  // namespace

void throw_exception_from_error(const StoreError& error, const boost::source_location& where) {
  boost::throw_exception(std::runtime_error(error.message), where);
}

std::string_view to_string(JobState state) {
  return kNames.at(static_cast<std::size_t>(state));
}

std::optional<JobState> job_state_from(std::string_view name) {
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (kNames.at(i) == name) return static_cast<JobState>(i);
  }
  return std::nullopt;
}

}  // namespace sallyport::broker::store
