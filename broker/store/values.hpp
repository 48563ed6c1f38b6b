// What goes into a store and comes out of it: plain values.
#pragma once

#include <boost/system/result.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::broker::store {

/// Why a store did not do what it was asked to.
struct StoreError {
  enum class Kind {
    full,         ///< The queue has as many jobs, or bytes, as it may.
    disk_full,    ///< There is no room on the disk, or the database says so.
    unavailable,  ///< Busy, not reachable, or not in time; a later try may succeed.
    broken        ///< Corrupt, or made by a newer version: nothing helps but an operator.
  };

  Kind kind = Kind::unavailable;
  std::string message;  ///< One line for operators.
};

/// Lets `StoreResult<T>::value()` throw in tests; library code asks first.
[[noreturn]] void throw_exception_from_error(const StoreError& error, const boost::source_location& where);

template <class T>
using StoreResult = boost::system::result<T, StoreError>;

enum class JobState { queued, running, succeeded, failed, cancelled, expired };

inline constexpr std::size_t kJobStates = 6;

[[nodiscard]] std::string_view to_string(JobState state);
[[nodiscard]] std::optional<JobState> job_state_from(std::string_view name);
[[nodiscard]] inline bool has_ended(JobState state) {
  return state != JobState::queued && state != JobState::running;
}

/// What lists show of a job.
struct Job {
  std::string id;
  std::string owner_key;           ///< The key that it came under; empty: none was needed.
  std::string user_json = "null";  ///< `user_id` as JSON: `7` and `"7"` are two users.
  JobState state = JobState::queued;
  std::int64_t created_ms = 0;
  std::optional<std::int64_t> started_ms;  ///< When it was last begun.
  std::optional<std::int64_t> ended_ms;
};

struct StoredJob {
  Job job;
  std::string result_json;  ///< The reply; empty unless it succeeded, or failed by its own doing.
  std::string error_json;   ///< Why it was not served; empty for none.
};

struct NewJob {
  std::string id;
  std::string owner_key;
  std::string user_json = "null";
  std::int64_t turn_cost = 1;      ///< Share of its user's turns that it takes: lower comes sooner.
  std::string request_json;        ///< The body that it was read from; forgotten when the job ends.
  std::string callback_url;        ///< To be told of its end; empty: nobody is.
  std::string callback_form;       ///< Of what is sent there; opaque here.
  std::int64_t wait_until_ms = 0;  ///< Expires if it has not been claimed by then.
};

/// A key under which a client may send the same request again.
struct IdempotencyRecord {
  std::string owner_key;
  std::string key;
  std::string fingerprint;  ///< Of the request: a digest.
  std::string payload;      ///< What its owner needs to give the same reply again; opaque here.
  std::int64_t expires_ms = 0;
};

struct Submission {
  std::int64_t now_ms = 0;
  std::vector<NewJob> jobs;
  std::optional<IdempotencyRecord> idempotency;
  /// The caller runs them at once, under a lease, in place of their waiting for a turn.
  bool run_now = false;
  std::int64_t lease_until_ms = 0;
};

/// The right to run a job, until the lease ends. A later claim of the same job has another token.
struct Claim {
  std::string id;
  std::int64_t token = 0;
};

struct Accepted {
  std::optional<IdempotencyRecord> earlier;  ///< The key was known; it may be of another request.
  std::vector<Claim> claims;                 ///< Of `run_now`, in order.
};

struct ClaimedJob {
  Claim claim;
  Job job;
  std::string request_json;
  std::uint64_t interruptions = 0;  ///< How often a broker died, or fell silent, while it ran.
};

struct Ending {
  JobState state = JobState::failed;
  std::string result_json;
  std::string error_json;
  std::int64_t ended_ms = 0;
};

struct ListQuery {
  std::string owner_key;
  std::optional<JobState> state;
  std::vector<std::string> user_json;  ///< At most two; empty: all users.
  std::int64_t created_from_ms = 0;    ///< Inclusive.
  std::int64_t created_until_ms = std::numeric_limits<std::int64_t>::max();  ///< Exclusive.
  std::string before_id;  ///< Of the page before; empty: none.
  std::size_t most = 20;
};

struct SweepBounds {
  std::int64_t now_ms = 0;
  std::int64_t ended_before_ms = 0;  ///< Jobs that ended before are dropped.
  std::uint64_t max_kept_bytes = 0;  ///< Of ended jobs; beyond, the oldest are dropped.
};

struct Swept {
  std::size_t reclaimed = 0;  ///< Queued again, since their lease ended.
  std::size_t expired = 0;
  std::size_t dropped = 0;
  bool more = false;  ///< There is more to do at once.
};

/// Somebody who is to be told that a job has ended.
struct Delivery {
  std::string job_id;
  std::string owner_key;
  std::string url;
  std::string form;            ///< As the job was given it.
  std::uint64_t attempts = 0;  ///< With the one for which it was handed out.
};

/// What one API key has used of its quota within one period.
struct QuotaUse {
  std::string key_id;
  std::int64_t began_ms = 0;
  std::uint64_t requests = 0;
};

/// How long such a period is.
inline constexpr std::int64_t kQuotaPeriodMs = 86'400'000;

/// Deliveries that the store has.
struct DeliveryLoad {
  std::uint64_t waiting = 0;
  std::uint64_t dead = 0;
};

struct QueueLoad {
  std::uint64_t queued = 0;
  std::uint64_t queued_bytes = 0;
  std::uint64_t running = 0;
};

/// What a store holds jobs to.
struct StoreBounds {
  std::uint64_t max_queued = 10'000;
  std::uint64_t max_queued_bytes = 1'073'741'824;
};

}  // namespace sallyport::broker::store
