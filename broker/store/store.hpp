// What the broker must not forget: jobs, their results, and the idempotency keys under which they came.
#pragma once

#include "broker/store/values.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace sallyport::broker::store {

/// Keeps jobs through crashes, for one broker or for several that share it.
///
/// Every call is one transaction: all of it happens, or nothing; what has been answered is on the disk. Every
/// call ends within the store's own time limit; one that ended with `unavailable` by that limit may have
/// happened all the same. Times are milliseconds since 1970, by the clock of whoever calls; brokers that
/// share a store must have clocks that differ by much less than a lease.
///
/// Thread-safety: all calls on the executor's one thread, any number at a time. None blocks it.
class Store {
 public:
  virtual ~Store() = default;

  /// Keeps jobs that were accepted, all or none, with the key under which they came. A key that is already
  /// known is returned in `Accepted::earlier`, and nothing is kept. Error `full`: the queue is.
  virtual boost::asio::awaitable<StoreResult<Accepted>> accept(Submission submission) = 0;

  /// A job of this owner, with its result.
  virtual boost::asio::awaitable<StoreResult<std::optional<StoredJob>>> find(std::string id,
                                                                             std::string owner_key) = 0;

  /// Newest first.
  virtual boost::asio::awaitable<StoreResult<std::vector<Job>>> list(ListQuery query) = 0;

  /// Ends a job of this owner that has not ended, and gives it as it is then; none if there is no such job.
  /// Whoever runs it learns by `renew`, or by `finish`, that it is no longer theirs.
  virtual boost::asio::awaitable<StoreResult<std::optional<Job>>> cancel(std::string id,
                                                                         std::string owner_key,
                                                                         std::int64_t now_ms) = 0;

  /// Hands out at most `most` queued jobs, whose turn it is, to be run by the caller until `lease_until_ms`.
  virtual boost::asio::awaitable<StoreResult<std::vector<ClaimedJob>>> claim(std::size_t most,
                                                                             std::int64_t now_ms,
                                                                             std::int64_t lease_until_ms) = 0;

  /// Prolongs the leases of what the caller runs. Gives the ids of those that are no longer the caller's.
  virtual boost::asio::awaitable<StoreResult<std::vector<std::string>>> renew(
      std::vector<Claim> claims, std::int64_t lease_until_ms) = 0;

  /// Keeps the one result of a job. False: it is no longer the caller's, and this result is nobody's.
  virtual boost::asio::awaitable<StoreResult<bool>> finish(Claim claim, Ending ending) = 0;

  /// Puts a job back at the head of the queue, not to be claimed before `not_before_ms`.
  virtual boost::asio::awaitable<StoreResult<bool>> release(Claim claim, std::int64_t not_before_ms) = 0;

  /// Takes back a job that was accepted to be run at once and could not be, with the key under which it came.
  virtual boost::asio::awaitable<StoreResult<bool>> withdraw(Claim claim, std::string idempotency_key) = 0;

  /// At the start: jobs that this store's user of before left running are queued again, where nobody else can
  /// be running them. Where somebody can, `sweep` does it when their leases end. Gives how many.
  virtual boost::asio::awaitable<StoreResult<std::size_t>> recover() = 0;

  /// One bounded step of tidying: leases that have ended, jobs that waited too long, what is kept too long
  /// or takes too much room.
  virtual boost::asio::awaitable<StoreResult<Swept>> sweep(SweepBounds bounds) = 0;

  /// Hands out at most `most` deliveries that are due. One that nothing more is said of is due again at
  /// `again_ms`. A delivery is there from the transaction on in which its job ends.
  virtual boost::asio::awaitable<StoreResult<std::vector<Delivery>>> claim_deliveries(
      std::size_t most, std::int64_t now_ms, std::int64_t again_ms) = 0;

  /// It was taken, and is forgotten.
  virtual boost::asio::awaitable<StoreResult<bool>> delivered(std::string job_id) = 0;

  /// It was not, and is due again then; or never: it is dead, and kept for operators.
  virtual boost::asio::awaitable<StoreResult<bool>> not_delivered(std::string job_id,
                                                                  std::optional<std::int64_t> again_ms,
                                                                  std::int64_t now_ms, std::string why) = 0;

  /// Forgets deliveries that died before. Gives how many; at most a few hundred at a time.
  virtual boost::asio::awaitable<StoreResult<std::size_t>> drop_dead_deliveries(std::int64_t before_ms) = 0;

  /// What keys have used in periods that began after `over_ms`; others are forgotten.
  virtual boost::asio::awaitable<StoreResult<std::vector<QuotaUse>>> quotas(std::int64_t over_ms) = 0;

  /// Adds what was used, and gives the totals of the same keys, with what others that share the store have
  /// added. A period that began at `over_ms` or before gives way to the one that is added.
  virtual boost::asio::awaitable<StoreResult<std::vector<QuotaUse>>> use_quotas(std::vector<QuotaUse> used,
                                                                                std::int64_t over_ms) = 0;

  /// Deliveries that wait, and that are dead and kept.
  virtual boost::asio::awaitable<StoreResult<DeliveryLoad>> delivery_load() = 0;

  /// Jobs that wait, and that run anywhere.
  virtual boost::asio::awaitable<StoreResult<QueueLoad>> load() = 0;
};

}  // namespace sallyport::broker::store
