// Constants that fold to something huge: what is kept of them.
#include "validators/policy/evaluator.hpp"

#include <algorithm>

namespace sallyport::validators::policy {

using namespace python::ast;

namespace {

constexpr std::size_t most_bombs = 16;

}  // namespace

void Evaluator::bomb(const Expr* node, std::uint64_t size, bool bits) {
  const auto& limits = rights_.policy().limits;
  const auto limit = bits ? limits.folded_bits : limits.folded_items;
  if (limit == 0 || size <= limit || node == nullptr || bombs_.size() >= most_bombs) {
    return;
  }
  const bool known =
      std::any_of(bombs_.begin(), bombs_.end(), [node](const Bomb& other) { return other.node == node; });
  if (!known) {
    bombs_.push_back({node, size, bits});
  }
}

void Evaluator::consume(SetId set, const Expr* node) {
  for (const auto& value : pool_[set]) {
    if (value.kind == ValueKind::sequence && value.number > 0) {
      bomb(node, static_cast<std::uint64_t>(value.number), false);
    }
  }
}

}  // namespace sallyport::validators::policy
