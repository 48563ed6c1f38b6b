#include "broker/keys/key_ring.hpp"

#include <chrono>
#include <utility>

namespace sallyport::broker::keys {
namespace {

constexpr std::chrono::milliseconds kBetweenLooks{500};
constexpr std::chrono::minutes kBetweenComplaints{1};

}  // namespace

KeyRing::KeyRing(std::string path, EventLog& log, Now now)
    : file_(std::move(path)), log_(log), now_(std::move(now)) {}

void KeyRing::take(std::vector<Key> keys) {
  keys_ = std::make_shared<KeySet>(std::move(keys));
  if (!keys_->keys().empty()) ever_had_keys_ = true;
}

std::string KeyRing::load() {
  stamp_ = stamp_of(file_.path());
  next_look_ = now_() + kBetweenLooks;
  auto keys = file_.read();
  if (keys.has_error()) return keys.error().message;
  take(std::move(*keys));
  return {};
}

std::shared_ptr<const KeySet> KeyRing::current() {
  const auto now = now_();
  if (now < next_look_) return keys_;
  next_look_ = now + kBetweenLooks;
  // The stamp before the text: one that is replaced in between is read again with the next look.
  auto stamp = stamp_of(file_.path());
  if (stamp == stamp_) return keys_;
  auto keys = file_.read();
  if (keys.has_error()) {
    if (now >= next_complaint_) {
      log_.write(Severity::error, "keys_refused", keys.error().message + "; the keys are those of before");
      next_complaint_ = now + kBetweenComplaints;
    }
    return keys_;
  }
  stamp_ = stamp;
  next_complaint_ = {};
  take(std::move(*keys));
  log_.write(Severity::info, "keys_loaded", std::to_string(keys_->keys().size()) + " keys");
  return keys_;
}

}  // namespace sallyport::broker::keys
