#include "broker/stream/execution_events.hpp"

#include <algorithm>
#include <utility>

namespace sallyport::broker {

namespace asio = boost::asio;

namespace {

/// Beside its data: the event, its counters, its place in the list.
constexpr std::uint64_t kEventCost = 128;

constexpr std::size_t kMaxGrown = 16 * 1024;

std::uint64_t cost_of(const ExecutionEvent& event) {
  return event.data.size() + kEventCost;
}

}  // namespace

const char* to_string(EventKind kind) {
  switch (kind) {
    case EventKind::queued:
      return "queued";
    case EventKind::started:
      return "started";
    case EventKind::stdout_text:
      return "stdout";
    case EventKind::stderr_text:
      return "stderr";
    case EventKind::violation:
      return "violation";
    case EventKind::result:
      return "result";
    case EventKind::error:
      return "error";
    case EventKind::cut:
      return "cut";
  }
  return "";
}

ExecutionEvents::ExecutionEvents(asio::any_io_executor executor, std::uint64_t max_bytes,
                                 std::uint64_t last_id)
    : executor_(executor), max_bytes_(max_bytes), last_id_(last_id), changed_(executor) {}

bool ExecutionEvents::grow_last(EventKind kind, const std::string& data) {
  if (kind != EventKind::stdout_text && kind != EventKind::stderr_text) return false;
  if (events_.empty() || read_id_ >= last_id_) return false;
  ExecutionEvent& last = *events_.back();
  if (last.kind != kind || last.data.size() + data.size() > kMaxGrown) return false;
  last.data += data;
  bytes_ += data.size();
  return true;
}

void ExecutionEvents::add(EventKind kind, std::string data) {
  auto event = std::make_shared<ExecutionEvent>();
  event->id = ++last_id_;
  event->kind = kind;
  event->data = std::move(data);
  bytes_ += cost_of(*event);
  events_.push_back(std::move(event));
}

void ExecutionEvents::append(EventKind kind, std::string data) {
  if (ended_) return;
  if (!grow_last(kind, data)) add(kind, std::move(data));
  forget_oldest();
  wake_readers();
}

void ExecutionEvents::end(std::string result, std::string error_type) {
  if (!ended_) add_last(EventKind::result, std::move(result), std::move(error_type));
}

void ExecutionEvents::fail(ApiError error) {
  if (ended_) return;
  add_last(EventKind::error, error.to_json(), error.error_type);
  error_ = std::move(error);
}

void ExecutionEvents::add_last(EventKind kind, std::string data, std::string error_type) {
  add(kind, std::move(data));
  ended_ = true;
  error_type_ = std::move(error_type);
  // Not counted: who is up to date gets the end, however long it is.
  end_bytes_ = cost_of(*events_.back());
  bytes_ -= end_bytes_;
  forget_oldest();
  wake_readers();
}

void ExecutionEvents::forget_oldest() {
  while (bytes_ > max_bytes_ && events_.size() > 1) {
    bytes_ -= cost_of(*events_.front());
    events_.pop_front();
  }
}

void ExecutionEvents::wake_readers() {
  if (!awaited_) return;
  awaited_ = false;
  changed_.set();
  changed_ = base::Event(executor_);
}

ExecutionEvents::Batch ExecutionEvents::read(std::uint64_t after, std::size_t max_bytes) {
  Batch batch;
  if (after + 1 < first_id() || after > last_id_) {
    batch.fell_behind = true;
    return batch;
  }
  std::uint64_t bytes = 0;
  for (std::size_t at = after + 1 - first_id(); at < events_.size() && bytes < max_bytes; ++at) {
    bytes += cost_of(*events_[at]);
    batch.events.push_back(events_[at]);
    after = events_[at]->id;
  }
  read_id_ = std::max(read_id_, after);
  batch.at_end = ended_ && after == last_id_;
  return batch;
}

asio::awaitable<base::WaitStatus> ExecutionEvents::wait(std::uint64_t after, base::CallBounds bounds) {
  if (ended_ || last_id_ > after) co_return base::WaitStatus::ready;
  awaited_ = true;
  base::Event changed = changed_;
  co_return co_await changed.wait(std::move(bounds));
}

}  // namespace sallyport::broker
