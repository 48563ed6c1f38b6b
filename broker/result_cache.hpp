// Results of deterministic submissions, to be given again.
#pragma once

#include "base/deadline.hpp"
#include "broker/admission/owner.hpp"
#include "broker/api/execution_reply.hpp"
#include "broker/api/execution_request.hpp"
#include "config/config.hpp"

#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

namespace sallyport::broker {

struct CacheCounts {
  std::uint64_t hits = 0;
  std::uint64_t misses = 0;
  std::uint64_t evictions = 0;  ///< For want of room; not those that were too old.
  std::uint64_t entries = 0;
  std::uint64_t bytes = 0;  ///< What the entries take, by their texts and a flat rate.
};

/// Which rules a submission is held to at the moment: a result that was made under others is not given again.
struct RuleGenerations {
  std::uint64_t code = 0;
  std::uint64_t output = 0;
};

/// Keeps replies as they went out through the second door, least recently used first out. Their key is the
/// SHA-256 of everything that a result can depend on, and of whose it is: a result is given again to nobody
/// but the user, within its key, who had it made.
///
/// Thread-safety: the executor's one thread.
class ResultCache {
 public:
  using Now = std::function<base::Clock::time_point()>;

  explicit ResultCache(config::Cache config, Now now = base::Clock::now);

  /// None for a request whose result is not kept: the cache is off, the request does not say that it is
  /// deterministic, it has network, or its image's digest is not known. Takes time in proportion to the
  /// request, 1 ms for some megabytes.
  [[nodiscard]] std::optional<std::string> key_of(const ExecutionRequest& request, const Owner& owner,
                                                  const RuleGenerations& rules) const;

  /// The reply that is kept under this key, if it is not too old. Valid until the next call.
  [[nodiscard]] const ExecutionReply* find(const std::string& key);

  /// Keeps a copy, if the reply is a success and not too large. Its id and timings are not kept.
  void store(const std::string& key, const ExecutionReply& reply);

  [[nodiscard]] CacheCounts counts() const;

 private:
  struct Entry {
    std::string key;
    ExecutionReply reply;
    std::uint64_t bytes = 0;
    base::Clock::time_point expires;
  };
  using Entries = std::list<Entry>;

  void drop(Entries::iterator entry);

  config::Cache config_;
  Now now_;
  Entries entries_;  // The most recently used first.
  std::unordered_map<std::string, Entries::iterator> by_key_;
  CacheCounts counts_;
};

}  // namespace sallyport::broker
