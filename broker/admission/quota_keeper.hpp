// What keys have used of their quotas, kept across the broker's life.
#pragma once

#include "broker/admission.hpp"
#include "broker/jobs/moment.hpp"
#include "broker/store/store.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>

namespace sallyport::broker {

/// Writes what was used to the store, behind the requests, and takes over what others that share the store
/// have used. What was used within the last `every` before a kill is forgotten, and brokers learn of each
/// other's use no sooner; a store that is away is caught up with when it is back.
///
/// Thread-safety: the executor's one thread. Destroy it after `shut_down` has returned, or when the executor
/// runs no more.
class QuotaKeeper {
 public:
  /// Both must outlive it.
  QuotaKeeper(boost::asio::any_io_executor executor, Admission& admission, store::Store& store,
              std::chrono::milliseconds every = std::chrono::seconds(1),
              std::function<std::int64_t()> now_ms = unix_milliseconds);
  ~QuotaKeeper();
  QuotaKeeper(const QuotaKeeper&) = delete;
  QuotaKeeper& operator=(const QuotaKeeper&) = delete;

  /// Takes over what was used before, and from then on keeps what is used.
  void start();

  /// Writes what is left.
  boost::asio::awaitable<void> shut_down();

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace sallyport::broker
