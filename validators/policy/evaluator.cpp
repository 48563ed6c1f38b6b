#include "validators/policy/evaluator.hpp"

#include "validators/policy/fold.hpp"
#include "validators/python/utf8.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <system_error>
#include <utility>

namespace sallyport::validators::policy {

using namespace python::ast;

namespace {

constexpr SetId unset = 0xffffffff;
constexpr SetId in_progress = 0xfffffffe;
constexpr int deepest = 160;
constexpr std::size_t most_items = 4096;
constexpr std::size_t most_override_steps = 20'000;
constexpr std::size_t most_parts = 8;
constexpr std::size_t most_sources_looked_at = 256;  // of a name, to tell which reach a use; all do beyond
constexpr std::size_t most_reaching = 64;
constexpr std::int64_t most_repeats = 64;
constexpr std::uint64_t packing = 100;  // items of an array that weigh as much as one of a list

bool is_interesting(ValueKind kind) {
  return kind == ValueKind::module || kind == ValueKind::member || kind == ValueKind::builtin ||
         kind == ValueKind::function || kind == ValueKind::klass || kind == ValueKind::sequence ||
         kind == ValueKind::mapping || kind == ValueKind::method;
}

bool same(const Value& a, const Value& b) {
  return a.kind == b.kind && a.assembled == b.assembled && a.prefix_only == b.prefix_only &&
         a.refused == b.refused && a.number == b.number && a.text == b.text && a.name == b.name &&
         a.items.data() == b.items.data() &&
         (a.node == b.node || a.kind == ValueKind::module || a.kind == ValueKind::member);
}

Value made(ValueKind kind) {
  Value value;
  value.kind = kind;
  return value;
}

Value number(std::int64_t of) {
  auto value = made(ValueKind::number);
  value.number = of;
  return value;
}

std::uint64_t bits_of(std::int64_t number) {
  std::uint64_t magnitude =
      number < 0 ? 0 - static_cast<std::uint64_t>(number) : static_cast<std::uint64_t>(number);
  std::uint64_t bits = 0;
  for (; magnitude != 0; magnitude >>= 1U) {
    ++bits;
  }
  return bits;
}

// The largest number that stands in a format specification: its width or precision.
std::uint64_t widest(std::string_view spec) {
  std::uint64_t result = 0;
  std::uint64_t now = 0;
  for (const char c : spec) {
    const bool digit = c >= '0' && c <= '9';
    now = !digit ? 0 : now > UINT64_MAX / 100 ? now : now * 10 + static_cast<std::uint64_t>(c - '0');
    result = std::max(result, now);
  }
  return result;
}

// The same of a template for str.format: what stands behind ":" within braces.
std::uint64_t widest_field(std::string_view text) {
  std::uint64_t result = 0;
  for (auto open = text.find('{'); open != std::string_view::npos; open = text.find('{', open + 1)) {
    const auto end = std::min(text.find_first_of("{}", open + 1), text.size());
    const auto colon = text.substr(0, end).find(':', open);
    if (colon != std::string_view::npos) {
      result = std::max(result, widest(text.substr(colon, end - colon)));
    }
  }
  return result;
}

std::int64_t times(std::int64_t a, std::int64_t b) {
  std::int64_t product = 0;
  return __builtin_mul_overflow(a, b, &product) ? INT64_MAX : product;
}

// What a float literal is as an int; nothing if it is no number from 0 to 2**62.
std::optional<std::int64_t> whole(std::string_view literal) {
  std::string plain(literal);
  std::erase(plain, '_');
  double value = 0;
  const auto [end, error] = std::from_chars(plain.data(), plain.data() + plain.size(), value);
  if (error != std::errc() || end != plain.data() + plain.size() || !(value >= 0 && value < 0x1p62)) {
    return {};
  }
  return static_cast<std::int64_t>(value);
}

}  // namespace

Evaluator::Evaluator(const Program& program, const Rights& rights)
    : program_(program),
      rights_(rights),
      memo_(program.nodes.size(), unset),
      all_(program.bindings.size(), unset) {}

void Evaluator::run() {
  for (int round = 0; round < 3; ++round) {
    for (const auto index : program_.postorder) {
      const auto* node = program_.nodes[index].node;
      if (node->kind >= NodeKind::BoolOp && node->kind <= NodeKind::Slice) {
        eval_at(index);
      } else if (const auto* assign = as<AugAssign>(node)) {
        augmented(*assign);
      } else if (const auto* plain = as<Assign>(node)) {  // a, *b = range(10 ** 10)
        for (const auto* target : plain->targets) {
          if (target->kind == NodeKind::Tuple || target->kind == NodeKind::List) {
            consume(eval(plain->value), plain->value);
          }
        }
      }
    }
    const auto grown = [this](SetId now_set, SetId before_set) {
      const auto& now = pool_[now_set];
      return now.size() != pool_[before_set].size() &&
             std::any_of(now.begin(), now.end(),
                         [](const Value& value) { return is_interesting(value.kind); });
    };
    const bool bindings_grew =
        std::any_of(cyclic_bindings_.begin(), cyclic_bindings_.end(), [&](std::uint32_t binding) {
          return all_[binding] < in_progress &&
                 grown(all_[binding], previous_all_.empty() || previous_all_[binding] >= in_progress
                                          ? nothing
                                          : previous_all_[binding]);
        });
    const bool again =
        round < 2 && !pool_.full() &&
        (bindings_grew || std::any_of(cyclic_.begin(), cyclic_.end(), [&](std::uint32_t index) {
           return memo_[index] < in_progress &&
                  grown(memo_[index],
                        previous_.empty() || previous_[index] >= in_progress ? nothing : previous_[index]);
         }));
    if (!again) {
      return;
    }
    previous_ = memo_;
    std::fill(memo_.begin(), memo_.end(), unset);
    previous_all_ = all_;
    std::fill(all_.begin(), all_.end(), unset);
    shared_.clear();
    cyclic_.clear();
    cyclic_bindings_.clear();
    bombs_.clear();
  }
}

SetId Evaluator::eval(const Expr* expression) {
  if (expression == nullptr) {
    return anything;
  }
  const auto index = program_.index_of(expression);
  return index == none ? anything : eval_at(index);
}

SetId Evaluator::eval_at(std::uint32_t index) {
  const bool overridden = override_binding_ != none;
  if (!overridden) {
    if (memo_[index] == in_progress) {
      cyclic_.push_back(index);
      return previous_.empty() || previous_[index] >= in_progress ? nothing : previous_[index];
    }
    if (memo_[index] != unset) {
      return memo_[index];
    }
  } else if (++override_steps_ > most_override_steps) {
    return anything;
  }
  if (depth_ > deepest) {
    too_deep_ = true;
    return anything;
  }
  ++depth_;
  if (!overridden) {
    memo_[index] = in_progress;
  }
  const auto result = compute(static_cast<const Expr*>(program_.nodes[index].node), index);
  if (!overridden) {
    memo_[index] = result;
  }
  --depth_;
  return result;
}

void Evaluator::add(Values& into, const Value& value) {
  if (std::any_of(into.begin(), into.end(), [&value](const Value& known) { return same(known, value); })) {
    return;
  }
  const bool dangerous =
      value.kind == ValueKind::module || value.kind == ValueKind::member || value.kind == ValueKind::builtin;
  if (into.size() < most_values || (dangerous && into.size() < 4 * most_values)) {
    into.push_back(value);
  } else if (into.size() == most_values) {
    into.push_back(Value{});
  }
}

void Evaluator::add(Values& into, SetId set) {
  for (const auto& value : pool_[set]) {
    add(into, value);
  }
}

SetId Evaluator::unite(SetId left, SetId right) {
  if (left == right || right == nothing) {
    return left;
  }
  if (left == nothing) {
    return right;
  }
  auto values = pool_[left];
  add(values, right);
  return pool_.add(std::move(values));
}

void Evaluator::join(Union& into, SetId set) {
  if (into.values.empty()) {
    if (into.only == nothing) {
      into.only = set;
    }
    if (set == nothing || set == into.only) {
      return;
    }
    into.values = pool_[into.only];
  }
  add(into.values, set);
}

SetId Evaluator::keep(Union joined) {
  return joined.values.empty() ? joined.only : pool_.add(std::move(joined.values));
}

SetId Evaluator::text(std::string text, bool assembled, ValueKind kind) {
  bool ok = false;
  auto value = made(kind);
  value.text = pool_.keep(std::move(text), ok);
  value.assembled = assembled;
  return ok ? pool_.add(value) : assembled_unknown();
}

SetId Evaluator::assembled_unknown() {
  Value value;
  value.assembled = true;
  return pool_.add(value);
}

SetId Evaluator::sequence(std::vector<SetId> items, bool bag) {
  auto value = made(ValueKind::sequence);
  if (items.size() > most_items) {
    // Each may be any: keep what is dangerous, forget the order.
    Values all;
    for (const auto item : items) {
      add(all, item);
    }
    items = {pool_.add(std::move(all))};
    bag = true;
  }
  value.bag = bag;
  value.items = pool_.keep(std::move(items));
  return pool_.add(value);
}

// So many items, of which each may be one of `item`.
Value Evaluator::sized(SetId item, std::int64_t count) {
  auto value = made(ValueKind::sequence);
  value.bag = true;
  value.number = count;
  value.items = pool_.keep({item});
  return value;
}

std::optional<std::int64_t> Evaluator::figure(SetId set) const {
  const auto known = only(set, ValueKind::number);
  return known && known->number >= 0 ? std::optional(known->number) : std::nullopt;
}

std::optional<Value> Evaluator::only(SetId set, ValueKind kind) const {
  const auto& values = pool_[set];
  if (values.size() == 1 && values[0].kind == kind && !values[0].prefix_only) {
    return values[0];
  }
  return {};
}

// The items of a constant list or of a text's characters; nothing where they are not known.
std::optional<std::vector<SetId>> Evaluator::items_of(SetId set, bool ordered) {
  const auto& values = pool_[set];
  if (values.size() != 1) {
    return {};
  }
  const Value value = values[0];
  std::vector<SetId> items;
  switch (value.kind) {
    case ValueKind::sequence:
      if (ordered && value.bag) {
        return {};
      }
      return std::vector<SetId>(value.items.begin(), value.items.end());
    case ValueKind::mapping:
      for (std::size_t i = 0; i + 1 < value.items.size(); i += 2) {
        items.push_back(value.items[i]);
      }
      return items;
    case ValueKind::text: {
      if (value.prefix_only) {
        return {};
      }
      const auto units = characters(value.text);
      if (units.size() > most_items) {
        return {};
      }
      for (const auto unit : units) {
        items.push_back(text(utf8({unit}), true));
      }
      return items;
    }
    case ValueKind::bytes:
      if (value.text.size() > most_items) {
        return {};
      }
      for (const char c : value.text) {
        items.push_back(pool_.add(number(static_cast<unsigned char>(c))));
      }
      return items;
    default:
      return {};
  }
}

SetId Evaluator::each(SetId set) {
  Values result;
  const auto count = pool_[set].size();
  for (std::size_t i = 0; i < count; ++i) {
    const Value value = pool_[set][i];
    if (value.kind == ValueKind::sequence) {
      for (const auto item : value.items) {
        add(result, item);
      }
    } else if (value.kind == ValueKind::mapping) {
      for (std::size_t j = 0; j + 1 < value.items.size(); j += 2) {
        add(result, value.items[j]);
      }
    } else if (value.kind == ValueKind::text && value.text.size() <= most_values && !value.prefix_only) {
      for (const auto unit : characters(value.text)) {
        add(result, text(utf8({unit}), true));
      }
    } else {
      if (value.kind == ValueKind::instance) {
        Values made_items;
        add_method_results(value, "__iter__", made_items);
        for (const auto& items : made_items) {
          for (const auto item : items.kind == ValueKind::sequence ? items.items : std::span<const SetId>()) {
            add(result, item);
          }
        }
        add_method_results(value, "__next__", result);
      }
      auto some = Value{};
      some.refused = value.refused;
      some.assembled = value.assembled;
      add(result, some);
    }
  }
  return pool_.add(std::move(result));
}

void Evaluator::add_results(const Node* function, Values& into) {
  if (const auto known = program_.returns.find(function); known != program_.returns.end()) {
    for (const auto* value : known->second) {
      add(into, eval(value));
    }
  }
  if (const auto known = program_.yields.find(function); known != program_.yields.end()) {
    Values items;
    for (const auto* yielding : known->second) {
      if (const auto* from = as<YieldFrom>(yielding)) {
        add(items, each(eval(from->value)));
      } else {
        add(items, eval(static_cast<const Yield*>(yielding)->value));
      }
    }
    add(into, sequence({pool_.add(std::move(items))}, true));
  }
}

void Evaluator::add_method_results(const Value& instance, std::string_view name, Values& into) {
  for (const auto* method : program_.methods(instance.node, name)) {
    add_results(method, into);
  }
}

SetId Evaluator::part(SetId set, const Step& step) {
  if (step.kind == Step::Kind::each) {
    return each(set);
  }
  if (step.kind == Step::Kind::attribute) {
    return attribute(set, step.name);
  }
  Values result;
  const auto count = pool_[set].size();
  for (std::size_t i = 0; i < count; ++i) {
    const Value value = pool_[set][i];
    if (step.kind == Step::Kind::enter) {
      // `with x as y`: mostly x itself; what its __enter__ returns, or what a @contextmanager yields.
      if (value.kind == ValueKind::sequence) {
        add(result, each(pool_.add(value)));
        continue;
      }
      if (value.kind == ValueKind::instance) {
        add_method_results(value, "__enter__", result);
        add_method_results(value, "__aenter__", result);
      }
      add(result, value);
      continue;
    }
    if (step.kind == Step::Kind::key) {
      if (value.kind != ValueKind::mapping) {
        add(result, Value{});
        continue;
      }
      const auto key = only(eval(step.key), ValueKind::text);
      for (std::size_t j = 0; j + 1 < value.items.size(); j += 2) {
        const auto known = only(value.items[j], ValueKind::text);
        if (!key || !known || key->text == known->text) {
          add(result, value.items[j + 1]);
        }
      }
      continue;
    }
    if (value.kind != ValueKind::sequence) {
      add(result, each(pool_.add(value)));
      continue;
    }
    if (value.bag || step.index + step.after > value.items.size()) {
      for (const auto item : value.items) {
        add(result, item);
      }
    } else if (step.kind == Step::Kind::item) {
      if (step.index < value.items.size()) {
        add(result, value.items[step.index]);
      }
    } else {
      std::vector<SetId> rest(value.items.begin() + step.index, value.items.end() - step.after);
      add(result, sequence(std::move(rest)));
    }
  }
  return pool_.add(std::move(result));
}

SetId Evaluator::follow(SetId set, const Step* path, int depth) {
  if (path == nullptr) {
    return set;
  }
  if (depth > 50) {
    return anything;
  }
  return part(follow(set, path->previous, depth + 1), *path);
}

SetId Evaluator::source_value(const Source& source) {
  switch (source.kind) {
    case Source::Kind::expression:
      return follow(eval(static_cast<const Expr*>(source.node)), source.path);
    case Source::Kind::module: {
      auto value = made(ValueKind::module);
      value.text = source.module;
      value.node = source.node;
      // `import os`: told at the import, not at each use. `import os.path` may leave an `os` of which only
      // that is open.
      const auto* alias = static_cast<const Alias*>(source.node);
      if (rights_.surface(source.module) == nullptr &&
          (source.module == alias->name || rights_.surface(alias->name) == nullptr)) {
        value = Value{};
        value.refused = true;
      }
      return pool_.add(value);
    }
    case Source::Kind::member: {
      auto base = made(ValueKind::module);
      base.text = source.module;
      base.node = source.node;
      Value refused;
      refused.refused = true;
      const auto& from_parent = source.member;
      if (rights_.surface(source.module) == nullptr) {
        bool ok = false;
        const auto deeper = pool_.keep(std::string(source.module) + "." + std::string(from_parent), ok);
        if (ok && !source.module.empty() && rights_.policy().modules.contains(deeper) &&
            rights_.surface(deeper) != nullptr) {
          base.text = deeper;
          return pool_.add(base);
        }
        return pool_.add(refused);
      }
      const auto resolved = module_attribute(base, source.member);
      return pool_.add(resolved.verdict == Attribute::Verdict::allowed ? resolved.value : refused);
    }
    case Source::Kind::function: {
      auto value = made(ValueKind::function);
      value.node = source.node;
      return pool_.add(value);
    }
    case Source::Kind::klass: {
      auto value = made(ValueKind::klass);
      value.node = source.node;
      return pool_.add(value);
    }
    case Source::Kind::augmented: {
      return augmented(*static_cast<const AugAssign*>(source.node));
    }
    case Source::Kind::deleted:
      return nothing;
    case Source::Kind::opaque:
      return anything;
  }
  return anything;
}

SetId Evaluator::augmented(const AugAssign& node) {
  const auto target = eval(node.target);
  return binary(node.op, target, eval(node.value), node.target);
}

SetId Evaluator::name_value(const Name& name, std::uint32_t index) {
  const auto& use = program_.nodes[index];
  const auto found = program_.lookup(use.scope, name.id);
  const auto builtin = [&]() -> SetId {
    for (const auto module : program_.star_modules) {
      if (rights_.surface(module) == nullptr) {
        Value refused;
        refused.refused = true;
        return rights_.denied_builtin(name.id) || is_dunder(name.id) ? unset : pool_.add(refused);
      }
      auto base = made(ValueKind::module);
      base.text = module;
      const auto resolved = module_attribute(base, name.id);
      if (resolved.verdict == Attribute::Verdict::denied || resolved.surface == nullptr) {
        continue;
      }
      if (resolved.surface->names.contains(name.id)) {
        return pool_.add(resolved.value);
      }
    }
    return unset;
  };
  const auto as_builtin = [&]() -> SetId {
    const auto star = builtin();
    if (star != unset) {
      return star;
    }
    auto value = made(ValueKind::builtin);
    value.text = name.id;
    return pool_.add(value);
  };
  if (found.binding == none) {
    return as_builtin();
  }
  if (found.binding == override_binding_) {
    return override_value_;
  }
  const auto& binding = program_.bindings[found.binding];
  const auto scope_kind = program_.scopes[binding.scope].kind;
  const bool falls_back = scope_kind == ScopeKind::module || scope_kind == ScopeKind::klass;
  // Straight-line code: what is bound for certain before the use hides what was bound before that.
  std::uint32_t from = 0;
  std::uint32_t to = none;
  bool certain = false;
  const bool many = binding.sources.size() > most_sources_looked_at;
  if (many) {
    // Any of them may be it, and the builtin too.
  } else if (found.same_scope) {
    to = use.top;
    for (const auto& source : binding.sources) {
      if (source.certain && !source.foreign && source.top < use.top && source.top >= from) {
        from = source.top;
        certain = true;
      }
    }
  } else {
    certain = std::any_of(binding.sources.begin(), binding.sources.end(), [&](const Source& source) {
      return source.certain && !source.foreign && source.node_index < index;
    });
    certain = certain && !binding.deleted;
  }
  Union values;
  bool deleted = false;
  const auto reaches = [&](const Source& source) {
    return source.foreign || (source.top >= from && source.top <= to);
  };
  std::size_t reaching = 0;
  if (found.same_scope && !many) {
    reaching =
        static_cast<std::size_t>(std::count_if(binding.sources.begin(), binding.sources.end(), reaches));
  }
  if (!found.same_scope || many || reaching > most_reaching) {
    deleted = binding.deleted;
    join(values, all_values(found.binding));
  } else {
    for (const auto& source : binding.sources) {
      if (!reaches(source)) {
        continue;
      }
      if (source.kind == Source::Kind::deleted) {
        deleted = true;
        continue;
      }
      join(values, source_value(source));
    }
  }
  if (falls_back && (!certain || deleted)) {
    if (scope_kind == ScopeKind::klass) {
      // LOAD_NAME in a class body goes on with the globals.
      const auto global = program_.lookup(0, name.id);
      if (global.binding != none && global.binding != found.binding) {
        join(values, all_values(global.binding));
      }
    }
    // Only what matters as a builtin: `x` is not one.
    if (rights_.denied_builtin(name.id) || rights_.policy().call_only_builtins.contains(name.id) ||
        is_dunder(name.id)) {
      join(values, as_builtin());
    }
  }
  return keep(std::move(values));
}

SetId Evaluator::all_values(std::uint32_t binding) {
  if (all_[binding] == in_progress) {
    cyclic_bindings_.push_back(binding);
    return previous_all_.empty() || previous_all_[binding] >= in_progress ? nothing : previous_all_[binding];
  }
  const bool overridden = override_binding_ != none;
  if (all_[binding] != unset) {
    return all_[binding];
  }
  if (depth_ > deepest) {
    too_deep_ = true;
    return anything;
  }
  ++depth_;
  all_[binding] = in_progress;
  Union values;
  for (const auto& source : program_.bindings[binding].sources) {
    join(values, source_value(source));
  }
  --depth_;
  const auto result = keep(std::move(values));
  all_[binding] = overridden ? unset : result;
  return result;
}

Evaluator::Attribute Evaluator::module_attribute(const Value& base, std::string_view name) {
  Attribute result;
  const bool is_module = base.kind == ValueKind::module;
  const auto* surface = rights_.surface(base.text);
  result.surface = surface;
  result.value = made(ValueKind::member);
  result.value.text = base.text;
  result.value.node = base.node;
  if (!is_module) {
    if (std::count(base.name.begin(), base.name.end(), '.') > static_cast<std::ptrdiff_t>(most_parts)) {
      result.verdict = Attribute::Verdict::allowed;
      result.value = Value{};
      return result;
    }
    bool ok = false;
    result.value.name = pool_.keep(std::string(base.name) + "." + std::string(name), ok);
  } else {
    result.value.name = name;
  }
  const auto path = result.value.name;
  if (surface != nullptr) {
    const auto denied = surface->deny.find(path);
    if (denied != surface->deny.end() || rights_.denied_function(base.text, path)) {
      result.verdict = Attribute::Verdict::denied;
      result.denied_name = path;
      return result;
    }
  }
  if (!is_module) {
    result.verdict = Attribute::Verdict::allowed;
    return result;
  }
  // A module of its own?
  bool ok = false;
  const auto deeper = pool_.keep(std::string(base.text) + "." + std::string(name), ok);
  if (ok && (rights_.policy().modules.contains(deeper) || program_.imported.contains(deeper)) &&
      rights_.surface(deeper) != nullptr) {
    result.value.kind = ValueKind::module;
    result.value.text = deeper;
    result.value.name = {};
    result.verdict = Attribute::Verdict::allowed;
    return result;
  }
  if (is_listed(rights_.policy().denied_modules, deeper)) {
    result.verdict = Attribute::Verdict::outside;
    return result;
  }
  if (surface != nullptr &&
      (surface->names.contains(name) || (surface->any_public && !name.starts_with('_')))) {
    result.verdict = Attribute::Verdict::allowed;
  } else if ((is_dunder(name) && rights_.policy().dunder_read.contains(name)) ||
             (ok && surface != nullptr && rights_.policy().writable_members.contains(deeper))) {
    result.verdict = Attribute::Verdict::allowed;
    result.value = Value{};
  }
  return result;
}

// All objects of the program share their attributes: what was stored under this name anywhere.
SetId Evaluator::shared_attribute(std::string_view name) {
  const auto stores = program_.attribute_stores.find(name);
  const auto names = program_.class_names.find(name);
  if (stores == program_.attribute_stores.end() && names == program_.class_names.end()) {
    return anything;
  }
  if (const auto known = shared_.find(name); known != shared_.end()) {
    return known->second;
  }
  if (shared_depth_ > 8) {
    return anything;
  }
  ++shared_depth_;
  const bool overridden = override_binding_ != none;
  if (!overridden) {
    shared_.emplace(name, anything);  // for what depends on itself
  }
  Values values;
  if (stores != program_.attribute_stores.end()) {
    for (const auto* value : stores->second) {
      add(values, eval(value));
    }
  }
  if (names != program_.class_names.end()) {
    for (const auto binding : names->second) {
      add(values, all_values(binding));
      // A property is what its function returns.
      for (const auto& source : program_.bindings[binding].sources) {
        const auto* function = source.kind == Source::Kind::function ? as<FunctionDef>(source.node) : nullptr;
        if (function != nullptr && !function->decorator_list.empty()) {
          add_results(function, values);
        }
      }
    }
  }
  --shared_depth_;
  add(values, Value{});
  const auto result = values.size() == 1 ? anything : pool_.add(std::move(values));
  if (!overridden) {
    shared_[name] = result;
  }
  return result;
}

SetId Evaluator::attribute(SetId base, std::string_view name) {
  // What is told of at this step needs no more words at the next.
  const auto& policy = rights_.policy();
  const bool told = (rights_.denied_attribute(name) && rights_.blocks("attribute")) ||
                    (is_dunder(name) && name != "__class__" && !policy.dunder_read.contains(name) &&
                     !policy.dunder_self.contains(name) && rights_.blocks("dunder-attribute"));
  if (told) {
    const bool of_module = std::any_of(pool_[base].begin(), pool_[base].end(),
                                       [](const Value& value) { return value.kind == ValueKind::module; });
    if (!of_module) {
      Value refused;
      refused.refused = true;
      return pool_.add(refused);
    }
  }
  if (name == "__doc__") {
    return assembled_unknown();
  }
  if (base == anything) {
    return shared_attribute(name);
  }
  Values result;
  const auto count = pool_[base].size();
  bool shared = false;
  for (std::size_t i = 0; i < count; ++i) {
    const Value value = pool_[base][i];
    switch (value.kind) {
      case ValueKind::module:
      case ValueKind::member: {
        const auto resolved = module_attribute(value, name);
        if (resolved.verdict == Attribute::Verdict::allowed) {
          add(result, resolved.value);
        } else {
          Value refused;
          refused.refused = true;
          add(result, refused);
        }
        break;
      }
      case ValueKind::text:
      case ValueKind::bytes:
      case ValueKind::sequence:
      case ValueKind::mapping:
      case ValueKind::builtin:
      case ValueKind::super: {
        if (value.kind == ValueKind::builtin && rights_.denied_builtin(value.text) &&
            rights_.blocks("builtin")) {
          Value refused;
          refused.refused = true;
          add(result, refused);
          break;
        }
        auto method = made(ValueKind::method);
        method.name = name;
        method.items = pool_.keep({pool_.add(value)});
        add(result, method);
        break;
      }
      case ValueKind::unknown: {
        if (value.refused) {
          add(result, value);
        } else {
          shared = true;
        }
        break;
      }
      case ValueKind::instance:
        add_method_results(value, "__getattr__", result);
        shared = true;
        break;
      default:
        shared = true;
        break;
    }
  }
  if (shared) {
    add(result, shared_attribute(name));
    // A method of what is not known: "x".join(...) with x unknown.
    auto method = made(ValueKind::method);
    method.name = name;
    method.items = pool_.keep({anything});
    static constexpr std::array<std::string_view, 9> known{"join",  "decode", "format", "get",  "pop",
                                                           "ljust", "rjust",  "center", "zfill"};
    if (std::find(known.begin(), known.end(), name) != known.end()) {
      add(result, method);
    }
  }
  return pool_.add(std::move(result));
}

void Evaluator::bomb(const Expr* node, std::uint64_t size, bool bits) {
  const auto limit = bits ? rights_.policy().limits.folded_bits : rights_.policy().limits.folded_items;
  if (limit == 0 || size <= limit || node == nullptr || bombs_.size() >= 16) {
    return;
  }
  const bool known =
      std::any_of(bombs_.begin(), bombs_.end(), [node](const Bomb& other) { return other.node == node; });
  if (!known) {
    bombs_.push_back({node, size, bits});
  }
}

std::int64_t Evaluator::count_of(SetId set) {
  const auto& values = pool_[set];
  if (values.size() != 1) {
    return 0;
  }
  const auto& value = values[0];
  if (value.kind == ValueKind::sequence) {
    return value.number > 0 ? value.number : value.bag ? 0 : static_cast<std::int64_t>(value.items.size());
  }
  return value.kind == ValueKind::text ? static_cast<std::int64_t>(value.text.size()) : 0;
}

// Of map and zip: as many as the shortest argument has.
std::int64_t Evaluator::shortest(const Call& node, std::size_t first) {
  std::int64_t result = 0;
  for (auto i = first; i < node.args.size(); ++i) {
    const auto count = count_of(eval(node.args[i]));
    if (count == 0) {
      return 0;
    }
    result = result == 0 ? count : std::min(result, count);
  }
  return result;
}

// Of the functions of itertools.
std::int64_t Evaluator::iterator_size(std::string_view name, const Call& node) {
  const auto argument = [&node, this](std::size_t i) {
    return i < node.args.size() ? figure(eval(node.args[i])) : std::nullopt;
  };
  if (name == "count" || name == "cycle" ||
      (name == "repeat" && node.args.size() == 1 && node.keywords.empty())) {
    return INT64_MAX;
  }
  if (name == "repeat" || name == "islice") {
    return node.args.size() == 2 ? argument(1).value_or(0) : 0;
  }
  if (name == "product") {
    std::int64_t row = 1;
    for (const auto* item : node.args) {
      row = times(row, count_of(eval(item)));
    }
    std::int64_t result = row;
    for (const auto* keyword : node.keywords) {
      const auto repeat = std::min<std::int64_t>(figure(eval(keyword->value)).value_or(1), most_repeats);
      for (std::int64_t i = 1; i < repeat; ++i) {
        result = times(result, row);
      }
    }
    return result;
  }
  if (name == "permutations" && !node.args.empty()) {
    const auto count = count_of(eval(node.args[0]));
    const auto chosen = std::min({argument(1).value_or(count), count, most_repeats});
    std::int64_t result = count;
    for (std::int64_t i = 1; i < chosen; ++i) {
      result = times(result, count - i);
    }
    return result;
  }
  return 0;
}

void Evaluator::consume(SetId set, const Expr* node) {
  for (const auto& value : pool_[set]) {
    if (value.kind == ValueKind::sequence && value.number > 0) {
      bomb(node, static_cast<std::uint64_t>(value.number), false);
    }
  }
}

SetId Evaluator::binary(Operator op, SetId left, SetId right, const Expr* node) {
  if (left == anything && right == anything) {
    return anything;
  }
  Values result;
  const auto lefts = pool_[left];
  const auto rights = pool_[right];
  const bool single = lefts.size() == 1 && rights.size() == 1;
  for (const auto& a : lefts) {
    for (const auto& b : rights) {
      if (result.size() > most_values) {
        break;
      }
      if (op == Operator::Mod && a.kind == ValueKind::text) {
        percent_bomb(a.text, right, node);
        add(result, percent(a, right));
      } else {
        binary_values(op, a, b, single, node, result);
      }
    }
  }
  return pool_.add(std::move(result));
}

void Evaluator::binary_values(Operator op, const Value& a, const Value& b, bool single, const Expr* node,
                              Values& into) {
  const auto is_text = [](const Value& value) {
    return value.kind == ValueKind::text || value.kind == ValueKind::bytes;
  };
  if (op == Operator::Add) {
    if (is_text(a) && a.kind == b.kind && !a.prefix_only) {
      const auto sum =
          text(std::string(a.text) + std::string(b.text), single || a.assembled || b.assembled, a.kind);
      auto value = pool_[sum][0];
      value.prefix_only = b.prefix_only;
      return add(into, value);
    }
    if (a.kind == ValueKind::text) {  // text + unknown
      auto value = a;
      value.prefix_only = true;
      value.assembled |= b.assembled;
      return add(into, value);
    }
    if (b.kind == ValueKind::text) {
      Value value;
      value.assembled = a.assembled;
      value.refused = a.refused;
      return add(into, value);
    }
    if (a.kind == ValueKind::sequence && b.kind == ValueKind::sequence) {
      if (a.items.size() + b.items.size() <= most_items) {
        std::vector<SetId> items(a.items.begin(), a.items.end());
        items.insert(items.end(), b.items.begin(), b.items.end());
        return add(into, sequence(std::move(items), a.bag || b.bag));
      }
    }
  }
  if (op == Operator::Mult) {
    const auto& count = a.kind == ValueKind::number ? a : b;
    const auto& body = a.kind == ValueKind::number ? b : a;
    const bool long_one = body.kind == ValueKind::unknown && body.number > 0;
    if (count.kind == ValueKind::number && (is_text(body) || body.kind == ValueKind::sequence || long_one)) {
      const auto times = static_cast<std::uint64_t>(std::max<std::int64_t>(0, count.number));
      const auto known = body.kind == ValueKind::sequence ? body.items.size() : body.text.size();
      const auto size =
          body.number > 0 ? static_cast<std::uint64_t>(body.number) : std::max<std::uint64_t>(1, known);
      const auto total = times > 0 && size > UINT64_MAX / times ? UINT64_MAX : times * size;
      bomb(node, total, false);
      if (is_text(body) && total <= 65536 && !body.prefix_only) {
        std::string all;
        for (std::uint64_t i = 0; i < times; ++i) {
          all += body.text;
        }
        return add(into, text(std::move(all), single && body.text.size() > 1, body.kind));
      }
      if (body.kind == ValueKind::sequence) {
        if (total <= 64) {
          std::vector<SetId> items;
          for (std::uint64_t i = 0; i < times; ++i) {
            items.insert(items.end(), body.items.begin(), body.items.end());
          }
          return add(into, sequence(std::move(items), body.bag));
        }
      }
      auto many = made(body.kind == ValueKind::sequence ? ValueKind::sequence : ValueKind::unknown);
      many.bag = true;
      many.items = body.items;
      many.number = static_cast<std::int64_t>(std::min<std::uint64_t>(total, INT64_MAX));
      return add(into, many);
    }
  }
  if (a.kind == ValueKind::number && b.kind == ValueKind::number) {
    std::int64_t out = 0;
    switch (op) {
      case Operator::Add:
        if (!__builtin_add_overflow(a.number, b.number, &out)) {
          return add(into, number(out));
        }
        break;
      case Operator::Sub:
        if (!__builtin_sub_overflow(a.number, b.number, &out)) {
          return add(into, number(out));
        }
        break;
      case Operator::Mult:
        if (!__builtin_mul_overflow(a.number, b.number, &out)) {
          return add(into, number(out));
        }
        break;
      case Operator::FloorDiv:
      case Operator::Mod:
        if (b.number > 0 && a.number >= 0) {
          return add(into, number(op == Operator::Mod ? a.number % b.number : a.number / b.number));
        }
        break;
      case Operator::BitXor:
        return add(into, number(a.number ^ b.number));
      case Operator::BitOr:
        return add(into, number(a.number | b.number));
      case Operator::BitAnd:
        return add(into, number(a.number & b.number));
      case Operator::RShift:
        if (b.number >= 0 && b.number < 63) {
          return add(into, number(a.number >> b.number));
        }
        break;
      case Operator::LShift:
        if (b.number >= 0) {
          bomb(node, bits_of(a.number) + static_cast<std::uint64_t>(b.number), true);
          if (b.number < 62 && bits_of(a.number) + static_cast<std::uint64_t>(b.number) < 62) {
            return add(into, number(a.number << b.number));
          }
        }
        break;
      case Operator::Pow: {
        if (b.number < 0) {
          break;
        }
        const auto bits = bits_of(a.number);
        if (bits > 1) {
          const auto power = static_cast<std::uint64_t>(b.number);
          bomb(node, power > UINT64_MAX / bits ? UINT64_MAX : power * bits, true);
        }
        std::int64_t product = 1;
        bool fits = bits <= 1 || b.number < 64;
        for (std::int64_t i = 0; fits && bits > 1 && i < b.number; ++i) {
          fits = !__builtin_mul_overflow(product, a.number, &product);
        }
        if (fits && bits > 1) {
          return add(into, number(product));
        }
        if (!fits) {
          // Larger than can be counted here, as the exponent of another it is a bomb for sure.
          return add(into, number(INT64_MAX));
        }
        break;
      }
      default:
        break;
    }
  }
  Value value;
  value.assembled = a.assembled && b.assembled;
  value.refused = a.refused || b.refused;
  add(into, value);
}

// '%*d' % (10 ** 10, 1), '%10000000000d' % 1
void Evaluator::percent_bomb(std::string_view text, SetId right, const Expr* node) {
  bomb(node, widest(text), false);
  if (text.find('*') != std::string_view::npos) {
    const auto& values = pool_[right];
    for (const auto item : values.size() == 1 ? values[0].items : std::span<const SetId>()) {
      bomb(node, static_cast<std::uint64_t>(figure(item).value_or(0)), false);
    }
  }
}

SetId Evaluator::percent(const Value& left, SetId right) {
  const auto fallback = [&] {
    Value value;
    value.kind = ValueKind::text;
    const auto stop = std::min(left.text.find('%'), left.text.size());
    value.text = left.text.substr(0, stop);
    value.prefix_only = true;
    if (value.text.empty()) {
      return anything;
    }
    return pool_.add(value);
  };
  if (left.prefix_only) {
    return fallback();
  }
  std::vector<SetId> arguments{right};
  if (const auto tuple = only(right, ValueKind::sequence)) {
    arguments.assign(tuple->items.begin(), tuple->items.end());
  }
  const auto mapping = only(right, ValueKind::mapping);
  std::string result;
  std::size_t next = 0;
  bool assembled = false;
  for (std::size_t i = 0; i < left.text.size(); ++i) {
    if (left.text[i] != '%' || i + 1 >= left.text.size()) {
      result += left.text[i];
      continue;
    }
    ++i;
    if (left.text[i] == '%') {
      result += '%';
      continue;
    }
    SetId argument = anything;
    if (left.text[i] == '(') {
      const auto end = left.text.find(')', i);
      if (end == std::string_view::npos || !mapping || end + 1 >= left.text.size()) {
        return fallback();
      }
      const auto key = left.text.substr(i + 1, end - i - 1);
      for (std::size_t j = 0; j + 1 < mapping->items.size(); j += 2) {
        const auto known = only(mapping->items[j], ValueKind::text);
        if (known && known->text == key) {
          argument = mapping->items[j + 1];
        }
      }
      i = end + 1;
    } else if (next < arguments.size()) {
      argument = arguments[next++];
    }
    const auto word = only(argument, ValueKind::text);
    const auto figure = only(argument, ValueKind::number);
    if (word && (left.text[i] == 's' || left.text[i] == 'c')) {
      result += word->text;
    } else if (figure && left.text[i] == 'c' && figure->number >= 0 && figure->number < 0x110000) {
      python::append_utf8(result, static_cast<std::uint32_t>(figure->number));
    } else if (figure && (left.text[i] == 's' || left.text[i] == 'd')) {
      result += std::to_string(figure->number);
    } else {
      return fallback();
    }
    assembled = true;
  }
  return text(std::move(result), assembled);
}

SetId Evaluator::joined(const JoinedStr& node) {
  std::string result;
  bool prefix_only = false;
  bool pieces = false;
  bool assembled = false;
  for (const auto* part : node.values) {
    if (const auto* field = as<FormattedValue>(part)) {
      const auto value = only(eval(field->value), ValueKind::text);
      const auto figure = only(eval(field->value), ValueKind::number);
      if (field->conversion >= 0 && field->conversion != 's') {
        prefix_only = true;
      } else if (field->format_spec != nullptr) {
        const auto spec = only(eval(field->format_spec), ValueKind::text);
        bomb(field, spec ? widest(spec->text) : 0, false);
        if (figure && spec && spec->text == "c" && figure->number >= 0 && figure->number < 0x110000) {
          python::append_utf8(result, static_cast<std::uint32_t>(figure->number));
          pieces = true;
        } else {
          prefix_only = true;
        }
      } else if (value) {
        result += value->text;
        pieces = true;
      } else if (figure) {
        result += std::to_string(figure->number);
        pieces = true;
      } else {
        for (const auto& unknown : pool_[eval(field->value)]) {
          assembled |= unknown.assembled;
        }
        prefix_only = true;
      }
    } else if (const auto value = only(eval(part), ValueKind::text)) {
      result += value->text;
    } else {
      prefix_only = true;
    }
    if (prefix_only) {
      break;
    }
  }
  if (prefix_only && result.empty()) {
    return assembled ? assembled_unknown() : anything;
  }
  const auto set = text(std::move(result), (pieces && !prefix_only) || assembled);
  if (!prefix_only) {
    return set;
  }
  auto value = pool_[set][0];
  value.prefix_only = true;
  return pool_.add(value);
}

SetId Evaluator::subscript(const Subscript& node) {
  const auto base = eval(node.value);
  if (base == anything) {
    return anything;
  }
  Values result;
  const auto count = pool_[base].size();
  for (std::size_t i = 0; i < count; ++i) {
    const Value value = pool_[base][i];
    const bool is_text = value.kind == ValueKind::text || value.kind == ValueKind::bytes;
    if (const auto* slice = as<Slice>(node.slice)) {
      const auto bound = [this](const Expr* expression, bool& known) -> std::optional<std::int64_t> {
        if (expression == nullptr) {
          return {};
        }
        const auto set = eval(expression);
        if (const auto figure = only(set, ValueKind::number)) {
          return figure->number;
        }
        const auto* constant = as<Constant>(expression);
        known = known && constant != nullptr && constant->value_kind == ConstantKind::None;
        return {};
      };
      bool known = true;
      const auto lower = bound(slice->lower, known);
      const auto upper = bound(slice->upper, known);
      const auto step = bound(slice->step, known).value_or(1);
      if (is_text && known && step != 0 && !value.prefix_only) {
        add(result,
            text(sliced(value.text, value.kind == ValueKind::text, lower, upper, step), true, value.kind));
      } else if (value.kind == ValueKind::sequence) {
        auto copy = value;
        if (known && step == -1 && !lower && !upper) {
          copy.items = pool_.keep({value.items.rbegin(), value.items.rend()});
        } else if (known && step > 0 && !value.bag) {
          std::vector<SetId> taken;
          const auto size = static_cast<std::int64_t>(value.items.size());
          const auto clamp = [size](std::int64_t at) {
            return std::clamp<std::int64_t>(at < 0 ? at + size : at, 0, size);
          };
          for (auto at = clamp(lower.value_or(0)); at < clamp(upper.value_or(size));
               at += std::min(step, size + 1)) {
            taken.push_back(value.items[static_cast<std::size_t>(at)]);
          }
          copy.items = pool_.keep(std::move(taken));
        } else {
          copy.bag = true;
        }
        add(result, copy);
      } else {
        Value some;
        some.refused = value.refused;
        some.assembled = is_text;
        add(result, some);
      }
      continue;
    }
    const auto index = only(eval(node.slice), ValueKind::number);
    if (is_text && index && !value.prefix_only) {
      if (value.kind == ValueKind::text) {
        const auto at = index->number;
        add(result,
            text(sliced(value.text, true, at, at == -1 ? std::optional<std::int64_t>() : at + 1, 1), true));
      } else if (index->number >= 0 && static_cast<std::uint64_t>(index->number) < value.text.size()) {
        add(result, number(static_cast<unsigned char>(value.text[static_cast<std::size_t>(index->number)])));
      }
    } else if (value.kind == ValueKind::sequence) {
      const auto size = static_cast<std::int64_t>(value.items.size());
      const auto at = index ? (index->number < 0 ? index->number + size : index->number) : -1;
      if (index && !value.bag && at >= 0 && at < size) {
        add(result, value.items[static_cast<std::size_t>(at)]);
      } else {
        for (const auto item : value.items) {
          add(result, item);
        }
        add(result, Value{});
      }
    } else if (value.kind == ValueKind::mapping) {
      const auto key = pool_[eval(node.slice)];
      bool found = false;
      for (std::size_t j = 0; j + 1 < value.items.size(); j += 2) {
        const auto& known = pool_[value.items[j]];
        const bool differs =
            key.size() == 1 && known.size() == 1 && key[0].kind == known[0].kind &&
            ((key[0].kind == ValueKind::text && !key[0].prefix_only && key[0].text != known[0].text) ||
             (key[0].kind == ValueKind::number && key[0].number != known[0].number));
        if (!differs) {
          add(result, value.items[j + 1]);
          found = true;
        }
      }
      if (!found) {
        add(result, Value{});
      }
    } else {
      if (value.kind == ValueKind::instance || value.kind == ValueKind::klass) {
        add_method_results(value, value.kind == ValueKind::instance ? "__getitem__" : "__class_getitem__",
                           result);
      }
      Value some;
      some.refused = value.refused || (value.kind == ValueKind::builtin &&
                                       rights_.denied_builtin(value.text) && rights_.blocks("builtin"));
      some.assembled = is_text || value.assembled;
      add(result, some);
    }
  }
  return pool_.add(std::move(result));
}

SetId Evaluator::compute(const Expr* expression, std::uint32_t index) {
  switch (expression->kind) {
    case NodeKind::Name:
      return name_value(*static_cast<const Name*>(expression), index);
    case NodeKind::Constant: {
      const auto& constant = *static_cast<const Constant*>(expression);
      auto value = made(ValueKind::constant);
      if (constant.value_kind == ConstantKind::Str) {
        value.kind = ValueKind::text;
        value.text = constant.value;
      } else if (constant.value_kind == ConstantKind::Bytes) {
        value.kind = ValueKind::bytes;
        value.text = constant.value;
      } else if (constant.value_kind == ConstantKind::Int) {
        if (const auto known = number_of(constant.value)) {
          value = number(*known);
        }
      }
      return pool_.add(value);
    }
    case NodeKind::Attribute: {
      const auto& attribute_node = *static_cast<const python::ast::Attribute*>(expression);
      if (attribute_node.ctx != Context::Load) {
        return anything;
      }
      return attribute(eval(attribute_node.value), attribute_node.attr);
    }
    case NodeKind::Subscript:
      return subscript(*static_cast<const Subscript*>(expression));
    case NodeKind::Call:
      return call(*static_cast<const Call*>(expression));
    case NodeKind::BinOp: {
      const auto& node = *static_cast<const BinOp*>(expression);
      return binary(node.op, eval(node.left), eval(node.right), expression);
    }
    case NodeKind::UnaryOp: {
      const auto& node = *static_cast<const UnaryOp*>(expression);
      if (const auto operand = only(eval(node.operand), ValueKind::number)) {
        if (node.op == UnaryOperator::USub) {
          return pool_.add(number(-operand->number));
        }
        if (node.op == UnaryOperator::Invert) {
          return pool_.add(number(~operand->number));
        }
        if (node.op == UnaryOperator::UAdd) {
          return pool_.add(*operand);
        }
      }
      return anything;
    }
    case NodeKind::BoolOp: {
      Values values;
      for (const auto* value : static_cast<const BoolOp*>(expression)->values) {
        add(values, eval(value));
      }
      return pool_.add(std::move(values));
    }
    case NodeKind::IfExp: {
      const auto& node = *static_cast<const IfExp*>(expression);
      return unite(eval(node.body), eval(node.orelse));
    }
    case NodeKind::NamedExpr:
      return eval(static_cast<const NamedExpr*>(expression)->value);
    case NodeKind::Starred:
      return eval(static_cast<const Starred*>(expression)->value);
    case NodeKind::JoinedStr:
      return joined(*static_cast<const JoinedStr*>(expression));
    case NodeKind::Lambda: {
      auto value = made(ValueKind::function);
      value.node = expression;
      return pool_.add(value);
    }
    case NodeKind::Tuple:
    case NodeKind::List:
    case NodeKind::Set: {
      const auto elements = expression->kind == NodeKind::Tuple  ? static_cast<const Tuple*>(expression)->elts
                            : expression->kind == NodeKind::List ? static_cast<const List*>(expression)->elts
                                                                 : static_cast<const Set*>(expression)->elts;
      std::vector<SetId> items;
      bool bag = expression->kind == NodeKind::Set;
      if (elements.size() > most_items) {
        Values all;
        for (const auto* element : elements) {
          add(all, eval(element));
        }
        return sequence({pool_.add(std::move(all))}, true);
      }
      for (const auto* element : elements) {
        if (const auto* starred = as<Starred>(element)) {
          const auto inner = eval(starred->value);
          if (const auto known = items_of(inner, true); known && items.size() + known->size() <= most_items) {
            items.insert(items.end(), known->begin(), known->end());
          } else {
            consume(inner, expression);
            items.push_back(each(inner));
            bag = true;
          }
        } else {
          items.push_back(eval(element));
        }
      }
      return sequence(std::move(items), bag);
    }
    case NodeKind::Dict: {
      const auto& dict = *static_cast<const Dict*>(expression);
      std::vector<SetId> items;
      for (std::size_t i = 0; i < dict.values.size() && items.size() < most_items; ++i) {
        const auto value = eval(dict.values[i]);
        if (dict.keys[i] != nullptr) {
          items.push_back(eval(dict.keys[i]));
          items.push_back(value);
        } else if (const auto inner = only(value, ValueKind::mapping)) {
          items.insert(items.end(), inner->items.begin(), inner->items.end());
        } else {
          items.push_back(anything);
          items.push_back(anything);
        }
      }
      auto value = made(ValueKind::mapping);
      value.items = pool_.keep(std::move(items));
      return pool_.add(value);
    }
    case NodeKind::ListComp: {
      const auto& node = *static_cast<const ListComp*>(expression);
      return comprehension(node.generators, node.elt, expression);
    }
    case NodeKind::SetComp: {
      const auto& node = *static_cast<const SetComp*>(expression);
      return comprehension(node.generators, node.elt, expression);
    }
    case NodeKind::GeneratorExp: {
      const auto& node = *static_cast<const GeneratorExp*>(expression);
      return comprehension(node.generators, node.elt, nullptr);
    }
    case NodeKind::DictComp: {
      const auto& node = *static_cast<const DictComp*>(expression);
      bomb(expression, static_cast<std::uint64_t>(comprehension_size(node.generators)), false);
      auto value = made(ValueKind::mapping);
      value.items = pool_.keep({eval(node.key), eval(node.value)});
      return pool_.add(value);
    }
    case NodeKind::Await:
      return eval(static_cast<const Await*>(expression)->value);
    default:
      return anything;
  }
}

// How many items it makes, where constants tell, and no condition takes some away; else 0.
std::int64_t Evaluator::comprehension_size(Sequence<Comprehension*> generators) {
  std::int64_t size = 1;
  for (const auto* generator : generators) {
    const auto items = only(eval(generator->iter), ValueKind::sequence);
    if (!items || items->number <= 0 || !generator->ifs.empty()) {
      return 0;
    }
    size = times(size, items->number);
  }
  return size;
}

// `node`: the comprehension if it makes its items at once.
SetId Evaluator::comprehension(Sequence<Comprehension*> generators, const Expr* elt, const Expr* node) {
  const auto* target = generators.size() == 1 ? as<Name>(generators[0]->target) : nullptr;
  if (target != nullptr && generators[0]->ifs.empty() && override_binding_ == none) {
    const auto items = items_of(eval(generators[0]->iter), true);
    const auto index = program_.index_of(target);
    if (items && items->size() <= 1024 && index != none) {
      const auto found = program_.lookup(program_.nodes[index].scope, target->id);
      if (found.binding != none) {
        std::vector<SetId> results;
        override_binding_ = found.binding;
        for (const auto item : *items) {
          override_value_ = item;
          results.push_back(eval(elt));
        }
        override_binding_ = none;
        return sequence(std::move(results));
      }
    }
  }
  auto value = made(ValueKind::sequence);
  value.bag = true;
  value.number = comprehension_size(generators);
  const auto item = eval(elt);
  const auto weight = only(item, ValueKind::sequence) ? count_of(item) : 0;
  bomb(node, static_cast<std::uint64_t>(times(value.number, std::max<std::int64_t>(1, weight))), false);
  value.items = pool_.keep({item});
  return pool_.add(value);
}

SetId Evaluator::applied(const Value& function, SetId argument) {
  if (function.kind == ValueKind::builtin) {
    if (function.text == "chr") {
      const auto code = only(argument, ValueKind::number);
      if (code && code->number >= 0 && code->number < 0x110000) {
        return text(utf8({static_cast<std::uint32_t>(code->number)}), true);
      }
      return assembled_unknown();
    }
    if (function.text == "ord") {
      if (const auto word = only(argument, ValueKind::text)) {
        const auto units = characters(word->text);
        if (units.size() == 1) {
          return pool_.add(number(units[0]));
        }
      }
      return anything;
    }
    if (function.text == "str") {
      if (only(argument, ValueKind::text)) {
        return argument;
      }
      if (const auto figure = only(argument, ValueKind::number)) {
        return text(std::to_string(figure->number), false);
      }
      return anything;
    }
    if (function.text == "int") {
      return only(argument, ValueKind::number) ? argument : anything;
    }
  }
  if (function.kind == ValueKind::function && function.node->kind == NodeKind::Lambda &&
      override_binding_ == none) {
    const auto& lambda = *static_cast<const Lambda*>(function.node);
    if (lambda.args->args.size() == 1 && lambda.args->posonlyargs.empty()) {
      const auto body = program_.index_of(lambda.body);
      if (body != none) {
        const auto found = program_.lookup(program_.nodes[body].scope, lambda.args->args[0]->arg);
        if (found.binding != none) {
          override_binding_ = found.binding;
          override_value_ = argument;
          const auto result = eval(lambda.body);
          override_binding_ = none;
          return result;
        }
      }
    }
  }
  return function.kind == ValueKind::function ? assembled_unknown() : anything;
}

SetId Evaluator::call(const Call& node) {
  for (const auto* item : node.args) {
    if (const auto* starred = as<Starred>(item)) {
      consume(eval(starred->value), &node);
    }
  }
  const auto callee = eval(node.func);
  if (callee == anything) {
    return anything;
  }
  Values result;
  const auto count = pool_[callee].size();
  for (std::size_t i = 0; i < count; ++i) {
    const Value value = pool_[callee][i];
    call_value(value, node, result);
  }
  return pool_.add(std::move(result));
}

void Evaluator::call_value(const Value& callee, const Call& node, Values& into) {
  switch (callee.kind) {
    case ValueKind::builtin:
      return call_builtin(callee.text, node, into);
    case ValueKind::method:
      return call_method(callee, node, into);
    case ValueKind::member:
      return call_member(callee, node, into);
    case ValueKind::function: {
      add_results(callee.node, into);
      add(into, Value{});
      return;
    }
    case ValueKind::instance:
      add_method_results(callee, "__call__", into);
      return add(into, Value{});
    case ValueKind::klass: {
      auto value = made(ValueKind::instance);
      value.node = callee.node;
      return add(into, value);
    }
    default: {
      Value some;
      some.refused = callee.refused;
      return add(into, some);
    }
  }
}

void Evaluator::call_builtin(std::string_view name, const Call& node, Values& into) {
  if (rights_.denied_builtin(name) && rights_.blocks("builtin")) {
    Value refused;
    refused.refused = true;
    return add(into, refused);
  }
  const auto argument = [&node, this](std::size_t i) {
    return i < node.args.size() ? eval(node.args[i]) : nothing;
  };
  const bool starred = std::any_of(node.args.begin(), node.args.end(),
                                   [](const Expr* item) { return item->kind == NodeKind::Starred; });
  if (starred) {
    return add(into, Value{});
  }
  if (name == "chr" || name == "ord" || (name == "str" && node.args.size() == 1)) {
    Value function = made(ValueKind::builtin);
    function.text = name;
    return add(into, applied(function, argument(0)));
  }
  if (name == "str" && node.args.size() > 1) {
    if (const auto bytes = only(argument(0), ValueKind::bytes)) {
      return add(into, text(std::string(bytes->text), true));
    }
    return add(into, assembled_unknown());
  }
  if (name == "range") {
    const auto first = figure(argument(0));
    const auto second = node.args.size() > 1 ? figure(argument(1)) : std::nullopt;
    const auto step = node.args.size() > 2 ? figure(argument(2)) : std::optional<std::int64_t>(1);
    auto value = made(ValueKind::sequence);
    value.bag = true;
    value.items = pool_.keep({anything});
    if (node.args.size() == 1 && first) {
      value.number = *first;
    } else if (first && second && *second > *first && step.value_or(0) > 0) {
      value.number = (*second - *first - 1) / *step + 1;
    }
    return add(into, value);
  }
  if (name == "pow" && node.args.size() == 2) {
    return add(into, binary(Operator::Pow, argument(0), argument(1), &node));
  }
  if (name == "format" && node.args.size() == 2) {
    const auto spec = only(argument(1), ValueKind::text);
    bomb(&node, spec ? widest(spec->text) : 0, false);
    return add(into, Value{});
  }
  if (name == "int") {
    const auto* literal = node.args.empty() ? nullptr : as<Constant>(node.args[0]);
    if (literal != nullptr && literal->value_kind == ConstantKind::Float) {
      const auto known = whole(literal->value);
      return add(into, known ? number(*known) : Value{});
    }
    const auto word = only(argument(0), ValueKind::text);
    if (word) {
      const auto base = only(argument(1), ValueKind::number);
      const std::string prefix = base && base->number == 16 ? "0x" : base && base->number == 2 ? "0b" : "";
      if (const auto known = number_of(prefix + std::string(word->text)); known && !word->text.empty()) {
        return add(into, number(*known));
      }
    }
    if (const auto figure = only(argument(0), ValueKind::number)) {
      return add(into, *figure);
    }
    return add(into, Value{});
  }
  if (name == "reversed") {
    if (auto items = items_of(argument(0), true)) {
      std::reverse(items->begin(), items->end());
      return add(into, sequence(std::move(*items)));
    }
    return add(into, sequence({each(argument(0))}, true));
  }
  if (name == "list" || name == "tuple" || name == "set" || name == "frozenset" || name == "sorted" ||
      name == "iter" || name == "filter") {
    const auto from = name == "filter" ? argument(1) : argument(0);
    if (node.args.empty()) {
      return add(into, sequence({}, true));
    }
    const bool keeps = name == "list" || name == "tuple" || name == "iter";
    if (name != "iter" && name != "filter") {
      consume(from, &node);
    }
    if (auto items = items_of(from, true)) {
      return add(into, sequence(std::move(*items), !keeps));
    }
    return add(into, sequence({each(from)}, true));
  }
  if (name == "next" || name == "min" || name == "max") {
    Values result;
    for (const auto* item : node.args) {
      const auto set = eval(item);
      add(result, node.args.size() == 1 || name == "next" ? each(set) : set);
    }
    return add(into, pool_.add(std::move(result)));
  }
  if (name == "map" && node.args.size() >= 2) {
    const auto functions = argument(0);
    const auto items = items_of(argument(1), true);
    if (items && pool_[functions].size() == 1 && node.args.size() == 2 && items->size() <= 1024) {
      const Value function = pool_[functions][0];
      std::vector<SetId> results;
      for (const auto item : *items) {
        results.push_back(applied(function, item));
      }
      return add(into, sequence(std::move(results)));
    }
    const auto result = pool_[functions].size() == 1 ? applied(pool_[functions][0], anything) : anything;
    return add(into, sized(result, shortest(node, 1)));
  }
  if (name == "zip") {
    std::vector<SetId> row;
    for (const auto* item : node.args) {
      row.push_back(each(eval(item)));
    }
    return add(into, sized(sequence(std::move(row)), shortest(node, 0)));
  }
  if (name == "enumerate") {
    return add(into, sized(sequence({anything, each(argument(0))}), count_of(argument(0))));
  }
  if (name == "dict") {
    std::vector<SetId> items;
    if (const auto mapping = only(argument(0), ValueKind::mapping)) {
      items.assign(mapping->items.begin(), mapping->items.end());
    } else if (!node.args.empty()) {
      if (const auto pairs = items_of(argument(0), true)) {
        for (const auto pair : *pairs) {
          if (const auto two = items_of(pair, true); two && two->size() == 2) {
            items.insert(items.end(), two->begin(), two->end());
          }
        }
      } else {
        const auto inner = each(argument(0));
        items = {anything, each(inner)};
      }
    }
    for (const auto* keyword : node.keywords) {
      const auto value = eval(keyword->value);
      if (!keyword->arg.empty()) {
        auto key = made(ValueKind::text);
        key.text = keyword->arg;
        items.push_back(pool_.add(key));
        items.push_back(value);
      } else if (const auto mapping = only(value, ValueKind::mapping)) {
        items.insert(items.end(), mapping->items.begin(), mapping->items.end());
      }
    }
    auto value = made(ValueKind::mapping);
    value.items = pool_.keep(std::move(items));
    return add(into, value);
  }
  if (name == "bytes" || name == "bytearray") {
    bomb(&node, static_cast<std::uint64_t>(figure(argument(0)).value_or(0)), false);
    consume(argument(0), &node);
    if (const auto items = items_of(argument(0), true)) {
      std::string result;
      for (const auto item : *items) {
        const auto figure = only(item, ValueKind::number);
        if (!figure) {
          const auto word = only(argument(0), ValueKind::text);
          return add(into, word ? text(std::string(word->text), word->assembled, ValueKind::bytes)
                                : assembled_unknown());
        }
        result += static_cast<char>(figure->number);
      }
      return add(into, text(std::move(result), true, ValueKind::bytes));
    }
    return add(into, assembled_unknown());
  }
  if (name == "getattr") {
    const auto base = argument(0);
    Values result;
    const auto names = pool_[argument(1)];
    for (const auto& word : names) {
      if (word.kind == ValueKind::text && !word.prefix_only) {
        add(result, attribute(base, word.text));
      } else {
        add(result, Value{});
      }
    }
    if (node.args.size() > 2) {
      add(result, argument(2));
    }
    return add(into, pool_.add(std::move(result)));
  }
  if (name == "super") {
    return add(into, made(ValueKind::super));
  }
  if (name == "dir") {
    return add(into, sequence({assembled_unknown()}, true));
  }
  if (name == "print" || name == "len" || name == "sum" || name == "repr" || name == "abs" ||
      name == "round") {
    return add(into, Value{});
  }
  add(into, Value{});
}

void Evaluator::call_method(const Value& method, const Call& node, Values& into) {
  const auto name = method.name;
  const auto argument = [&node, this](std::size_t i) {
    return i < node.args.size() ? eval(node.args[i]) : nothing;
  };
  const auto base = method.items[0];
  const auto bases = pool_[base];
  const Value self = bases.empty() ? Value{} : bases[0];
  const auto assembled = [&] { add(into, assembled_unknown()); };
  if (name == "ljust" || name == "rjust" || name == "center" || name == "zfill") {
    bomb(&node, static_cast<std::uint64_t>(figure(argument(0)).value_or(0)), false);
  } else if (name == "join") {
    consume(argument(0), &node);
  } else if (name == "format" && self.kind == ValueKind::text) {
    bomb(&node, widest_field(self.text), false);
    if (self.text.find(":{") != std::string_view::npos) {
      for (const auto* item : node.args) {
        bomb(&node, static_cast<std::uint64_t>(figure(eval(item)).value_or(0)), false);
      }
      for (const auto* keyword : node.keywords) {
        bomb(&node, static_cast<std::uint64_t>(figure(eval(keyword->value)).value_or(0)), false);
      }
    }
  }
  // str.join("", [...]): the text comes first.
  if (self.kind == ValueKind::builtin) {
    const auto type = self.text;
    if ((type == "bytes" || type == "bytearray") && name == "fromhex") {
      const auto word = only(argument(0), ValueKind::text);
      const auto known = word ? from_hex(word->text) : std::nullopt;
      return known ? add(into, text(*known, true, ValueKind::bytes)) : assembled();
    }
    if ((type == "str" || type == "bytes") && node.args.size() > 1 && name == "join") {
      const auto separator = only(argument(0), ValueKind::text);
      const auto items = items_of(argument(1), true);
      if (separator && items) {
        std::string result;
        for (std::size_t i = 0; i < items->size(); ++i) {
          const auto piece = only((*items)[i], ValueKind::text);
          if (!piece) {
            return assembled();
          }
          result += (i == 0 ? "" : std::string(separator->text)) + std::string(piece->text);
        }
        return add(into, text(std::move(result), true));
      }
      return assembled();
    }
    if (type == "str" && !node.args.empty() && only(argument(0), ValueKind::text)) {
      return assembled();
    }
    if (type == "dict" && name == "fromkeys") {
      consume(argument(0), &node);
      return add(into, Value{});
    }
    if (type == "dict" && (name == "get" || name == "__getitem__")) {
      return add(into, each(argument(0)));
    }
    if (type == "str" && (name == "join" || name == "format" || name == "replace" || name == "translate")) {
      return assembled();
    }
    return add(into, Value{});
  }
  if (self.kind == ValueKind::text || self.kind == ValueKind::bytes) {
    const auto kind = self.kind;
    const bool known = bases.size() == 1 && !self.prefix_only;
    const auto give = [&](std::string result) { add(into, text(std::move(result), true, kind)); };
    if (name == "join") {
      const auto items = items_of(argument(0), true);
      if (!known || !items) {
        return assembled();
      }
      std::string result;
      for (std::size_t i = 0; i < items->size(); ++i) {
        const auto piece = only((*items)[i], kind);
        if (!piece) {
          return assembled();
        }
        if (i > 0) {
          result += self.text;
        }
        result += piece->text;
      }
      return give(std::move(result));
    }
    if (name == "format" || name == "format_map") {
      if (!known) {
        return assembled();
      }
      const auto parsed = parse_format(self.text);
      std::string result;
      std::size_t automatic = 0;
      for (std::size_t i = 0; i < parsed.top.size(); ++i) {
        const auto& field = parsed.fields[parsed.top[i]];
        result += parsed.literals[i];
        SetId value = nothing;
        const auto place =
            field.argument.empty() ? std::optional<std::int64_t>(automatic++) : number_of(field.argument);
        if (place && field.plain) {
          value = argument(static_cast<std::size_t>(*place));
        } else if (field.plain) {
          for (const auto* keyword : node.keywords) {
            if (keyword->arg == field.argument) {
              value = eval(keyword->value);
            }
          }
        }
        const auto word = only(value, ValueKind::text);
        const auto figure = only(value, ValueKind::number);
        if (word) {
          result += word->text;
        } else if (figure) {
          result += std::to_string(figure->number);
        } else {
          if (result.empty()) {
            return add(into, Value{});
          }
          auto prefix = pool_[text(std::move(result), false)][0];
          prefix.prefix_only = prefix.kind == ValueKind::text;
          return add(into, prefix);
        }
      }
      if (!parsed.literals.empty()) {
        result += parsed.literals.back();
      }
      return give(std::move(result));
    }
    if (!known) {
      return add(into, Value{});
    }
    if (name == "decode" || name == "encode") {
      const auto codec = only(argument(0), ValueKind::text);
      const auto target = name == "decode" ? ValueKind::text : ValueKind::bytes;
      if (node.args.empty() ||
          (codec && (codec->text.starts_with("utf") || codec->text == "ascii" ||
                     codec->text.starts_with("UTF") || codec->text.starts_with("latin")))) {
        return add(into, text(std::string(self.text), name == "decode" || self.assembled, target));
      }
      return assembled();
    }
    if (name == "hex") {
      return assembled();
    }
    if (name == "lower" || name == "upper" || name == "casefold" || name == "swapcase") {
      std::string result(self.text);
      for (auto& c : result) {
        if (c >= 'A' && c <= 'Z' && name != "upper") {
          c = static_cast<char>(c | 0x20);
        } else if (c >= 'a' && c <= 'z' && (name == "upper" || name == "swapcase")) {
          c = static_cast<char>(c & ~0x20);
        }
      }
      return give(std::move(result));
    }
    if (name == "strip" || name == "lstrip" || name == "rstrip") {
      const auto set = only(argument(0), kind);
      const std::string_view drop = set ? set->text : std::string_view(" \t\n\r\f\v");
      auto left = self.text;
      if (name != "rstrip") {
        left.remove_prefix(std::min(left.find_first_not_of(drop), left.size()));
      }
      if (name != "lstrip") {
        const auto last = left.find_last_not_of(drop);
        left = last == std::string_view::npos ? std::string_view() : left.substr(0, last + 1);
      }
      return give(std::string(left));
    }
    if (name == "replace") {
      const auto old_text = only(argument(0), kind);
      const auto new_text = only(argument(1), kind);
      if (!old_text || !new_text || old_text->text.empty()) {
        return assembled();
      }
      std::string result;
      std::size_t at = 0;
      for (;;) {
        const auto found = self.text.find(old_text->text, at);
        result += self.text.substr(at, found == std::string_view::npos ? found : found - at);
        if (found == std::string_view::npos || result.size() > ValuePool::longest_text) {
          break;
        }
        result += new_text->text;
        at = found + old_text->text.size();
      }
      return give(std::move(result));
    }
    if (name == "removeprefix" || name == "removesuffix") {
      const auto piece = only(argument(0), kind);
      if (!piece) {
        return assembled();
      }
      auto left = self.text;
      if (name == "removeprefix" && left.starts_with(piece->text)) {
        left.remove_prefix(piece->text.size());
      } else if (name == "removesuffix" && left.ends_with(piece->text)) {
        left.remove_suffix(piece->text.size());
      }
      return give(std::string(left));
    }
    if (name == "split" || name == "rsplit" || name == "partition") {
      const auto separator = only(argument(0), kind);
      std::vector<SetId> items;
      const auto keep = [&](std::string_view piece) {
        items.push_back(text(std::string(piece), false, kind));
      };
      if (node.args.empty()) {
        std::size_t at = 0;
        while (items.size() < most_items) {
          at = self.text.find_first_not_of(" \t\n\r\f\v", at);
          if (at == std::string_view::npos) {
            break;
          }
          const auto end = std::min(self.text.find_first_of(" \t\n\r\f\v", at), self.text.size());
          keep(self.text.substr(at, end - at));
          at = end;
        }
        return add(into, sequence(std::move(items)));
      }
      if (separator && !separator->text.empty() && node.args.size() == 1 && name != "partition") {
        std::size_t at = 0;
        while (items.size() < most_items) {
          const auto found = self.text.find(separator->text, at);
          keep(self.text.substr(at, found == std::string_view::npos ? found : found - at));
          if (found == std::string_view::npos) {
            break;
          }
          at = found + separator->text.size();
        }
        return add(into, sequence(std::move(items)));
      }
      return add(into, sequence({assembled_unknown()}, true));
    }
    if (name == "translate" || name == "__add__" || name == "__getitem__" || name == "__mul__" ||
        name == "__mod__") {
      return assembled();
    }
    return add(into, Value{});
  }
  if (self.kind == ValueKind::mapping || self.kind == ValueKind::sequence) {
    if (name == "get" || name == "pop" || name == "setdefault" || name == "__getitem__" ||
        name == "popitem" || name == "values" || name == "items" || name == "copy" || name == "keys") {
      Values all;
      const bool is_mapping = self.kind == ValueKind::mapping;
      const auto key = is_mapping ? only(argument(0), ValueKind::text) : std::nullopt;
      for (std::size_t i = 0; i < self.items.size(); ++i) {
        if (is_mapping && i % 2 == 0) {
          continue;
        }
        const auto known = is_mapping ? only(self.items[i - 1], ValueKind::text) : std::nullopt;
        if (!key || !known || key->text == known->text) {
          add(all, self.items[i]);
        }
      }
      if (name == "copy") {
        return add(into, self);
      }
      if (name == "keys") {
        return add(into, sequence({each(base)}, true));
      }
      if (node.args.size() > 1) {
        add(all, argument(1));
      }
      const auto united = pool_.add(std::move(all));
      if (name == "values") {
        return add(into, sequence({united}, true));
      }
      if (name == "items") {
        return add(into, sequence({sequence({each(base), united})}, true));
      }
      return add(into, united);
    }
    return add(into, Value{});
  }
  if (name == "join" || (name == "decode" && self.assembled)) {
    const auto items = items_of(argument(0), true);
    Value some;
    some.assembled = self.assembled || items.has_value();
    return add(into, some);
  }
  add(into, Value{});
}

// math.factorial(10 ** 9), numpy.zeros((10 ** 6, 10 ** 6))
void Evaluator::size_bombs(const Value& member, const Call& node) {
  const auto module = member.text;
  const auto name = member.name;
  const auto argument = [&node, this](std::size_t i) -> std::int64_t {
    return i < node.args.size() ? figure(eval(node.args[i])).value_or(0) : 0;
  };
  if (module == "math") {
    if (name == "factorial") {
      bomb(&node, static_cast<std::uint64_t>(argument(0)), true);
    } else if (name == "comb" || name == "perm") {
      const auto chosen = node.args.size() == 1 ? argument(0) : std::min(argument(0), argument(1));
      bomb(&node, static_cast<std::uint64_t>(chosen), true);
    }
    return;
  }
  if (module == "collections" && node.args.size() == 1 && node.keywords.empty()) {
    if (name == "deque") {
      consume(eval(node.args[0]), &node);
    }
    return;
  }
  if (module != "numpy" && module != "numpy.random") {
    return;
  }
  std::int64_t size = 0;
  if (module == "numpy.random") {
    if (name == "rand" || name == "randn") {
      size = 1;
      for (std::size_t i = 0; i < node.args.size() && i < 8; ++i) {
        size = times(size, argument(i));
      }
      size = node.args.empty() ? 0 : size;
    }
  } else if (name == "eye" || name == "identity" || name == "tri") {
    size = times(argument(0), node.args.size() > 1 ? argument(1) : argument(0));
  } else if (name == "arange") {
    size = node.args.size() == 1 ? argument(0) : node.args.size() == 2 ? argument(1) - argument(0) : 0;
  } else if (name == "linspace") {
    size = argument(2);
  } else if (name == "array" && !node.args.empty()) {
    consume(eval(node.args[0]), &node);
  }
  const bool shaped = name == "zeros" || name == "ones" || name == "empty" || name == "full" ||
                      name == "random" || name == "random_sample";
  if (shaped && !node.args.empty()) {
    size = argument(0);
    if (const auto shape = only(eval(node.args[0]), ValueKind::sequence); shape && !shape->bag) {
      size = shape->items.empty() ? 0 : 1;
      for (const auto item : shape->items.first(std::min<std::size_t>(shape->items.size(), 8))) {
        size = times(size, figure(item).value_or(0));
      }
    }
  }
  if (size > 0) {
    bomb(&node, static_cast<std::uint64_t>(size) / packing, false);
  }
}

void Evaluator::call_member(const Value& member, const Call& node, Values& into) {
  const auto argument = [&node, this](std::size_t i) {
    return i < node.args.size() ? eval(node.args[i]) : nothing;
  };
  const auto coded = [&](SetId set) -> std::optional<Value> {
    auto known = only(set, ValueKind::bytes);
    return known ? known : only(set, ValueKind::text);
  };
  const auto give = [&](std::optional<std::string> result, ValueKind kind) {
    add(into, result ? text(std::move(*result), true, kind) : assembled_unknown());
  };
  const auto module = member.text;
  const auto name = member.name;
  size_bombs(member, node);
  if (const auto size = module == "itertools" ? iterator_size(name, node) : 0; size > 0) {
    const bool same_items = name == "islice" || name == "cycle";
    return add(into, sized(name == "repeat" ? argument(0) : same_items ? each(argument(0)) : anything, size));
  }
  if (module == "base64" || module == "binascii") {
    const auto input = coded(argument(0));
    if (name == "b64decode" || name == "urlsafe_b64decode" || name == "standard_b64decode" ||
        name == "a2b_base64") {
      return give(input ? from_base64(input->text) : std::nullopt, ValueKind::bytes);
    }
    if (name == "b16decode" || name == "unhexlify" || name == "a2b_hex") {
      return give(input ? from_hex(input->text) : std::nullopt, ValueKind::bytes);
    }
    if (name.find("decode") != std::string_view::npos || name.starts_with("a2b")) {
      return give({}, ValueKind::bytes);
    }
  }
  if (module == "codecs" && (name == "decode" || name == "encode")) {
    const auto input = coded(argument(0));
    const auto codec = only(argument(1), ValueKind::text);
    if (input && codec) {
      if (codec->text.starts_with("rot")) {
        return give(rot13(input->text), ValueKind::text);
      }
      if (codec->text.starts_with("hex")) {
        return give(from_hex(input->text), ValueKind::bytes);
      }
      if (codec->text.starts_with("base64")) {
        return give(from_base64(input->text), ValueKind::bytes);
      }
      if (codec->text.starts_with("utf")) {
        return give(std::string(input->text), name == "decode" ? ValueKind::text : ValueKind::bytes);
      }
    }
    return give({}, ValueKind::text);
  }
  if ((module == "zlib" || module == "gzip" || module == "bz2" || module == "lzma") && name == "decompress") {
    return give({}, ValueKind::bytes);
  }
  if ((module == "functools" &&
       (name == "partial" || name == "wraps" || name == "lru_cache" || name == "cache")) ||
      (module == "copy" && (name == "copy" || name == "deepcopy"))) {
    add(into, argument(0));
    return add(into, Value{});
  }
  // What turns one constant text into another hides it.
  static constexpr std::array<std::string_view, 14> decoders{"json.loads",
                                                             "ast.literal_eval",
                                                             "html.unescape",
                                                             "urllib.parse.unquote",
                                                             "urllib.parse.unquote_plus",
                                                             "re.sub",
                                                             "re.findall",
                                                             "textwrap.dedent",
                                                             "struct.pack",
                                                             "struct.unpack",
                                                             "string.capwords",
                                                             "unicodedata.lookup",
                                                             "unicodedata.normalize",
                                                             "quopri.decodestring"};
  const auto full = std::string(module) + "." + std::string(name);
  const bool constant = std::all_of(node.args.begin(), node.args.end(), [this](const Expr* item) {
    const auto& values = pool_[eval(item)];
    return values.size() == 1 && values[0].kind != ValueKind::unknown && !values[0].prefix_only;
  });
  if (constant && std::find(decoders.begin(), decoders.end(), full) != decoders.end()) {
    return add(into, assembled_unknown());
  }
  add(into, Value{});
}

}  // namespace sallyport::validators::policy
