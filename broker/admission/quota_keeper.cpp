#include "broker/admission/quota_keeper.hpp"

#include "base/event.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <stop_token>
#include <utility>
#include <vector>

namespace sallyport::broker {

namespace asio = boost::asio;
using base::CallBounds;
using base::Deadline;

namespace {

/// Beyond a call to the store, which has its own time limit.
constexpr std::chrono::seconds kLastWriteTime{30};

}  // namespace

class QuotaKeeper::Impl : public std::enable_shared_from_this<QuotaKeeper::Impl> {
 public:
  Impl(asio::any_io_executor executor, Admission& admission, store::Store& store,
       std::chrono::milliseconds every, std::function<std::int64_t()> now_ms)
      : executor_(std::move(executor)),
        admission_(admission),
        store_(store),
        every_(every),
        now_ms_(std::move(now_ms)),
        ended_(executor_) {}

  void start() {
    started_ = true;
    asio::co_spawn(executor_, keep(shared_from_this()), asio::detached);
  }

  void stop() { stop_.request_stop(); }

  static asio::awaitable<void> shut_down(std::shared_ptr<Impl> self) {
    self->stop();
    if (!self->started_) co_return;
    CallBounds bounds(Deadline::after(kLastWriteTime));
    co_await self->ended_.wait(std::move(bounds));
  }

 private:
  static asio::awaitable<void> keep(std::shared_ptr<Impl> self) {
    bool known = false;
    for (;;) {
      const bool last = self->stop_.stop_requested();
      if (!known) known = co_await self->load();
      co_await self->write();
      if (last) break;
      CallBounds bounds(Deadline::after(self->every_), self->stop_.get_token());
      co_await base::sleep(std::move(bounds));
    }
    self->ended_.set();
  }

  [[nodiscard]] std::int64_t over_ms() const { return now_ms_() - store::kQuotaPeriodMs; }

  asio::awaitable<bool> load() {
    const auto all = co_await store_.quotas(over_ms());
    if (all.has_error()) co_return false;  // Whoever runs jobs tells of it.
    adopt(*all);
    co_return true;
  }

  asio::awaitable<void> write() {
    std::vector<QuotaCount> used = admission_.take_untold();
    if (used.empty()) co_return;
    std::vector<store::QuotaUse> uses;
    uses.reserve(used.size());
    for (const QuotaCount& count : used) {
      const auto age = std::chrono::duration_cast<std::chrono::milliseconds>(count.age);
      uses.push_back({count.key_id, now_ms_() - age.count(), count.requests});
    }
    const auto totals = co_await store_.use_quotas(std::move(uses), over_ms());
    if (totals.has_error()) {
      admission_.give_back(used);
    } else {
      adopt(*totals);
    }
  }

  void adopt(const std::vector<store::QuotaUse>& uses) {
    for (const store::QuotaUse& use : uses) {
      QuotaCount count;
      count.key_id = use.key_id;
      count.age = std::chrono::milliseconds(now_ms_() - use.began_ms);
      count.requests = use.requests;
      admission_.adopt(count);
    }
  }

  asio::any_io_executor executor_;
  Admission& admission_;
  store::Store& store_;
  std::chrono::milliseconds every_;
  std::function<std::int64_t()> now_ms_;
  std::stop_source stop_;
  base::Event ended_;
  bool started_ = false;
};

QuotaKeeper::QuotaKeeper(asio::any_io_executor executor, Admission& admission, store::Store& store,
                         std::chrono::milliseconds every, std::function<std::int64_t()> now_ms)
    : impl_(std::make_shared<Impl>(std::move(executor), admission, store, every, std::move(now_ms))) {}

QuotaKeeper::~QuotaKeeper() {
  impl_->stop();
}

void QuotaKeeper::start() {
  impl_->start();
}
asio::awaitable<void> QuotaKeeper::shut_down() {
  return Impl::shut_down(impl_);
}

}  // namespace sallyport::broker
