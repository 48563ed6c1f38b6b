#include "config/nearest.hpp"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

namespace sallyport::config {
namespace {

constexpr std::size_t shortest_part = 4;  // "max" is part of too many names to be a hint.

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool equal(char a, char b) {
  return lower(a) == lower(b);
}

bool same(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), equal);
}

// Whether `name` is the first or the last words of `candidate`, words being parted by underscores.
bool is_part(std::string_view name, std::string_view candidate) {
  if (name.size() < shortest_part || candidate.size() < name.size() + 2) return false;
  const auto rest = candidate.size() - name.size();
  return (candidate[name.size()] == '_' && same(candidate.substr(0, name.size()), name)) ||
         (candidate[rest - 1] == '_' && same(candidate.substr(rest), name));
}

}  // namespace

std::size_t edit_distance(std::string_view a, std::string_view b) {
  // Three rows of the table of distances between beginnings of `a` and of `b`; a swap looks two rows back.
  std::array<std::vector<std::size_t>, 3> rows;
  for (auto& row : rows) row.resize(b.size() + 1);
  auto& [before, previous, current] = rows;
  for (std::size_t j = 0; j <= b.size(); ++j) current[j] = j;

  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::swap(before, previous);
    std::swap(previous, current);
    current[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t substitution = equal(a[i - 1], b[j - 1]) ? 0 : 1;
      current[j] = std::min({previous[j] + 1, current[j - 1] + 1, previous[j - 1] + substitution});
      if (i > 1 && j > 1 && equal(a[i - 1], b[j - 2]) && equal(a[i - 2], b[j - 1])) {
        current[j] = std::min(current[j], before[j - 2] + 1);
      }
    }
  }
  return current[b.size()];
}

std::optional<std::string_view> nearest(std::string_view name, std::span<const std::string_view> candidates) {
  if (name.empty() || name.size() > longest_name) return std::nullopt;
  // A distance of the whole length would mean that nothing of the name is left.
  const std::size_t limit = std::min(name.size() - 1, std::max<std::size_t>(1, name.size() / 3));

  std::optional<std::string_view> best;
  std::size_t best_distance = limit + 1;
  for (const auto candidate : candidates) {
    const auto difference =
        candidate.size() > name.size() ? candidate.size() - name.size() : name.size() - candidate.size();
    if (difference >= best_distance) continue;
    if (const auto distance = edit_distance(name, candidate); distance < best_distance) {
      best = candidate;
      best_distance = distance;
    }
  }
  if (best) return best;

  const auto part = [name](std::string_view candidate) { return is_part(name, candidate); };
  const auto found = std::find_if(candidates.begin(), candidates.end(), part);
  if (found == candidates.end() || std::any_of(found + 1, candidates.end(), part)) return std::nullopt;
  return *found;
}

}  // namespace sallyport::config
