// Tells those who want to know that a job has ended.
#pragma once

#include "broker/audit_sink.hpp"
#include "broker/event_log.hpp"
#include "broker/store/store.hpp"
#include "broker/webhooks/sender.hpp"
#include "broker/webhooks/webhook_counts.hpp"
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
  WebhooksParts(store::Store& store_in, const Sender& sender_in, AuditSink& audit_in, EventLog& log_in);

  store::Store& store;
  const Sender& sender;
  AuditSink& audit;  ///< Hears of deliveries that are dead.
  EventLog& log;
  config::Webhooks config;
  std::function<std::int64_t()> now_ms;
  std::function<std::uint64_t()> random;  ///< For the jitter.
  /// How often the store is asked for deliveries that are due.
  std::chrono::milliseconds look{500};
  /// How often it is asked how many it has, for the metrics.
  std::chrono::milliseconds count{5'000};
};

/// Takes deliveries that are due from the store, sends what is to be said, and writes down how it went. A
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

  [[nodiscard]] WebhookCounts counts() const;

  /// Begins no further attempt, and waits for those that go on, whose time is bounded.
  boost::asio::awaitable<void> shut_down();

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace sallyport::broker::webhooks
