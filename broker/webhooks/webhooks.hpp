// Tells those who want to know that a job has ended.
#pragma once

#include "broker/event_log.hpp"
#include "broker/store/store.hpp"
#include "broker/webhooks/sender.hpp"
#include "config/config.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>

namespace sallyport::broker::webhooks {

/// What webhooks work with; all of it must outlive them.
struct WebhooksParts {
  WebhooksParts(store::Store& store_in, const Sender& sender_in, EventLog& log_in);

  store::Store& store;
  const Sender& sender;
  EventLog& log;
  config::Webhooks config;
  std::function<std::int64_t()> now_ms;
  std::function<std::uint64_t()> random;  ///< For the jitter.
  /// How often the store is asked for deliveries that are due.
  std::chrono::milliseconds look{500};
};

/// Takes deliveries that are due from the store, posts the job's view, and writes down how it went. A
/// delivery is attempted at least once: again if the broker dies before it is written down, under the same
/// id.
///
/// Thread-safety: the executor's one thread; attempts block threads of its own, `max_concurrent` of them.
/// Destroy it after `shut_down` has returned, or when the executor runs no more.
class Webhooks {
 public:
  Webhooks(boost::asio::any_io_executor executor, WebhooksParts parts);
  ~Webhooks();
  Webhooks(const Webhooks&) = delete;
  Webhooks& operator=(const Webhooks&) = delete;

  void start();

  /// Begins no further attempt, and waits for those that go on, whose time is bounded.
  boost::asio::awaitable<void> shut_down();

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace sallyport::broker::webhooks
