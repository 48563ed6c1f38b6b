// What an expression may evaluate to, as far as it can be known without running the program.
#pragma once

#include "validators/python/ast.hpp"

#include <boost/container/small_vector.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

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

// Of characters or of bytes.
inline bool is_text(const Value& value) {
  return value.kind == ValueKind::text || value.kind == ValueKind::bytes;
}

inline Value made(ValueKind kind) {
  Value value;
  value.kind = kind;
  return value;
}

inline Value number(std::int64_t of) {
  auto value = made(ValueKind::number);
  value.number = of;
  return value;
}

inline Value refused_value() {
  Value value;
  value.refused = true;
  return value;
}

}  // namespace sallyport::validators::policy
