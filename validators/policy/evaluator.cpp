#include "validators/policy/evaluator.hpp"

#include <algorithm>
#include <utility>

namespace sallyport::validators::policy {

using namespace python::ast;

namespace {

constexpr SetId unset = 0xffffffff;
constexpr SetId in_progress = 0xfffffffe;
constexpr int deepest = 160;
constexpr int most_rounds = 3;
constexpr std::size_t most_override_steps = 20'000;

// What a round knows of what depends on itself: what the round before found.
SetId earlier(const std::vector<SetId>& previous, std::uint32_t index) {
  return previous.empty() || previous[index] >= in_progress ? nothing : previous[index];
}

bool is_interesting(const Value& value) {
  switch (value.kind) {
    case ValueKind::module:
    case ValueKind::member:
    case ValueKind::builtin:
    case ValueKind::function:
    case ValueKind::klass:
    case ValueKind::sequence:
    case ValueKind::mapping:
    case ValueKind::method:
      return true;
    default:
      return false;
  }
}

}  // namespace

Evaluator::Evaluator(const Program& program, const Rights& rights)
    : program_(program),
      rights_(rights),
      memo_(program.nodes.size(), unset),
      all_(program.bindings.size(), unset) {}

void Evaluator::run() {
  evaluate_all();
  for (int round = 1; round < most_rounds && !pool_.full() && has_grown(); ++round) {
    forget();
    evaluate_all();
  }
}

void Evaluator::evaluate_all() {
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
}

// Whether what depends on itself turned out to be more than was known of it, so that another round may find
// more.
bool Evaluator::has_grown() const {
  const auto grown = [this](const std::vector<SetId>& now, const std::vector<SetId>& before,
                            std::uint32_t index) {
    if (now[index] >= in_progress) {
      return false;
    }
    const auto& values = pool_[now[index]];
    return values.size() != pool_[earlier(before, index)].size() &&
           std::any_of(values.begin(), values.end(), is_interesting);
  };
  return std::any_of(cyclic_bindings_.begin(), cyclic_bindings_.end(),
                     [&](std::uint32_t binding) { return grown(all_, previous_all_, binding); }) ||
         std::any_of(cyclic_.begin(), cyclic_.end(),
                     [&](std::uint32_t index) { return grown(memo_, previous_, index); });
}

void Evaluator::forget() {
  previous_ = memo_;
  std::fill(memo_.begin(), memo_.end(), unset);
  previous_all_ = all_;
  std::fill(all_.begin(), all_.end(), unset);
  shared_.clear();
  cyclic_.clear();
  cyclic_bindings_.clear();
  bombs_.clear();
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
      return earlier(previous_, index);
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

SetId Evaluator::all_values(std::uint32_t binding) {
  if (all_[binding] == in_progress) {
    cyclic_bindings_.push_back(binding);
    return earlier(previous_all_, binding);
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
  ValuePool::Union values;
  for (const auto& source : program_.bindings[binding].sources) {
    pool_.join(values, source_value(source));
  }
  --depth_;
  const auto result = pool_.add(std::move(values));
  all_[binding] = overridden ? unset : result;
  return result;
}

SetId Evaluator::compute(const Expr* expression, std::uint32_t index) {
  switch (expression->kind) {
    case NodeKind::Name:
      return name_value(*static_cast<const Name*>(expression), index);
    case NodeKind::Constant:
      return constant(*static_cast<const Constant*>(expression));
    case NodeKind::Attribute: {
      const auto& node = *static_cast<const python::ast::Attribute*>(expression);
      return node.ctx == Context::Load ? attribute(eval(node.value), node.attr) : anything;
    }
    case NodeKind::Subscript:
      return subscript(*static_cast<const Subscript*>(expression));
    case NodeKind::Call:
      return call(*static_cast<const Call*>(expression));
    case NodeKind::BinOp: {
      const auto& node = *static_cast<const BinOp*>(expression);
      // In this order whatever the compiler: a name that depends on itself could tell.
      const SetId left = eval(node.left);
      return binary(node.op, left, eval(node.right), expression);
    }
    case NodeKind::UnaryOp:
      return unary(*static_cast<const UnaryOp*>(expression));
    case NodeKind::BoolOp:
      return either(*static_cast<const BoolOp*>(expression));
    case NodeKind::IfExp: {
      const auto& node = *static_cast<const IfExp*>(expression);
      const SetId body = eval(node.body);
      return pool_.unite(body, eval(node.orelse));
    }
    case NodeKind::NamedExpr:
      return eval(static_cast<const NamedExpr*>(expression)->value);
    case NodeKind::Starred:
      return eval(static_cast<const Starred*>(expression)->value);
    case NodeKind::Await:
      return eval(static_cast<const Await*>(expression)->value);
    case NodeKind::JoinedStr:
      return joined(*static_cast<const JoinedStr*>(expression));
    case NodeKind::Lambda: {
      auto value = made(ValueKind::function);
      value.node = expression;
      return pool_.add(value);
    }
    case NodeKind::Tuple:
      return display(static_cast<const Tuple*>(expression)->elts, expression);
    case NodeKind::List:
      return display(static_cast<const List*>(expression)->elts, expression);
    case NodeKind::Set:
      return display(static_cast<const Set*>(expression)->elts, expression);
    case NodeKind::Dict:
      return dict(*static_cast<const Dict*>(expression));
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
    case NodeKind::DictComp:
      return dict_comprehension(*static_cast<const DictComp*>(expression));
    default:
      return anything;
  }
}

// `a or b`, `a and b`: any of them.
SetId Evaluator::either(const BoolOp& node) {
  Values values;
  for (const auto* value : node.values) {
    pool_.add_to(values, eval(value));
  }
  return pool_.add(std::move(values));
}

}  // namespace sallyport::validators::policy
