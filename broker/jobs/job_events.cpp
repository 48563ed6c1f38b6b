#include "broker/jobs/job_events.hpp"

#include "broker/jobs/stored_error.hpp"

#include <utility>

namespace sallyport::broker {

namespace asio = boost::asio;
using store::JobState;

namespace {

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
    events.end(EventKind::result, std::move(job.result_json), {});
    return;
  }
  const ApiError error = error_of(job);
  events.end(EventKind::error, error.to_json(), error.error_type);
}

asio::awaitable<ApiResult<std::shared_ptr<ExecutionEvents>>> JobEvents::find_events(std::string owner_key,
                                                                                    std::string id,
                                                                                    std::uint64_t after) {
  if (auto known = lists_.find(owner_key, id)) co_return known;
  auto job = co_await jobs_.find(id, owner_key);
  if (job.has_error()) co_return job.error();
  if (!store::has_ended(job->job.state)) co_return lists_.open(id, owner_key);
  // Of what the reader may have missed only the end is known, and it is the next event to have.
  auto end_alone = std::make_shared<ExecutionEvents>(executor_, 0, after);
  end_with(std::move(*job), *end_alone);
  co_return end_alone;
}

asio::awaitable<void> JobEvents::look(std::string owner_key, std::string id,
                                      std::shared_ptr<ExecutionEvents> events) {
  auto job = co_await jobs_.find(std::move(id), std::move(owner_key));
  if (job.has_error()) {
    // 404: it is no longer kept. A store that fails may know more next time.
    if (job.error().status == 404)
      events->end(EventKind::error, job.error().to_json(), job.error().error_type);
  } else if (store::has_ended(job->job.state)) {
    end_with(std::move(*job), *events);
  }
}

}  // namespace sallyport::broker
