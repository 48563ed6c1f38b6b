// Sets of values, and what they are made of and taken apart by.
#pragma once

#include "validators/policy/value.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory_resource>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sallyport::validators::policy {

inline constexpr std::size_t most_items = 4096;  // of a list whose items are told apart

// Adds to a set that is being put together what it does not have yet. It stays bounded; what is dangerous has
// more room in it than the rest.
void add_to(Values& into, const Value& value);

// Owns sets, folded texts and item lists. What it holds is bounded: beyond that everything is unknown.
class ValuePool {
 public:
  ValuePool();

  // It stays where it is, and as it is, whatever is added.
  const Values& operator[](SetId id) const { return sets_[id]; }

  SetId add(Value value) {
    if (full()) {
      return anything;
    }
    sets_.emplace_back(std::size_t{1}, value);
    return static_cast<SetId>(sets_.size() - 1);
  }

  SetId add(Values&& values);

  // A text that lives as long as the pool. Empty, and `ok` false, where it is too much.
  std::string_view keep(std::string text, bool& ok) {
    ok = text.size() <= longest_text && (kept_ += text.size()) <= most_text;
    if (!ok) {
      return {};
    }
    return texts_.emplace_back(std::move(text));
  }

  std::span<const SetId> keep(std::vector<SetId> items) {
    items_ += items.size();
    return lists_.emplace_back(std::move(items));
  }

  [[nodiscard]] bool full() const { return sets_.size() + items_ > most_sets; }

  // All of the set's values.
  void add_to(Values& into, SetId set) const;
  SetId unite(SetId left, SetId right);

  // Several sets put together. One alone stays itself, and most names have one source.
  struct Union {
    SetId only = nothing;
    Values values;  // once there are two
  };
  void join(Union& into, SetId set) const;
  SetId add(Union&& joined) { return joined.values.empty() ? joined.only : add(std::move(joined.values)); }

  SetId text(std::string text, bool assembled, ValueKind kind = ValueKind::text);
  // What is not known, but for that it is a text that was put together.
  SetId assembled_unknown();
  SetId sequence(std::vector<SetId> items, bool bag = false);
  // So many items, of which each may be one of `item`.
  Value sized(SetId item, std::int64_t count);

  // The one value of the set, if it is of that kind and known to its end.
  [[nodiscard]] std::optional<Value> only(SetId set, ValueKind kind) const {
    const auto& values = sets_[set];
    if (values.size() == 1 && values[0].kind == kind && !values[0].prefix_only) {
      return values[0];
    }
    return {};
  }
  // The number that it is, from 0.
  [[nodiscard]] std::optional<std::int64_t> figure(SetId set) const {
    const auto known = only(set, ValueKind::number);
    return known && known->number >= 0 ? std::optional(known->number) : std::nullopt;
  }
  // The items of a constant list or of a text's characters; nothing where they are not known.
  std::optional<std::vector<SetId>> items_of(SetId set, bool ordered);
  // How many items it has, where that is known, or 0.
  [[nodiscard]] std::int64_t count_of(SetId set) const;

  static constexpr std::size_t longest_text = 256 * 1024;

 private:
  static constexpr std::size_t most_text = 8U * 1024 * 1024;
  static constexpr std::size_t most_sets = 500'000;

  // Of the blocks of the lists below, which only grow.
  std::pmr::monotonic_buffer_resource memory_{16 * 1024};
  std::pmr::deque<Values> sets_{&memory_};
  std::pmr::deque<std::string> texts_{&memory_};
  std::pmr::deque<std::vector<SetId>> lists_{&memory_};
  std::size_t kept_ = 0;
  std::size_t items_ = 0;
};

}  // namespace sallyport::validators::policy
