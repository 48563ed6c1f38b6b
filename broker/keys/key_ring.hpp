// The keys of the running broker.
#pragma once

#include "base/deadline.hpp"
#include "broker/event_log.hpp"
#include "broker/keys/key_file.hpp"
#include "broker/keys/key_set.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace sallyport::broker::keys {

/// Follows the key file: whoever asks gets the state of at most a second ago, so that a key that is made,
/// changed or revoked counts without a restart, and no task has to watch.
///
/// A file that has become wrong leaves the keys as they were, and an error in the log every minute. One that
/// has gone away leaves no keys: nobody gets in.
///
/// Thread-safety: the executor's one thread. Reading a file that changed blocks it, 1 ms for a hundred keys.
class KeyRing {
 public:
  using Now = std::function<base::Clock::time_point()>;

  /// `log` must outlive it. `now` is for tests.
  KeyRing(std::string path, EventLog& log, Now now = base::Clock::now);

  /// Reads the file for the first time. What is wrong with it; empty if nothing is.
  [[nodiscard]] std::string load();

  /// The keys as they are now. Valid as long as it is held.
  [[nodiscard]] std::shared_ptr<const KeySet> current();

  /// Whether there has been a key since the start. From then on nobody is served without one.
  [[nodiscard]] bool ever_had_keys() const { return ever_had_keys_; }

 private:
  void take(std::vector<Key> keys);

  KeyFile file_;
  EventLog& log_;
  Now now_;
  std::shared_ptr<const KeySet> keys_ = std::make_shared<KeySet>();
  std::optional<FileStamp> stamp_;
  base::Clock::time_point next_look_;
  base::Clock::time_point next_complaint_;
  bool ever_had_keys_ = false;
};

}  // namespace sallyport::broker::keys
