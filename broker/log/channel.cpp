#include "broker/log/channel.hpp"

#include "broker/log/json_line.hpp"

#include <csignal>
#include <exception>
#include <utility>

namespace sallyport::broker::log {
namespace {

constexpr auto between_reports = std::chrono::seconds(1);

/// How long a line may wait for those that follow it, and for how many such pauses without any the thread
/// goes on looking before it sleeps until it is woken.
constexpr auto pause = std::chrono::milliseconds(1);
constexpr int pauses_before_sleep = 20;

/// Lines that are taken out of the queue at once: beside the queue's bound, the most that are held.
constexpr std::size_t taken_at_once = 64;

// Signals are for the broker's own threads; and with SIGPIPE blocked, a reader that goes away is an error of
// write() in place of the end of the process.
void block_signals() {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);
}

}  // namespace

Channel::Channel(std::shared_ptr<LineSink> destination, std::size_t capacity, WhenFull when_full,
                 const Context& context)
    : destination_(std::move(destination)),
      capacity_(capacity),
      when_full_(when_full),
      context_(context),
      thread_([this] {
        block_signals();
        run();
      }) {}

Channel::~Channel() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  work_.notify_one();
  thread_.join();
  report();
}

void Channel::post(std::string line) {
  bool wake = false;
  {
    std::unique_lock lock(mutex_);
    if (queue_.size() >= capacity_) {
      if (when_full_ == WhenFull::lose_oldest) {
        queue_.pop_front();
        ++lost_;
      } else {
        ++blocked_;
        room_.wait(lock, [this] { return queue_.size() < capacity_; });
        --blocked_;
      }
    }
    queue_.push_back(std::move(line));
    // A small queue may be full before the pause is over.
    wake = asleep_ || queue_.size() * 2 == capacity_ || queue_.size() == capacity_;
    asleep_ = false;
  }
  if (wake) work_.notify_one();
}

/// Waits for lines and takes some of them; false at the end, when there are none left.
bool Channel::take(Lines& lines) {
  std::unique_lock lock(mutex_);
  for (int pauses = 0; queue_.empty() && !ending_; ++pauses) {
    if (pauses < pauses_before_sleep) {
      work_.wait_for(lock, pause);
    } else {
      asleep_ = true;
      work_.wait(lock, [this] { return !queue_.empty() || ending_; });
      asleep_ = false;
    }
  }
  for (; !queue_.empty() && lines.size() < taken_at_once; queue_.pop_front()) {
    lines.push_back(std::move(queue_.front()));
  }
  if (blocked_ > 0) room_.notify_all();
  return !lines.empty();
}

void Channel::run() {
  for (Lines lines; take(lines); lines.clear()) write(lines);
}

void Channel::write(const Lines& lines) {
  std::size_t written = 0;
  try {
    if (std::chrono::steady_clock::now() >= next_report_) report();
    destination_->write_lines(lines, written);
  } catch (const std::exception&) {
    // No memory for the report, or a line: what was not written is counted below.
  }
  lost_ += lines.size() - written;
}

void Channel::report() {
  const auto lost = lost_.load();
  if (lost == reported_) return;
  auto json = record(context_.now(), Level::warning, "log_records_lost");
  json.emplace("count", lost - reported_);
  // While lines are refused the report is too, and waits with its number.
  if (destination_->write(line_of(json))) reported_ = lost;
  next_report_ = std::chrono::steady_clock::now() + between_reports;
}

}  // namespace sallyport::broker::log
