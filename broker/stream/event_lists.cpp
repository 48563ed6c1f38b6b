#include "broker/stream/event_lists.hpp"

#include "broker/seconds.hpp"

#include <algorithm>
#include <utility>

namespace sallyport::broker {

EventLists::EventLists(boost::asio::any_io_executor executor, const config::Streaming& config, Now now)
    : executor_(std::move(executor)),
      max_event_bytes_(config.max_event_bytes),
      max_kept_bytes_(config.max_kept_bytes),
      kept_for_(seconds(config.kept_seconds)),
      now_(std::move(now)) {}

EventLists::Pointer EventLists::open(const std::string& id, const std::string& owner_key) {
  tidy();
  if (Pointer known = find(owner_key, id)) return known;
  auto events = std::make_shared<ExecutionEvents>(executor_, max_event_bytes_);
  entries_[id] = Entry{owner_key, events};
  return events;
}

EventLists::Pointer EventLists::find(const std::string& owner_key, const std::string& id) {
  const auto found = entries_.find(id);
  if (found == entries_.end() || found->second.owner_key != owner_key) return nullptr;
  return found->second.events.lock();
}

void EventLists::keep(Pointer events) {
  Kept kept;
  kept.bytes = events->bytes();
  kept.events = std::move(events);
  kept.until = now_() + kept_for_;
  kept_bytes_ += kept.bytes;
  kept_.push_back(std::move(kept));
  tidy();
}

std::size_t EventLists::size() const {
  return static_cast<std::size_t>(std::count_if(
      entries_.begin(), entries_.end(), [](const auto& entry) { return !entry.second.events.expired(); }));
}

void EventLists::tidy() {
  const auto now = now_();
  while (!kept_.empty() && (kept_.front().until <= now || kept_bytes_ > max_kept_bytes_)) {
    kept_bytes_ -= kept_.front().bytes;
    kept_.pop_front();
  }
  if (entries_.size() < tidy_at_) return;
  std::erase_if(entries_, [](const auto& entry) { return entry.second.events.expired(); });
  tidy_at_ = std::max<std::size_t>(64, 2 * entries_.size());
}

}  // namespace sallyport::broker
