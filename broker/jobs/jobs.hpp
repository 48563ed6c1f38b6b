// Jobs: executions whose callers need not wait, and that outlive the broker's process.
#pragma once

#include "base/deadline.hpp"
#include "broker/api/execution_request.hpp"
#include "broker/api_error.hpp"
#include "broker/caller.hpp"
#include "broker/event_log.hpp"
#include "broker/execution_id.hpp"
#include "broker/jobs/idempotency.hpp"
#include "broker/jobs/job_counts.hpp"
#include "broker/jobs/moment.hpp"
#include "broker/pipeline.hpp"
#include "broker/store/store.hpp"
#include "broker/stream/event_lists.hpp"
#include "config/config.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace sallyport::broker {

/// What jobs work with; all of it must outlive them.
struct JobsParts {
  JobsParts(store::Store& store_in, Pipeline& pipeline_in, const RequestRules& rules_in, EventLog& log_in)
      : store(store_in), pipeline(pipeline_in), rules(rules_in), log(log_in) {}

  store::Store& store;
  Pipeline& pipeline;
  const RequestRules& rules;
  EventLog& log;
  config::Jobs config;
  std::size_t max_running = 4;  ///< Claimed jobs at one time.
  /// Beyond a submission's own time limit: the longest wait for a turn, and what a runner may take besides.
  base::Clock::duration longest_beside_run{};
  boost::asio::any_io_executor
      workers;                   ///< Where large results are written; empty: on the executor's thread.
  EventLists* events = nullptr;  ///< Where what happens to jobs is written down; null: nowhere.
  IdGenerator new_id = new_execution_id;
  /// Who sent a job that was stored, by the id of the key; null: the key is no more.
  std::function<std::shared_ptr<const Caller>(const std::string& key_id)> caller_of;
  std::function<std::int64_t()> now_ms = unix_milliseconds;
};

/// A request that was checked, and the text that it was read from, which is what is stored.
struct CheckedRequest {
  ExecutionRequest request;
  std::string body;
  std::string callback_form;  ///< Where its `callback_url` is told in another form than the broker's own.
};

/// One of a batch that was refused by itself.
using BatchItem = std::variant<CheckedRequest, ApiError>;

/// What became of each item: the id of its job, or why it was refused.
struct Receipt {
  std::vector<std::variant<std::string, ApiError>> items;
};

/// Keeps what it accepts until it has its one result, whatever becomes of this process meanwhile. A job runs
/// at least once: again if the broker died before its result was stored. Its result is stored once.
///
/// All jobs walk the one pipeline. One that finds no place, or no sandbox, goes back into the queue until it
/// has waited for `jobs.max_wait_seconds`.
///
/// Thread-safety: the executor's one thread. Destroy it after `shut_down` has returned, or when the executor
/// runs no more.
class Jobs {
 public:
  Jobs(boost::asio::any_io_executor executor, JobsParts parts);
  ~Jobs();
  Jobs(const Jobs&) = delete;
  Jobs& operator=(const Jobs&) = delete;

  /// Begins to take jobs from the store, what is there from before included.
  void start();

  /// How an accepted job gets its turn.
  enum class Way {
    queued,   ///< When it comes.
    at_once,  ///< Now, like a request without a job; if it cannot be served, it is as if it had not come.
    batch     ///< When it comes; an item that is refused has no job, and stands in the receipt.
  };

  /// Stores the requests, all that were not refused or none, and gives their ids; those of the first time if
  /// the key is known. 422: the key is known for another request. What an item is refused for, unless it is
  /// one of a batch: the rate of its caller (429) for one. 503: no room, or no store.
  boost::asio::awaitable<ApiResult<Receipt>> accept(std::vector<BatchItem> items,
                                                    std::shared_ptr<const Caller> caller,
                                                    std::optional<IdempotencyKey> key, Way way);

  /// Waits until a job of this owner has ended. 503: not in time. 499: stopped. 410: no longer kept.
  boost::asio::awaitable<ApiResult<store::StoredJob>> wait(std::string id, std::string owner_key,
                                                           base::CallBounds bounds);

  /// 404: this owner has no such job.
  boost::asio::awaitable<ApiResult<store::StoredJob>> find(std::string id, std::string owner_key);
  boost::asio::awaitable<ApiResult<std::vector<store::Job>>> list(store::ListQuery query);

  /// Ends it if it has not ended: what runs here is stopped at once, what runs elsewhere within a second or
  /// two. Gives the job as it is then.
  boost::asio::awaitable<ApiResult<store::Job>> cancel(std::string id, std::string owner_key);

  [[nodiscard]] JobCounts counts() const;

  /// No further job is begun.
  void stop_taking();

  /// Waits for what runs until `deadline`, then stops it and puts it back into the queue.
  boost::asio::awaitable<void> shut_down(base::Deadline deadline);

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace sallyport::broker
