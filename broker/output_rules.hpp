// The rules of the second door: those that come with the broker, and the operator's own over them.
#pragma once

#include "validators/output/rule_set.hpp"

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace sallyport::broker {

/// Rules that can be read again while submissions are served; what a text was begun with stays as it was.
///
/// Thread-safety: all calls from any thread.
class OutputRules {
 public:
  using Pointer = std::shared_ptr<const validators::output::RuleSet>;

  /// With the shipped rules alone until the first `load`. `file` may be empty: no own rules.
  explicit OutputRules(std::string file);

  /// Reads the file (again). What is wrong with it, one line each: file, key, what; empty where it was taken
  /// up. All or nothing: with any mistake the rules stay as they were. Blocks for some tens of milliseconds,
  /// on the disk and on the rules' own examples, which are checked.
  std::vector<std::string> load();

  /// Never null.
  [[nodiscard]] Pointer current() const;
  /// Another number whenever the rules are others.
  [[nodiscard]] std::uint64_t generation() const { return generation_.load(); }

 private:
  std::string file_;
  mutable std::mutex mutex_;
  Pointer rules_;  // guarded by mutex_
  std::atomic<std::uint64_t> generation_{0};
};

}  // namespace sallyport::broker
