#include "broker/log/channel.hpp"

#include "broker/log/json_line.hpp"

#include <spdlog/async_logger.h>
#include <spdlog/details/thread_pool.h>
#include <spdlog/sinks/sink.h>

#include <chrono>
#include <csignal>
#include <string>
#include <utility>

namespace sallyport::broker::log {
namespace {

constexpr auto between_reports = std::chrono::seconds(1);

// Signals are for the broker's own threads; and with SIGPIPE blocked, a reader that goes away is an error of
// write() in place of the end of the process.
void block_signals() {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);
}

}  // namespace

// Runs on the channel's one thread, but for `lost` and `count_lost`.
class Channel::Sink final : public spdlog::sinks::sink {
 public:
  Sink(std::shared_ptr<Destination> destination, const Context& context)
      : destination_(std::move(destination)), context_(context) {}

  /// `pool` outlives the thread that it calls this sink on.
  void watch(spdlog::details::thread_pool* pool) { pool_ = pool; }

  void log(const spdlog::details::log_msg& message) override {
    note_overruns();
    if (std::chrono::steady_clock::now() >= next_report_) report();
    if (!destination_->write({message.payload.data(), message.payload.size()})) count_lost();
  }
  void flush() override {}  // Nothing is buffered here.
  void set_pattern(const std::string& /*pattern*/) override {}
  void set_formatter(std::unique_ptr<spdlog::formatter> /*formatter*/) override {}

  void note_overruns() {
    // A message of the pool's own, such as the one that ends it, counts like any other: it is never pushed
    // out.
    const std::uint64_t overruns = pool_ == nullptr ? 0 : pool_->overrun_counter();
    lost_ += overruns - overruns_;
    overruns_ = overruns;
  }

  void report() {
    const auto lost = lost_.load();
    if (lost == reported_) return;
    auto json = record(context_.now(), Level::warning, "log_records_lost");
    json.emplace("count", lost - reported_);
    // While lines are refused the report is too, and waits with its number.
    if (destination_->write(line_of(json))) reported_ = lost;
    next_report_ = std::chrono::steady_clock::now() + between_reports;
  }

  void count_lost() { ++lost_; }
  [[nodiscard]] std::uint64_t lost() const { return lost_; }

 private:
  std::shared_ptr<Destination> destination_;
  const Context& context_;
  spdlog::details::thread_pool* pool_ = nullptr;
  std::uint64_t overruns_ = 0;
  std::uint64_t reported_ = 0;
  std::chrono::steady_clock::time_point next_report_;
  std::atomic<std::uint64_t> lost_{0};
};

Channel::Channel(std::shared_ptr<Destination> destination, std::size_t capacity, WhenFull when_full,
                 const Context& context)
    : sink_(std::make_shared<Sink>(std::move(destination), context)),
      pool_(std::make_shared<spdlog::details::thread_pool>(capacity, 1, block_signals)) {
  sink_->watch(pool_.get());
  const auto policy = when_full == WhenFull::wait ? spdlog::async_overflow_policy::block
                                                  : spdlog::async_overflow_policy::overrun_oldest;
  logger_ = std::make_shared<spdlog::async_logger>("", sink_, pool_, policy);
  logger_->set_level(spdlog::level::trace);
  // What spdlog would tell of on standard error in a form of its own.
  logger_->set_error_handler([sink = std::weak_ptr<Sink>(sink_)](const std::string&) {
    if (const auto target = sink.lock()) target->count_lost();
  });
}

Channel::~Channel() {
  // The pool's end is a message behind all others in the queue, and its destructor waits for the thread.
  pool_.reset();
  sink_->watch(nullptr);
  sink_->report();
}

void Channel::post(std::string_view line) {
  logger_->log(spdlog::source_loc{}, spdlog::level::info, spdlog::string_view_t(line.data(), line.size()));
}

void Channel::count_lost() noexcept {
  sink_->count_lost();
}

std::uint64_t Channel::lost() const {
  return sink_->lost();
}

}  // namespace sallyport::broker::log
