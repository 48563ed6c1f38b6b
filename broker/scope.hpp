// What a key may be used for.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace sallyport::broker {

/// Every route names one. None of them includes another: who may execute and read needs both.
enum class Scope : std::uint8_t {
  open,      ///< Needs no key, not even where all else does: for probes.
  execute,   ///< To have code executed.
  validate,  ///< To ask the doors alone.
  read,      ///< To see the key's own executions and their results, and to end them.
  metrics,   ///< To see figures of the whole broker.
  admin      ///< To see the audit trail of all keys.
};

/// Those that a key may have, in the order of `Scope` without `open`.
inline constexpr std::array<std::string_view, 5> kScopeNames = {"execute", "validate", "read", "metrics",
                                                                "admin"};

/// "execute"; "open" for the one that no key needs.
[[nodiscard]] constexpr std::string_view to_string(Scope scope) {
  return scope == Scope::open ? "open" : kScopeNames.at(static_cast<std::size_t>(scope) - 1);
}

[[nodiscard]] constexpr std::optional<Scope> scope_from(std::string_view name) {
  for (std::size_t i = 0; i < kScopeNames.size(); ++i) {
    if (kScopeNames.at(i) == name) return static_cast<Scope>(i + 1);
  }
  return std::nullopt;
}

/// A set of them.
class Scopes {
 public:
  [[nodiscard]] static constexpr Scopes all() {
    Scopes scopes;
    scopes.bits_ = 0xff;
    return scopes;
  }

  constexpr void add(Scope scope) { bits_ |= bit(scope); }
  [[nodiscard]] constexpr bool has(Scope scope) const {
    return scope == Scope::open || (bits_ & bit(scope)) != 0;
  }
  [[nodiscard]] constexpr bool empty() const { return bits_ == 0; }
  bool operator==(const Scopes&) const = default;

 private:
  static constexpr std::uint8_t bit(Scope scope) {
    return static_cast<std::uint8_t>(1U << static_cast<unsigned>(scope));
  }
  std::uint8_t bits_ = 0;
};

}  // namespace sallyport::broker
