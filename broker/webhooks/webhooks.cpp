#include "broker/webhooks/webhooks.hpp"

#include "base/event.hpp"
#include "base/run_on.hpp"
#include "broker/jobs/moment.hpp"
#include "broker/seconds.hpp"
#include "broker/webhooks/notification.hpp"
#include "broker/webhooks/retry_schedule.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/thread_pool.hpp>

#include <cmath>
#include <cstddef>
#include <exception>
#include <optional>
#include <random>
#include <stop_token>
#include <string>
#include <utility>

namespace sallyport::broker::webhooks {

namespace asio = boost::asio;
using base::CallBounds;
using base::Deadline;

namespace {

constexpr std::chrono::minutes kSweepPause{10};

/// Beside the sender's own time limit, for an attempt to be written down.
constexpr double kLeaseRoomSeconds = 30;

std::int64_t milliseconds(double seconds) {
  return static_cast<std::int64_t>(std::llround(seconds * 1000));
}

std::uint64_t random_number() {
  static std::random_device device;
  return (static_cast<std::uint64_t>(device()) << 32U) | device();
}

}  // namespace

WebhooksParts::WebhooksParts(store::Store& store_in, const Sender& sender_in, AuditSink& audit_in,
                             EventLog& log_in)
    : store(store_in),
      sender(sender_in),
      audit(audit_in),
      log(log_in),
      now_ms(unix_milliseconds),
      random(random_number) {}

class Webhooks::Impl : public std::enable_shared_from_this<Webhooks::Impl> {
 public:
  Impl(asio::any_io_executor executor, WebhooksParts parts)
      : executor_(std::move(executor)),
        parts_(std::move(parts)),
        threads_(parts_.config.max_concurrent),
        all_ended_(executor_) {
    schedule_.first = std::chrono::milliseconds(milliseconds(parts_.config.first_retry_seconds));
    schedule_.longest = std::chrono::milliseconds(milliseconds(parts_.config.longest_retry_seconds));
  }

  void start() { spawn(deliver_all(shared_from_this())); }

  [[nodiscard]] WebhookCounts counts() const {
    WebhookCounts counts = counts_;
    counts.sending = attempts_;
    return counts;
  }

  void stop() {
    stop_.request_stop();
    if (tasks_ == 0) all_ended_.set();
  }

  static asio::awaitable<void> shut_down(std::shared_ptr<Impl> self) {
    self->stop();
    CallBounds bounds(Deadline::after(seconds(self->parts_.config.timeout_seconds + kLeaseRoomSeconds)));
    co_await self->all_ended_.wait(std::move(bounds));
  }

 private:
  void spawn(asio::awaitable<void> task) {
    ++tasks_;
    asio::co_spawn(executor_, guard(shared_from_this(), std::move(task)), asio::detached);
  }

  /// Counts the task out, whatever ends it.
  static asio::awaitable<void> guard(std::shared_ptr<Impl> self, asio::awaitable<void> task) {
    try {
      co_await std::move(task);
    } catch (const std::exception& fault) {
      self->parts_.log.write(Severity::error, "webhook_fault", fault.what());
    }
    --self->tasks_;
    if (self->tasks_ == 0 && self->stop_.stop_requested()) self->all_ended_.set();
  }

  static asio::awaitable<void> deliver_all(std::shared_ptr<Impl> self) {
    base::Clock::time_point next_sweep = base::Clock::now();
    base::Clock::time_point next_count = next_sweep;
    while (!self->stop_.stop_requested()) {
      if (base::Clock::now() >= next_sweep) {
        const std::int64_t before = self->parts_.now_ms() - milliseconds(self->parts_.config.dead_seconds);
        const auto ignored = co_await self->parts_.store.drop_dead_deliveries(before);
        static_cast<void>(ignored);
        next_sweep = base::Clock::now() + kSweepPause;
      }
      if (base::Clock::now() >= next_count) {
        const auto kept = co_await self->parts_.store.delivery_load();
        if (kept.has_value()) self->counts_.kept = *kept;
        next_count = base::Clock::now() + self->parts_.count;
      }
      co_await self->begin_due();
      CallBounds bounds(Deadline::after(self->parts_.look), self->stop_.get_token());
      co_await base::sleep(std::move(bounds));
    }
  }

  asio::awaitable<void> begin_due() {
    const std::size_t most = parts_.config.max_concurrent - attempts_;
    if (most == 0) co_return;
    const std::int64_t now = parts_.now_ms();
    const std::int64_t lease = milliseconds(parts_.config.timeout_seconds + kLeaseRoomSeconds);
    auto due = co_await parts_.store.claim_deliveries(most, now, now + lease);
    if (due.has_error()) co_return;  // Whoever runs jobs tells of it.
    for (store::Delivery& delivery : *due) {
      ++attempts_;
      spawn(attempt(shared_from_this(), std::move(delivery)));
    }
  }

  static asio::awaitable<void> attempt(std::shared_ptr<Impl> self, store::Delivery delivery) {
    try {
      co_await self->attempt_one(delivery);
    } catch (...) {
      --self->attempts_;
      throw;
    }
    --self->attempts_;
  }

  asio::awaitable<void> attempt_one(const store::Delivery& delivery) {
    auto job = co_await parts_.store.find(delivery.job_id, delivery.owner_key);
    if (job.has_error()) co_return;  // It is due again when its lease ends.
    if (!*job) {
      co_await bury(delivery, "the job is no longer kept");
      co_return;
    }
    auto send = [&sender = parts_.sender, &delivery, job = std::move(**job)]() mutable {
      return sender.send(notification(delivery, std::move(job)));
    };
    const Attempt made =
        co_await base::run_on(asio::any_io_executor(threads_.get_executor()), std::move(send));
    ++counts_.attempts.at(static_cast<std::size_t>(made.result));
    if (made.result == Delivery::taken) {
      ++counts_.taken;
      const auto ignored = co_await parts_.store.delivered(delivery.job_id);
      static_cast<void>(ignored);  // If it failed, the receiver is told again, under the same id.
    } else if (made.result == Delivery::refused || delivery.attempts >= parts_.config.max_attempts) {
      co_await bury(delivery, made.message);
    } else {
      const auto wait = schedule_.wait_after(static_cast<unsigned>(delivery.attempts), parts_.random());
      const std::int64_t now = parts_.now_ms();
      const auto ignored =
          co_await parts_.store.not_delivered(delivery.job_id, now + wait.count(), now, made.message);
      static_cast<void>(ignored);
    }
  }

  asio::awaitable<void> bury(const store::Delivery& delivery, std::string why) {
    ++counts_.dead;
    AuditAction action(AuditAction::What::webhook_dead);
    action.id = delivery.job_id;
    action.key_id = delivery.owner_key;
    action.count = delivery.attempts;
    action.reason = why;
    parts_.audit.record(action);
    parts_.log.write(Severity::warning, "webhook_dead",
                     delivery.job_id + " after " + std::to_string(delivery.attempts) + " attempts: " + why);
    const std::optional<std::int64_t> never;
    const auto ignored =
        co_await parts_.store.not_delivered(delivery.job_id, never, parts_.now_ms(), std::move(why));
    static_cast<void>(ignored);
  }

  asio::any_io_executor executor_;
  WebhooksParts parts_;
  RetrySchedule schedule_;
  asio::thread_pool threads_;
  std::stop_source stop_;
  base::Event all_ended_;
  std::size_t tasks_ = 0;     // Coroutines that have not ended.
  std::size_t attempts_ = 0;  // Of these.
  WebhookCounts counts_;
};

Webhooks::Webhooks(asio::any_io_executor executor, WebhooksParts parts)
    : impl_(std::make_shared<Impl>(std::move(executor), std::move(parts))) {}

Webhooks::~Webhooks() {
  impl_->stop();
}

void Webhooks::start() {
  impl_->start();
}
WebhookCounts Webhooks::counts() const {
  return impl_->counts();
}
asio::awaitable<void> Webhooks::shut_down() {
  return Impl::shut_down(impl_);
}

}  // namespace sallyport::broker::webhooks
