// The events of jobs, wherever they run.
#pragma once

#include "broker/jobs/jobs.hpp"
#include "broker/routes/events.hpp"
#include "broker/stream/event_lists.hpp"

#include <boost/asio/any_io_executor.hpp>

namespace sallyport::broker {

/// What happens to a job is known while it happens by the broker that runs it. Of a job that another broker
/// runs, or that ended before its list was begun, there is what its stored result tells.
///
/// Thread-safety: the executor's one thread.
class JobEvents final : public EventSource {
 public:
  /// `jobs` and `lists` must outlive it. `workers` may be empty: large results are then read on the
  /// executor's thread.
  JobEvents(boost::asio::any_io_executor executor, Jobs& jobs, EventLists& lists,
            boost::asio::any_io_executor workers)
      : executor_(std::move(executor)), jobs_(jobs), lists_(lists), workers_(std::move(workers)) {}

  boost::asio::awaitable<ApiResult<std::shared_ptr<ExecutionEvents>>> find_events(
      std::string owner_key, std::string id, std::uint64_t after) override;
  boost::asio::awaitable<void> look(std::string owner_key, std::string id,
                                    std::shared_ptr<ExecutionEvents> events) override;

 private:
  boost::asio::awaitable<void> tell(store::StoredJob job, std::shared_ptr<ExecutionEvents> events) const;

  boost::asio::any_io_executor executor_;
  Jobs& jobs_;
  EventLists& lists_;
  boost::asio::any_io_executor workers_;
};

/// Ends the list with what the store has of a job that has ended.
void end_with(store::StoredJob job, ExecutionEvents& events);

}  // namespace sallyport::broker
