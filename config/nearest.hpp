// The name that a person meant.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

namespace sallyport::config {

/// The candidate that `name` was most likely meant to be, or nothing when none is near enough to be a help.
///
/// Near is a Damerau-Levenshtein distance (neighbours swapped count once, case is free) of at most a third of
/// the name, at least 1. Failing that, the one candidate of which `name` is a beginning or an end of whole
/// words: `timeout` for `timeout_seconds`. Of equals the first wins. Names beyond `longest_name` bytes get no
/// suggestion, since the cost grows with the product of the lengths and the name may come from a client.
///
/// The result points into `candidates`. Pure; safe from any thread.
std::optional<std::string_view> nearest(std::string_view name, std::span<const std::string_view> candidates);

inline constexpr std::size_t longest_name = 128;

/// Insertions, deletions, substitutions and swaps of neighbours that lead from `a` to `b`; ASCII case is
/// free. No part of a text is edited twice (optimal string alignment), as in a slip of the fingers.
std::size_t edit_distance(std::string_view a, std::string_view b);

}  // namespace sallyport::config
