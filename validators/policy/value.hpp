// What an expression may evaluate to, as far as it can be known without running the program.
#pragma once

#include "validators/python/ast.hpp"

#include <boost/container/small_vector.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory_resource>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::validators::policy {

enum class ValueKind : std::uint8_t {
  unknown,
  text,      // `text`
  bytes,     // `text`
  number,    // `number`
  constant,  // None, True, a float, ...
  module,    // `text`: its dotted name
  member,    // `name` of the module `text`; dotted: what lies deeper
  builtin,   // `text`
  sequence,  // list, tuple, set: `items`
  mapping,   // dict: `items` are keys and values in turn
  method,    // `name` of the values in `items[0]`
  function,  // `node`: FunctionDef or Lambda
  klass,     // `node`: ClassDef
  instance,  // `node`: ClassDef
  super,     // super()
};

// Index of a set of values in the ValuePool.
using SetId = std::uint32_t;

struct Value {
  ValueKind kind = ValueKind::unknown;
  // Text that was put together from pieces to no honest end, or an unknown that is such a text.
  bool assembled = false;
  bool prefix_only = false;  // of a text: only its beginning is known
  bool refused = false;      // comes of something that was reported already
  bool bag = false;          // of a sequence: the items are known, neither their order nor number
  // Of what is no number itself: how many items it has where that is many, else 0.
  std::int64_t number = 0;
  std::string_view text;
  std::string_view name;
  const python::ast::Node* node = nullptr;  // of a module or member: the import that brought it
  std::span<const SetId> items;
};

// A set of them. Most have one, which takes no memory of its own.
using Values = boost::container::small_vector<Value, 1>;

inline constexpr std::size_t most_values = 12;  // in a set; more become an unknown
inline constexpr SetId nothing = 0;
inline constexpr SetId anything = 1;

// Owns sets, folded texts and item lists. What it holds is bounded: beyond that everything is unknown.
class ValuePool {
 public:
  ValuePool() {
    sets_.emplace_back();
    sets_.emplace_back(Values{Value{}});
  }

  // It stays where it is, and as it is, whatever is added.
  const Values& operator[](SetId id) const { return sets_[id]; }

  SetId add(Value value) {
    if (full()) {
      return anything;
    }
    sets_.emplace_back(std::size_t{1}, value);
    return static_cast<SetId>(sets_.size() - 1);
  }

  SetId add(Values values) {
    if (values.empty()) {
      return nothing;
    }
    if (full()) {
      return anything;
    }
    sets_.push_back(std::move(values));
    return static_cast<SetId>(sets_.size() - 1);
  }

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
