// The links between audit records, without I/O. docs/adr/0016-audit-chain.md says what they show and what
// not.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sallyport::broker::log {

/// Where the chain stands: the last record's number and hash.
struct ChainPoint {
  std::uint64_t sequence = 0;  ///< 0: there is no record yet.
  std::string hash;            ///< 64 hexadecimal digits.

  bool operator==(const ChainPoint&) const = default;
};

/// What the first record has in front of it.
[[nodiscard]] ChainPoint chain_begin();

/// The record that follows `last`: `record`, a JSON object, with its number, the hash of the one before and
/// its own at the end: {...,"seq":2,"prev":"...","hash":"..."}. Moves `last` on. Empty, with `last` as it
/// was, for what is no object, or if the host's crypto library refuses.
[[nodiscard]] std::string chained(std::string_view record, ChainPoint& last);

/// What a record of the chain says about its place.
struct ChainLink {
  std::uint64_t sequence = 0;
  std::string_view previous;
  std::string_view hash;
};
/// None for a line that does not end like a record of the chain. Does not check the hash.
[[nodiscard]] std::optional<ChainLink> link_of(std::string_view line);

/// Whether the record's hash is that of its bytes.
[[nodiscard]] bool is_unchanged(std::string_view line);

}  // namespace sallyport::broker::log
