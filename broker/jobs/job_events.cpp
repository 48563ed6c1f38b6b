#include "broker/jobs/job_events.hpp"

#include "base/run_on.hpp"
#include "broker/jobs/stored_error.hpp"
#include "broker/jobs/stored_events.hpp"

#include <cstddef>
#include <limits>
#include <utility>
#include <vector>

namespace sallyport::broker {

namespace asio = boost::asio;
using store::JobState;

namespace {

constexpr std::size_t kMaxReadInline = 64 * 1024;

/// Why a job that has ended has no result.
ApiError error_of(const store::StoredJob& job) {
  if (!job.error_json.empty()) return error_from_stored(job.error_json);
  ApiError error;
  error.status = job.job.state == JobState::cancelled ? 409 : 503;
  error.error_type = job.job.state == JobState::cancelled ? "CancelledError" : error_type_of(503);
  error.message = job.job.state == JobState::cancelled ? "the execution was cancelled"
                                                       : "the execution's turn did not come in time";
  return error;
}

}  // namespace

void end_with(store::StoredJob job, ExecutionEvents& events) {
  if (!job.result_json.empty()) {
    events.end(std::move(job.result_json), {});
  } else {
    events.fail(error_of(job));
  }
}

asio::awaitable<ApiResult<std::shared_ptr<ExecutionEvents>>> JobEvents::find_events(std::string owner_key,
                                                                                    std::string id,
                                                                                    std::uint64_t after) {
  if (auto known = lists_.find(owner_key, id)) co_return known;
  auto job = co_await jobs_.find(id, owner_key);
  if (job.has_error()) co_return job.error();
  if (!store::has_ended(job->job.state)) co_return lists_.open(id, owner_key);
  // All of it is held by the job already, so this list needs no bound of its own.
  constexpr auto kUnbounded = std::numeric_limits<std::uint64_t>::max();
  auto told = std::make_shared<ExecutionEvents>(executor_, kUnbounded, after);
  co_await tell(std::move(*job), told);
  co_return told;
}

/// To a list without events, whose reader has had none, what the result tells; to any other the end alone:
/// what its reader may have missed is not known, and the end is the next event to have.
asio::awaitable<void> JobEvents::tell(store::StoredJob job, std::shared_ptr<ExecutionEvents> events) const {
  if (events->last_id() == 0 && !job.result_json.empty()) {
    auto read = [&job] { return stored_events(job.result_json); };
    std::vector<StoredEvent> known =
        co_await base::run_beside(workers_, job.result_json.size(), kMaxReadInline, std::move(read));
    // It may be more than the list of a job that runs elsewhere keeps. The result has it all.
    if (events->last_id() == 0 && job.result_json.size() < events->max_bytes() / 2) {
      for (StoredEvent& event : known) events->append(event.kind, std::move(event.data));
    }
  }
  end_with(std::move(job), *events);
}

asio::awaitable<void> JobEvents::look(std::string owner_key, std::string id,
                                      std::shared_ptr<ExecutionEvents> events) {
  auto job = co_await jobs_.find(std::move(id), std::move(owner_key));
  if (job.has_error()) {
    // 404: it is no longer kept. A store that fails may know more next time.
    if (job.error().status == 404) events->fail(job.error());
  } else if (store::has_ended(job->job.state)) {
    co_await tell(std::move(*job), events);
  }
}

}  // namespace sallyport::broker
