// The policies of a broker: those that come with it, and the operator's own over them.
#pragma once

#include "broker/policy_catalog.hpp"

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::broker {

/// Loads every `NAME.json` of a folder; one with the name of a shipped policy takes its place. All or
/// nothing: with any mistake in any file the policies stay as they were.
class Policies final : public PolicyCatalog {
 public:
  /// With the shipped policies alone until the first `load`. `folder` may be empty: no own policies.
  explicit Policies(std::string folder);

  /// Reads the folder (again). What is wrong with it, one line each: file, key, what; empty where it was
  /// taken up. Blocks for some milliseconds, on the disk and on the rules' own examples, which are checked.
  std::vector<std::string> load();

  [[nodiscard]] PolicyPointer find(std::string_view name) const override;
  [[nodiscard]] std::vector<std::string> names() const override;
  [[nodiscard]] std::uint64_t generation() const override { return generation_.load(); }

 private:
  using Set = std::map<std::string, PolicyPointer, std::less<>>;

  [[nodiscard]] std::shared_ptr<const Set> current() const;

  std::string folder_;
  Set shipped_;
  std::atomic<std::uint64_t> generation_{0};
  mutable std::mutex mutex_;
  std::shared_ptr<const Set> set_;  // guarded by mutex_
};

}  // namespace sallyport::broker
