#include "validators/python/compile_checks/symbol_table.hpp"

#include <algorithm>
#include <cstring>

namespace sallyport::validators::python::checks {
namespace {

constexpr std::size_t initial_slots = 256;
// What a large program made larger than this is given back.
constexpr std::size_t slots_to_keep = std::size_t{1} << 14U;

template <class T>
void empty(std::vector<T>& list) {
  list.clear();
  if (list.capacity() > slots_to_keep) {
    list.shrink_to_fit();
  }
}

void empty_slots(std::vector<Index>& slots) {
  if (slots.size() > slots_to_keep || slots.empty()) {
    slots = std::vector<Index>(initial_slots, none);
  } else {
    std::fill(slots.begin(), slots.end(), none);
  }
}

std::uint64_t mix(std::uint64_t value) {
  value *= 0x9e3779b97f4a7c15U;
  return value ^ (value >> 29U);
}

}  // namespace

void SymbolTable::clear() {
  empty(names_);
  empty(scopes_);
  empty(symbols_);
  empty(directives_);
  empty_slots(name_slots_);
  empty_slots(symbol_slots_);
  copies_ = Arena();
}

std::uint32_t SymbolTable::hash_of(std::string_view text) {
  std::uint64_t hash = text.size();
  const char* at = text.data();
  std::size_t left = text.size();
  for (; left > 8; left -= 8, at += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, at, 8);
    hash = mix(hash ^ word);
  }
  std::uint64_t word = 0;
  std::memcpy(&word, at, left);
  hash = mix(hash ^ word);
  return static_cast<std::uint32_t>(hash ^ (hash >> 32U));
}

std::uint32_t SymbolTable::hash_of(Index scope, Index name) {
  const std::uint64_t hash = mix((std::uint64_t{scope} << 32U) | name);
  return static_cast<std::uint32_t>(hash ^ (hash >> 32U));
}

Index SymbolTable::intern(std::string_view text) {
  const std::uint32_t hash = hash_of(text);
  const Index found = find_name(text, hash);
  return found != none ? found : add_name(text, hash);
}

Index SymbolTable::intern_copy(std::string_view text) {
  const std::uint32_t hash = hash_of(text);
  const Index found = find_name(text, hash);
  return found != none ? found : add_name(copies_.copy(text), hash);
}

Index SymbolTable::find_name(std::string_view text, std::uint32_t hash) const {
  const std::size_t mask = name_slots_.size() - 1;
  for (std::size_t slot = hash & mask; name_slots_[slot] != none; slot = (slot + 1) & mask) {
    const Name& name = names_[name_slots_[slot]];
    if (name.hash == hash && name.text == text) {
      return name_slots_[slot];
    }
  }
  return none;
}

Index SymbolTable::add_name(std::string_view text, std::uint32_t hash) {
  const auto index = static_cast<Index>(names_.size());
  names_.push_back({text, hash, false, none, none});
  const std::size_t mask = name_slots_.size() - 1;
  std::size_t slot = hash & mask;
  while (name_slots_[slot] != none) {
    slot = (slot + 1) & mask;
  }
  name_slots_[slot] = index;
  if (names_.size() * 2 > name_slots_.size()) {
    grow_names();
  }
  return index;
}

void SymbolTable::grow_names() {
  std::vector<Index> slots(name_slots_.size() * 2, none);
  const std::size_t mask = slots.size() - 1;
  for (Index index = 0; index < names_.size(); ++index) {
    std::size_t slot = names_[index].hash & mask;
    while (slots[slot] != none) {
      slot = (slot + 1) & mask;
    }
    slots[slot] = index;
  }
  name_slots_ = std::move(slots);
}

Index SymbolTable::add_scope(ScopeKind kind, Index parent, const ast::Location& where) {
  const auto index = static_cast<Index>(scopes_.size());
  Scope& scope = scopes_.emplace_back();
  scope.kind = kind;
  scope.parent = parent;
  scope.where = where;
  return index;
}

Index SymbolTable::find(Index scope, Index name) const {
  if (names_[name].last_scope == scope) {
    return names_[name].last_symbol;
  }
  const std::size_t mask = symbol_slots_.size() - 1;
  for (std::size_t slot = hash_of(scope, name) & mask; symbol_slots_[slot] != none;
       slot = (slot + 1) & mask) {
    const Symbol& symbol = symbols_[symbol_slots_[slot]];
    if (symbol.scope == scope && symbol.name == name) {
      return symbol_slots_[slot];
    }
  }
  return none;
}

Index SymbolTable::find_or_add(Index scope_index, Index name) {
  if (names_[name].last_scope == scope_index) {
    return names_[name].last_symbol;
  }
  const std::size_t mask = symbol_slots_.size() - 1;
  std::size_t slot = hash_of(scope_index, name) & mask;
  Index index = none;
  for (; symbol_slots_[slot] != none; slot = (slot + 1) & mask) {
    const Symbol& symbol = symbols_[symbol_slots_[slot]];
    if (symbol.scope == scope_index && symbol.name == name) {
      index = symbol_slots_[slot];
      break;
    }
  }
  if (index == none) {
    index = static_cast<Index>(symbols_.size());
    symbols_.push_back({name, scope_index, none, 0});
    symbol_slots_[slot] = index;
    Scope& scope = scopes_[scope_index];
    (scope.last_symbol == none ? scope.first_symbol : symbols_[scope.last_symbol].next) = index;
    scope.last_symbol = index;
    if (symbols_.size() * 2 > symbol_slots_.size()) {
      grow_symbols();
    }
  }
  names_[name].last_scope = scope_index;
  names_[name].last_symbol = index;
  return index;
}

void SymbolTable::grow_symbols() {
  std::vector<Index> slots(symbol_slots_.size() * 2, none);
  const std::size_t mask = slots.size() - 1;
  for (Index index = 0; index < symbols_.size(); ++index) {
    std::size_t slot = hash_of(symbols_[index].scope, symbols_[index].name) & mask;
    while (slots[slot] != none) {
      slot = (slot + 1) & mask;
    }
    slots[slot] = index;
  }
  symbol_slots_ = std::move(slots);
}

std::uint32_t SymbolTable::flags(Index scope, Index name) const {
  const Index index = find(scope, name);
  return index == none ? 0 : symbols_[index].flags;
}

void SymbolTable::add_directive(Index scope_index, Index name, const ast::Location& where) {
  const auto index = static_cast<Index>(directives_.size());
  directives_.push_back({name, none, where});
  Scope& scope = scopes_[scope_index];
  (scope.last_directive == none ? scope.first_directive : directives_[scope.last_directive].next) = index;
  scope.last_directive = index;
}

}  // namespace sallyport::validators::python::checks
