#include "validators/policy/checker.hpp"

#include "validators/policy/source_text.hpp"
#include "validators/python/utf8.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <variant>

namespace sallyport::validators::policy {

using namespace python::ast;

namespace {

// What is looked at in any case; a policy's own limit may be lower.
constexpr std::size_t most_nodes = 600'000;
constexpr std::size_t longest_checked_text = 100'000;
constexpr std::size_t most_annotation_parts = 64;
constexpr std::size_t most_doubts = 64;
constexpr std::size_t longest_name = 64;
constexpr std::size_t longest_path = 4096;  // the system takes no longer ones
constexpr std::size_t longest_scheme = 14;  // with "://"
constexpr std::size_t longest_expression = 10'000;
constexpr std::size_t short_text = 200;       // checked wherever it stands; longer ones once
constexpr std::size_t most_code = 1'000'000;  // of programs as text; a tenth within one
constexpr std::size_t most_names = 64;        // in one list of names

constexpr std::array<std::string_view, 4> attribute_functions{"getattr", "setattr", "delattr", "hasattr"};
constexpr std::array<std::string_view, 4> attribute_dunders{"__getattribute__", "__getattr__", "__setattr__",
                                                            "__delattr__"};

template <class List>
bool contains(const List& list, std::string_view text) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

bool all_refused(const Values& values) {
  return !values.empty() &&
         std::all_of(values.begin(), values.end(), [](const Value& value) { return value.refused; });
}

// Whether the known beginning of a template ends where an attribute's name goes on: "{0." and then who knows.
bool ends_in_attribute(std::string_view text) {
  const auto open = text.rfind('{');
  if (open == std::string_view::npos || (open > 0 && text[open - 1] == '{')) {
    return false;
  }
  const auto field = text.substr(open);
  return field.find_first_of("}:!") == std::string_view::npos &&
         field.find_first_of(".[") != std::string_view::npos;
}

// The identifier that begins there.
std::string_view word_at(std::string_view text, std::size_t begin) {
  auto end = begin;
  while (end < text.size() &&
         (std::isalnum(static_cast<unsigned char>(text[end])) != 0 || text[end] == '_')) {
    ++end;
  }
  return text.substr(begin, end - begin);
}

bool is_module(const Value& value) {
  return value.kind == ValueKind::module || value.kind == ValueKind::member;
}

std::size_t node_limit(const Policy& policy) {
  const auto limit = policy.limits.nodes;
  return limit == 0 ? most_nodes : std::min<std::size_t>(most_nodes, limit + 1);
}

}  // namespace

Checker::Checker(const python::Tree& tree, const Rights& rights, python::Version version, int nesting)
    : tree_(tree),
      rights_(rights),
      policy_(rights.policy()),
      version_(version),
      nesting_(nesting),
      program_(tree.module(), node_limit(rights.policy())),
      evaluator_(program_, rights),
      report_(rights.policy(), tree.source()),
      ascii_(python::is_ascii(tree.source())) {}

std::vector<Violation> Checker::run() {
  if (const auto hidden = nesting_ == 0 ? find_hidden_text(tree_.source()) : std::nullopt) {
    report_.add("hidden-text", {hidden->line, hidden->column, hidden->line, hidden->column + hidden->size},
                {.name = hidden->what, .module = {}, .detail = {}, .chain = {}, .value = {}, .limit = {}});
  }
  measure();
  if (!program_.complete) {
    return report_.take();
  }
  evaluator_.run();
  find_escapes();
  for (std::uint32_t index = 0; index < program_.nodes.size(); ++index) {
    check(index);
  }
  for (const auto& bomb : evaluator_.bombs()) {
    Words words;
    words.name = bomb.bits ? "bits" : "items";
    words.value = std::to_string(bomb.size) + " " + words.name;
    words.limit = std::to_string(bomb.bits ? policy_.limits.folded_bits : policy_.limits.folded_items);
    report_.add("constant-bomb", bomb.node->location, words);
  }
  if (exits_) {
    for (const auto* handler : swallowing_) {
      report_.add("swallowed-exit", handler->location, {});
    }
  }
  decide();
  if (evaluator_.too_deep() || evaluator_.pool().full()) {
    Words words;
    words.name = "the program";
    report_.add("undecided", {1, 0, 1, 0}, words);
  }
  return report_.take();
}

void Checker::measure() {
  const auto& limits = policy_.limits;
  const auto& measures = program_.measures;
  const auto check_limit = [this](std::string_view name, std::uint64_t value, std::uint64_t limit,
                                  const Node* where) {
    if (limit == 0 || value <= limit) {
      return;
    }
    Words words;
    words.name = name;
    words.value = std::to_string(value);
    words.limit = std::to_string(limit);
    report_.add("complexity", where == nullptr ? Location{1, 0, 1, 0} : where->location, words);
  };
  check_limit("source_bytes", tree_.source().size(), limits.source_bytes, nullptr);
  check_limit("nodes", measures.nodes,
              program_.complete ? limits.nodes
                                : std::min<std::uint64_t>(measures.nodes - 1,
                                                          limits.nodes == 0 ? most_nodes - 1 : limits.nodes),
              nullptr);
  if (!program_.complete) {
    return;
  }
  check_limit("depth", measures.depth, limits.depth, measures.deepest);
  check_limit("statements", measures.statements, limits.statements, nullptr);
  check_limit("loops", measures.loops, limits.loops, measures.last_loop);
  check_limit("loop_depth", measures.loop_depth, limits.loop_depth, measures.deepest_loop);
  check_limit("comprehension_depth", measures.comprehension_depth, limits.comprehension_depth,
              measures.deepest_comprehension);
  for (const auto& info : program_.nodes) {
    if (const auto* constant = as<Constant>(info.node)) {
      if (limits.literal_bytes != 0 && constant->value.size() > limits.literal_bytes) {
        check_limit("literal_bytes", constant->value.size(), limits.literal_bytes, constant);
      }
    } else if (const auto* list = as<List>(info.node)) {
      check_limit("collection_items", list->elts.size(), limits.collection_items, list);
    } else if (const auto* tuple = as<Tuple>(info.node)) {
      check_limit("collection_items", tuple->elts.size(), limits.collection_items, tuple);
    } else if (const auto* set = as<Set>(info.node)) {
      check_limit("collection_items", set->elts.size(), limits.collection_items, set);
    } else if (const auto* dict = as<Dict>(info.node)) {
      check_limit("collection_items", dict->values.size(), limits.collection_items, dict);
    } else if (const auto* attribute = as<Attribute>(info.node)) {
      if (limits.attribute_chain == 0 ||
          (info.parent != none && program_.nodes[info.parent].node->kind == NodeKind::Attribute)) {
        continue;
      }
      std::uint64_t length = 0;
      for (const auto* link = attribute; link != nullptr; link = as<Attribute>(link->value)) {
        ++length;
      }
      check_limit("attribute_chain", length, limits.attribute_chain, attribute);
    }
  }
}

// A module that is passed on or stored may come back from anywhere.
void Checker::find_escapes() {
  escaped_ = program_.untracked && !program_.imported.empty();
  for (std::uint32_t index = 0; index < program_.nodes.size(); ++index) {
    const auto& info = program_.nodes[index];
    if ((info.node->kind != NodeKind::Name && info.node->kind != NodeKind::Attribute) ||
        info.parent == none) {
      continue;
    }
    const auto parent = program_.nodes[info.parent].node->kind;
    if (parent == NodeKind::Attribute || parent == NodeKind::ExprStmt) {
      continue;
    }
    if (const auto* assign = as<Assign>(program_.nodes[info.parent].node)) {
      const bool kept = std::any_of(assign->targets.begin(), assign->targets.end(),
                                    [](const Expr* target) { return target->kind == NodeKind::Subscript; });
      if (!kept) {
        continue;
      }
    }
    const auto& values = evaluator_.values_at(index);
    if (std::any_of(values.begin(), values.end(),
                    [](const Value& value) { return value.kind == ValueKind::module; })) {
      escaped_ = true;
      return;
    }
  }
}

void Checker::check(std::uint32_t index) {
  const auto& node = *program_.nodes[index].node;
  switch (node.kind) {
    case NodeKind::Import:
      return check_import(static_cast<const Import&>(node));
    case NodeKind::ImportFrom:
      return check_import_from(static_cast<const ImportFrom&>(node));
    case NodeKind::Name:
      return check_name(static_cast<const Name&>(node), index);
    case NodeKind::Attribute:
      return check_attribute(static_cast<const Attribute&>(node), index);
    case NodeKind::Call: {
      check_call(static_cast<const Call&>(node));
      return check_text(static_cast<const Expr&>(node));
    }
    case NodeKind::BinOp: {
      const auto& operation = static_cast<const BinOp&>(node);
      if (operation.op == Operator::Div) {  // Path("a") / "b": nothing else divides by a text
        for (const auto* side : {operation.left, operation.right}) {
          for (const auto& value : Values(evaluator_.values(side))) {
            if (value.kind == ValueKind::text) {
              check_path(value, *side, "/");
            }
          }
        }
      }
      return check_text(operation);
    }
    case NodeKind::Constant:
    case NodeKind::JoinedStr:
      return check_text(static_cast<const Expr&>(node));
    case NodeKind::Subscript: {
      const auto& values = evaluator_.values(static_cast<const Subscript&>(node).value);
      if (values.size() == 1 && values[0].kind == ValueKind::member && values[0].text == "typing") {
        check_annotation(static_cast<const Expr*>(&node));
      }
      return check_text(static_cast<const Expr&>(node));
    }
    case NodeKind::AugAssign:
      for (const auto& value :
           Values(evaluator_.values(evaluator_.augmented(static_cast<const AugAssign&>(node))))) {
        if (value.assembled) {
          check_text_value(value, node);
        }
      }
      return;
    case NodeKind::ClassDef:
      return check_bound_name(static_cast<const ClassDef&>(node).name, node.location);
    case NodeKind::MatchClass:
      return check_match_class(static_cast<const MatchClass&>(node), index);
    case NodeKind::FunctionDef:
    case NodeKind::AsyncFunctionDef: {
      const auto& function = static_cast<const FunctionDef&>(node);
      check_definitions(node, index);
      if (program_.scopes[program_.nodes[index].scope].kind != ScopeKind::klass) {
        check_bound_name(function.name, node.location);
      }
      check_annotation(function.returns);
      for (const auto list : {function.args->posonlyargs, function.args->args, function.args->kwonlyargs}) {
        for (const auto* argument : list) {
          check_annotation(argument->annotation);
        }
      }
      for (const auto* argument : {function.args->vararg, function.args->kwarg}) {
        if (argument != nullptr) {
          check_annotation(argument->annotation);
        }
      }
      return;
    }
    case NodeKind::AnnAssign: {
      const auto& assign = static_cast<const AnnAssign&>(node);
      const auto* field = as<Name>(assign.target);
      if (field != nullptr && program_.scopes[program_.nodes[index].scope].kind == ScopeKind::klass &&
          forbidden_name(field->id)) {  // a field of a dataclass, which its patterns read
        Words words;
        words.name = field->id;
        report_.add("definition", node.location, words);
      }
      return check_annotation(assign.annotation);
    }
    case NodeKind::ExceptHandler: {
      const auto& handler = static_cast<const ExceptHandler&>(node);
      const auto* type = as<Name>(handler.type);
      const bool broad = handler.type == nullptr || (type != nullptr && type->id == "BaseException");
      const bool raises = std::any_of(handler.body.begin(), handler.body.end(), [](const Stmt* statement) {
        return statement->kind == NodeKind::Raise;
      });
      if (broad && !raises) {
        swallowing_.push_back(&handler);
      }
      return;
    }
    default:
      return;
  }
}

std::string Checker::module_hint(std::string_view module) const {
  for (;;) {
    if (const auto found = policy_.module_hints.find(module); found != policy_.module_hints.end()) {
      return found->second;
    }
    const auto dot = module.rfind('.');
    if (dot == std::string_view::npos) {
      return {};
    }
    module = module.substr(0, dot);
  }
}

std::string Checker::attribute_hint(std::string_view name) const {
  const auto found = policy_.attribute_hints.find(name);
  return found == policy_.attribute_hints.end() ? std::string() : found->second;
}

void Checker::check_import(const Import& node) {
  for (const auto* alias : node.names) {
    look_alike(alias->location, alias->name);  // what is imported is judged all the same
    check_bound_name(alias->asname, alias->location);
    if (rights_.surface(alias->name) == nullptr) {
      Words words;
      words.name = words.module = alias->name;
      words.detail = module_hint(alias->name);
      report_.add("import", alias->location, words);
    }
  }
}

void Checker::check_import_from(const ImportFrom& node) {
  if (node.level == 0 && node.module == "__future__") {
    return;
  }
  const auto* surface = node.level == 0 ? rights_.surface(node.module) : nullptr;
  bool told = false;
  for (const auto* alias : node.names) {
    look_alike(alias->location, alias->name);
    check_bound_name(alias->asname, alias->location);
    if (surface == nullptr) {
      const auto deeper = std::string(node.module) + "." + std::string(alias->name);
      const bool is_module =
          node.level == 0 && policy_.modules.contains(deeper) && rights_.surface(deeper) != nullptr;
      if (!is_module && !told) {
        told = true;
        Words words;
        words.module = std::string(node.level, '.') + std::string(node.module);
        words.name = words.module;
        words.detail = module_hint(node.module);
        report_.add("import", node.location, words);
      }
      continue;
    }
    if (alias->name == "*") {
      continue;
    }
    Value base;
    base.kind = ValueKind::module;
    base.text = node.module;
    check_attribute_of({base}, alias->name, alias->location, nullptr, false, false);
  }
}

bool Checker::look_alike(const Location& where, std::string_view name) {
  if (ascii_ || !python::is_ascii(name)) {
    return false;
  }
  const auto written = report_.text_at(where);
  if (python::is_ascii(written)) {
    return false;
  }
  Words words;
  words.name = name;
  report_.add("look-alike", where, words);
  return true;
}

std::string Checker::chain_of(const Value& value, const Expr* base) const {
  if (!is_module(value) || value.node == nullptr) {
    return {};
  }
  const auto full = value.kind == ValueKind::module ? std::string(value.text)
                                                    : std::string(value.text) + "." + std::string(value.name);
  const auto* name = as<Name>(base);
  if (name != nullptr && name->id == full) {
    return {};
  }
  const auto line = std::to_string(value.node->location.line);
  return (name != nullptr ? std::string(name->id) + " is " + full : "the value is " + full) +
         ", imported at line " + line;
}

void Checker::check_name(const Name& node, std::uint32_t index) {
  if (!ascii_ && node.location.end_column - node.location.column != node.id.size()) {
    look_alike(node.location, node.id);
  }
  const bool dunder = is_dunder(node.id);
  if (node.ctx != Context::Load) {
    check_bound_name(node.id, node.location);
    check_definitions(node, index);
    return;
  }
  check_call_only(node, index);
  for (const auto& value : evaluator_.values_at(index)) {
    if (value.kind != ValueKind::builtin || value.text != node.id) {
      continue;
    }
    // `from x import *` brings what x denies as well.
    for (const auto module : program_.star_modules) {
      Value base;
      base.kind = ValueKind::module;
      base.text = module;
      if (rights_.surface(module) != nullptr &&
          evaluator_.module_attribute(base, node.id).verdict == Evaluator::Attribute::Verdict::denied) {
        check_attribute_of({base}, node.id, node.location, nullptr, false, false);
      }
    }
    const auto hint = policy_.builtin_hints.find(node.id);
    Words words;
    words.name = node.id;
    words.detail = hint == policy_.builtin_hints.end() ? std::string() : hint->second;
    if (rights_.denied_builtin(node.id) ||
        (dunder && !policy_.dunder_names.contains(node.id) && node.id != "__class__")) {
      report_.add("builtin", node.location, words);
    } else if (policy_.call_only_builtins.contains(node.id)) {
      const auto& parent = program_.nodes[program_.nodes[index].parent];
      const auto* call = as<Call>(parent.node);
      if (call == nullptr || call->func != &node) {
        report_.add("builtin-value", node.location, words);
      }
    } else if (node.id == "exit" || node.id == "quit" || node.id == "SystemExit") {
      exits_ = true;
    }
  }
}

void Checker::check_bound_name(std::string_view name, const Location& where) {
  if (is_dunder(name) && rights_.denied_builtin(name)) {
    Words words;
    words.name = name;
    report_.add("builtin", where, words);
  }
}

// What takes attribute names or code is called where it stands, or given another name; not passed on.
void Checker::check_call_only(const Expr& node, std::uint32_t index) {
  const auto* parent = program_.nodes[program_.nodes[index].parent].node;
  const auto* call = as<Call>(parent);
  if ((call != nullptr && call->func == &node) || parent->kind == NodeKind::Assign ||
      parent->kind == NodeKind::Attribute) {
    return;
  }
  const auto takes_text = [](const CallRule& rule) {
    return std::any_of(rule.arguments.begin(), rule.arguments.end(), [](const ArgumentRule& argument) {
      return argument.demand != Demand::path && argument.demand != Demand::literal;
    });
  };
  const auto tell = [&](std::string name) {
    Words words;
    words.name = std::move(name);
    report_.add("builtin-value", node.location, words);
  };
  for (const auto& value : evaluator_.values(&node)) {
    if (value.kind != ValueKind::member) {
      continue;
    }
    auto name = std::string(value.text) + "." + std::string(value.name);
    const auto* rule = call_rule(name);
    if (name == "operator.attrgetter" || name == "operator.methodcaller" ||
        (rule != nullptr && takes_text(*rule))) {
      tell(std::move(name));
    }
  }
  // df.query, passed on.
  const auto* attribute = as<Attribute>(&node);
  if (attribute == nullptr || call == nullptr || attribute->ctx != Context::Load) {
    return;
  }
  const auto method = policy_.method_calls.find(attribute->attr);
  const auto* base = as<Name>(attribute->value);
  const bool own = base != nullptr && (base->id == "self" || base->id == "cls");
  if (method == policy_.method_calls.end() || own || !takes_text(method->second) ||
      (!method->second.with.empty() && !program_.imported.contains(method->second.with))) {
    return;
  }
  const auto* function = as<Name>(call->func);
  if (function != nullptr && (function->id == "map" || function->id == "filter")) {
    tell(std::string(attribute->attr));
  }
}

bool Checker::dunder_is_harmless(const Attribute& node, std::uint32_t index) {
  if (node.ctx == Context::Load ? policy_.dunder_read.contains(node.attr)
                                : policy_.dunder_write.contains(node.attr)) {
    return true;
  }
  const auto* name = as<Name>(node.value);
  bool of_self = false;
  if (name != nullptr && (name->id == "self" || name->id == "cls" || name->id == "other")) {
    const auto found = program_.lookup(program_.nodes[index].scope, name->id);
    of_self = found.binding != none && program_.bindings[found.binding].parameter;
  }
  const auto& bases = evaluator_.values(node.value);
  for (const auto& value : bases) {
    of_self |= value.kind == ValueKind::super;
  }
  // json.dumps(x, default=lambda o: o.__dict__): what vars(o) gives.
  if (node.attr == "__dict__" && node.ctx == Context::Load && name != nullptr &&
      !rights_.denied_builtin("vars")) {
    const auto found = program_.lookup(program_.nodes[index].scope, name->id);
    of_self |= found.binding != none && program_.bindings[found.binding].parameter &&
               std::all_of(bases.begin(), bases.end(), [](const Value& value) {
                 return value.kind == ValueKind::unknown || value.kind == ValueKind::instance;
               });
  }
  if (of_self && policy_.dunder_self.contains(node.attr)) {
    return true;
  }
  if (node.attr == "__class__" && node.ctx == Context::Load && policy_.dunder_class) {
    const auto* parent = program_.nodes[program_.nodes[index].parent].node;
    if (const auto* outer = as<Attribute>(parent)) {
      return policy_.dunder_read.contains(outer->attr);
    }
    return parent->kind == NodeKind::Compare;
  }
  return false;
}

void Checker::check_attribute(const Attribute& node, std::uint32_t index) {
  auto where = node.location;
  const auto& bases = evaluator_.values(node.value);
  if (!ascii_) {
    // The name stands at the end; how it is spelled is known only if nothing but it is there.
    const auto written = report_.text_at(node.location);
    if (!written.empty() && !written.ends_with(node.attr) && python::is_ascii(node.attr)) {
      Words words;
      words.name = node.attr;
      report_.add("look-alike", node.location, words);
    }
  }
  if (node.ctx != Context::Load) {
    if (check_tampering(bases, node.attr, where, node.value)) {
      return;
    }
  } else if (node.attr == "obj" && tempting_.empty() && node.value->kind == NodeKind::Name) {
    // An AttributeError hands out the object that something was read of.
    const auto found = program_.lookup(program_.nodes[index].scope, static_cast<const Name*>(node.value)->id);
    if (found.binding != none) {
      const auto& sources = program_.bindings[found.binding].sources;
      for (std::size_t i = 0; i < sources.size() && i < most_names; ++i) {
        if (program_.nodes[sources[i].node_index].node->kind == NodeKind::ExceptHandler) {
          tempting_ = node.attr;
        }
      }
    }
  }
  check_call_only(node, index);
  const bool harmless = is_dunder(node.attr) && dunder_is_harmless(node, index);
  if (check_attribute_of(bases, node.attr, where, node.value, harmless, false)) {
    return;
  }
  if (node.attr == "format" || node.attr == "format_map") {
    const auto* call = as<Call>(program_.nodes[program_.nodes[index].parent].node);
    const bool called = call != nullptr && call->func == &node;
    for (const auto& value : bases) {
      if (value.kind == ValueKind::text && value.prefix_only && ends_in_attribute(value.text)) {
        Words words;
        words.name = value.text;
        report_.add("format-template", where, words);
      } else if (value.kind == ValueKind::text && value.prefix_only) {
        undecided(node, "format", "template");
      } else if (value.kind == ValueKind::text) {
        check_template(value.text, node, called ? call : nullptr, 0);
      } else if (value.kind == ValueKind::builtin && value.text == "str") {
        if (!called || call->args.empty()) {
          undecided(node, "str.format", "template");
          continue;
        }
        for (const auto& text : evaluator_.values(call->args[0])) {
          if (text.kind == ValueKind::text && !text.prefix_only) {
            check_template(text.text, node, call, 1);
          } else {
            undecided(node, "str.format", "template");
          }
        }
      } else if (value.kind == ValueKind::unknown && !value.refused) {
        if (value.assembled) {
          Words words;
          words.name = "format";
          report_.add("format-template", where, words);
        } else {
          undecided(node, "format", "template");
        }
      }
    }
  }
}

bool Checker::check_tampering(const Values& bases, std::string_view name, const Location& where,
                              const Expr* base) {
  for (const auto& value : bases) {
    if (value.kind != ValueKind::module && (value.kind != ValueKind::builtin || !is_dunder(value.text))) {
      continue;
    }
    if (policy_.writable_members.contains(std::string(value.text) + "." + std::string(name))) {
      return true;
    }
    Words words;
    words.module = value.text;
    words.name = name;
    words.chain = chain_of(value, base);
    report_.add("module-tampering", where, words);
    return true;
  }
  return false;
}

bool Checker::check_attribute_of(const Values& bases, std::string_view name, const Location& where,
                                 const Expr* base, bool harmless_dunder, bool as_text) {
  if (all_refused(bases)) {
    return false;
  }
  Words words;
  words.name = name;
  const bool dunder = is_dunder(name);
  const auto tell = [&](std::string_view rule) {
    report_.add(rule, where, words);
    return true;
  };
  bool of_module = false;
  for (const auto& value : bases) {
    if (!is_module(value)) {
      continue;
    }
    const auto resolved = evaluator_.module_attribute(value, name);
    words.chain = chain_of(value, base);
    words.module = value.text;
    if (resolved.verdict == Evaluator::Attribute::Verdict::denied) {
      const auto hint = resolved.surface->deny.find(resolved.denied_name);
      words.name = resolved.denied_name;
      words.detail = hint == resolved.surface->deny.end() ? std::string() : hint->second;
      return tell("module-member");
    }
    if (resolved.verdict == Evaluator::Attribute::Verdict::outside) {
      words.detail = module_hint(std::string(value.text) + "." + std::string(name));
      return tell(dunder ? "dunder-attribute" : "module-attribute");
    }
    of_module = of_module || value.kind == ValueKind::module;
    if (value.text == "sys" && name == "exit") {
      exits_ = true;
    }
  }
  words.chain.clear();
  if (of_module && bases.size() == 1) {
    return false;
  }
  words.detail = attribute_hint(name);
  if (rights_.denied_attribute(name)) {
    return tell("attribute");
  }
  if (dunder && !harmless_dunder && (!as_text || !policy_.dunder_read.contains(name))) {
    return tell("dunder-attribute");
  }
  if (escaped_ && !name.empty()) {
    const auto plain = name.starts_with('_') ? name.substr(1) : name;
    if (policy_.suspect_attributes.contains(plain) || policy_.suspect_attributes.contains(name)) {
      const auto* id = as<Name>(base);
      const bool own = id != nullptr && (id->id == "self" || id->id == "cls");
      const bool own_name = program_.attribute_stores.contains(name) || program_.class_names.contains(name);
      const bool open = std::any_of(bases.begin(), bases.end(), [own_name](const Value& value) {
        return (value.kind == ValueKind::unknown && !value.refused) ||
               (!own_name && (value.kind == ValueKind::instance || value.kind == ValueKind::function));
      });
      if (open && !own) {
        words.chain = "a module was passed around in this program";
        return tell("attribute");
      }
    }
  }
  return false;
}

void Checker::check_match_class(const MatchClass& node, std::uint32_t index) {
  const Expr* subject = nullptr;
  for (auto at = program_.nodes[index].parent; at != none; at = program_.nodes[at].parent) {
    const auto* parent = program_.nodes[at].node;
    if (const auto* match = as<Match>(parent)) {
      subject = match->subject;
      break;
    }
    if (parent->kind != NodeKind::MatchAs && parent->kind != NodeKind::MatchOr) {
      break;
    }
  }
  const Values unknown{Value{}};
  const auto& bases = subject != nullptr ? evaluator_.values(subject) : unknown;
  for (const auto name : node.kwd_attrs) {
    if (!check_attribute_of(bases, name, node.location, subject, policy_.dunder_read.contains(name), false) &&
        subject == nullptr && name.starts_with('_') &&
        (policy_.suspect_attributes.contains(name.substr(1)) || policy_.suspect_attributes.contains(name))) {
      Words words;
      words.name = name;
      report_.add("attribute", node.location, words);
    }
  }
}

void Checker::check_definitions(const Node& node, std::uint32_t index) {
  if (program_.scopes[program_.nodes[index].scope].kind != ScopeKind::klass) {
    return;
  }
  std::string_view name;
  if (const auto* target = as<Name>(&node)) {
    name = target->id;
  } else {
    name = static_cast<const FunctionDef&>(node).name;
  }
  if (name == "__match_args__") {
    // The names that a positional class pattern reads.
    const auto* parent = program_.nodes[program_.nodes[index].parent].node;
    const Expr* value = nullptr;
    if (const auto* assign = as<Assign>(parent)) {
      value = assign->value;
    } else if (const auto* annotated = as<AnnAssign>(parent)) {
      value = annotated->value;
    }
    check_match_names(value, node.location);
  }
  if (policy_.denied_definitions.contains(name)) {
    Words words;
    words.name = name;
    words.detail = attribute_hint(name);
    report_.add("definition", node.location, words);
  }
}

// The names that a positional class pattern reads: `value` of __match_args__.
void Checker::check_match_names(const Expr* value, const Location& where) {
  for (const auto& list : Values(evaluator_.values(value))) {
    if (list.kind != ValueKind::sequence && value != nullptr) {
      undecided(*value, "__match_args__", "attribute names");
    }
    for (const auto item : list.items) {
      for (const auto& text : Values(evaluator_.values(item))) {
        if (text.kind != ValueKind::text) {
          continue;
        }
        const auto plain = text.text.starts_with('_') ? text.text.substr(1) : text.text;
        if (!check_attribute_of({Value{}}, text.text, where, nullptr, false, true) &&
            policy_.suspect_attributes.contains(plain)) {
          Words words;
          words.name = text.text;
          report_.add("attribute", where, words);
        }
      }
    }
  }
}

// The fields of make_dataclass: names, or tuples of name and type. Patterns read the names; a type that is a
// text is an annotation.
void Checker::check_fields(const Expr& fields) {
  const auto tell = [&](std::string_view rule, std::string_view name) {
    Words words;
    words.name = name;
    words.value = name;
    report_.add(rule, fields.location, words);
  };
  const auto check_field = [&](const Value& name) {
    if (name.kind == ValueKind::text && forbidden_name(name.text)) {
      tell("definition", name.text);
    }
  };
  for (const auto& list : Values(evaluator_.values(&fields))) {
    for (const auto item : list.items.first(std::min(list.items.size(), most_names))) {
      for (const auto& field : Values(evaluator_.values(item))) {
        check_field(field);
        if (field.kind != ValueKind::sequence || field.items.empty()) {
          continue;
        }
        for (const auto& name : Values(evaluator_.values(field.items[0]))) {
          check_field(name);
        }
        for (const auto part : field.items.subspan(1, std::min<std::size_t>(field.items.size() - 1, 1))) {
          for (const auto& type : Values(evaluator_.values(part))) {
            if (type.kind == ValueKind::text && type.text.find('(') != std::string_view::npos) {
              tell("code-text", type.text);
            }
          }
        }
      }
    }
  }
}

// typing.get_type_hints and functools.singledispatch evaluate annotations that are texts.
void Checker::check_annotation(const Expr* annotation) {
  std::vector<const Expr*> parts{annotation};
  for (std::size_t looked_at = 0; !parts.empty() && looked_at < most_annotation_parts; ++looked_at) {
    const auto* part = parts.back();
    parts.pop_back();
    if (const auto* subscript = as<Subscript>(part)) {
      const auto* name = as<Name>(subscript->value);
      const auto* attribute = as<Attribute>(subscript->value);
      const auto generic = name != nullptr ? name->id : attribute != nullptr ? attribute->attr : "";
      if (generic != "Literal" && generic != "Annotated") {  // whose texts are values
        parts.push_back(subscript->slice);
      }
    } else if (const auto* tuple = as<Tuple>(part)) {
      parts.insert(parts.end(), tuple->elts.begin(), tuple->elts.end());
    } else if (const auto* list = as<List>(part)) {
      parts.insert(parts.end(), list->elts.begin(), list->elts.end());
    } else if (const auto* either = as<BinOp>(part)) {
      parts.push_back(either->left);
      parts.push_back(either->right);
    } else if (const auto* constant = as<Constant>(part);
               constant != nullptr && constant->value_kind == ConstantKind::Str &&
               (constant->value.find('(') != std::string_view::npos ||
                constant->value.find("__") != std::string_view::npos)) {
      Words words;
      words.name = "annotation";
      words.value = constant->value;
      report_.add("code-text", constant->location, words);
    }
  }
}

void Checker::check_text(const Expr& node) {
  if (const auto* constant = as<Constant>(&node); constant != nullptr &&
                                                  constant->value_kind != ConstantKind::Str &&
                                                  constant->value_kind != ConstantKind::Bytes) {
    return;
  }
  for (const auto& value : evaluator_.values(&node)) {
    if (node.kind != NodeKind::Constant && !value.assembled) {
      continue;
    }
    // A template that reads what is forbidden is one wherever it goes: Styler.format, matplotlib's
    // formatters.
    const auto text = value.text.substr(0, longest_checked_text);
    if (text.size() > short_text && !checked_.insert(text.data()).second) {
      continue;
    }
    if (value.kind == ValueKind::text && text.find('{') != std::string_view::npos) {
      check_template(text, node, nullptr, 0);
    }
    check_text_value(value, node);
  }
}

void Checker::check_text_value(const Value& value, const Node& node) {
  if (value.kind != ValueKind::text && value.kind != ValueKind::bytes) {
    return;
  }
  const auto text = value.text.substr(0, longest_checked_text);
  if (tempting_.empty() && forbidden_name(text)) {
    tempting_ = value.text;
  }
  for (const auto& rule : policy_.texts) {
    const bool found =
        rule.exact.contains(text) ||
        std::any_of(rule.contains.begin(), rule.contains.end(),
                    [text](const std::string& part) { return text.find(part) != std::string_view::npos; });
    if (found) {
      Words words;
      words.name = text;
      words.value = text;
      report_.add(rule.rule, node.location, words);
    }
  }
}

// A name that no honest text or field has: of a frame, or a dunder that nothing may read.
bool Checker::forbidden_name(std::string_view name) const {
  if (name.size() > longest_name) {
    return false;
  }
  if (rights_.denied_attribute(name)) {
    return name.find('_') != std::string_view::npos;
  }
  static constexpr std::array<std::string_view, 6> own{
      "__main__", "__all__", "__author__", "__match_args__", "__array_priority__", "__pydantic__"};
  return is_dunder(name) && !policy_.dunder_read.contains(name) && !policy_.dunder_self.contains(name) &&
         !policy_.dunder_names.contains(name) && !policy_.dunder_write.contains(name) && !contains(own, name);
}

void Checker::decide() {
  if (tempting_.empty()) {
    return;
  }
  for (const auto& doubt : doubts_) {
    Words words;
    words.name = tempting_;
    words.value = tempting_;
    report_.add(doubt.what == "template" ? "format-template" : "assembled-name", doubt.where->location,
                words);
  }
}

void Checker::undecided(const Expr& where, std::string_view name, std::string_view what) {
  Words words;
  words.name = name;
  words.value = what;
  report_.add("undecided", where.location, words);
  if ((what == "template" || what == "attribute name") && doubts_.size() < most_doubts) {
    doubts_.push_back({&where, what});
  }
}

const CallRule* Checker::call_rule(std::string_view name) const {
  if (const auto found = policy_.calls.find(name); found != policy_.calls.end()) {
    return &found->second;
  }
  for (const auto& [prefix, rule] : policy_.call_prefixes) {
    if (name.starts_with(prefix)) {
      return &rule;
    }
  }
  return nullptr;
}

void Checker::check_call(const Call& node) {
  const auto& callees = evaluator_.values(node.func);
  if (all_refused(callees)) {
    return;
  }
  for (const auto& callee : callees) {
    if (callee.kind == ValueKind::builtin) {
      check_builtin_call(callee.text, node);
    } else if (callee.kind == ValueKind::method && (callee.name == "format" || callee.name == "format_map")) {
      if (node.func->kind != NodeKind::Attribute) {
        for (const auto& text : Values(evaluator_.values(callee.items[0]))) {
          if (text.kind == ValueKind::text) {
            check_template(text.text, node, &node, 0);
          }
        }
      }
    } else if (callee.kind == ValueKind::member) {
      const auto name = std::string(callee.text) + "." + std::string(callee.name);
      if (name == "operator.attrgetter") {
        for (const auto* argument : node.args) {
          check_attribute_text(*argument, {Value{}}, true, "attrgetter");
        }
      } else if (name == "operator.methodcaller" && !node.args.empty()) {
        check_attribute_text(*node.args[0], {Value{}}, false, "methodcaller");
      } else if (name == "dataclasses.make_dataclass" && node.args.size() > 1) {
        check_fields(*node.args[1]);
      } else if (const auto* rule = call_rule(name)) {
        check_arguments(*rule, name, node);
      }
    }
  }
  const auto* attribute = as<Attribute>(node.func);
  if (attribute == nullptr) {
    return;
  }
  const auto& bases = evaluator_.values(attribute->value);
  if (contains(attribute_dunders, attribute->attr)) {
    // object.__setattr__(self, "x", 1); super().__setattr__("x", 1).
    const bool bound = std::any_of(bases.begin(), bases.end(),
                                   [](const Value& value) { return value.kind == ValueKind::super; });
    const std::size_t place = bound ? 0 : 1;
    bool found = false;
    for (std::size_t i = 0; i < node.args.size() && i < 2; ++i) {
      const auto& values = evaluator_.values(node.args[i]);
      const bool text = std::any_of(values.begin(), values.end(),
                                    [](const Value& value) { return value.kind == ValueKind::text; });
      if (text || i == place) {
        found = true;
        check_attribute_text(*node.args[i], i == 1 ? evaluator_.values(node.args[0]) : Values{Value{}}, false,
                             attribute->attr);
        break;
      }
    }
    if (!found && !node.args.empty()) {
      undecided(*node.args[0], attribute->attr, "attribute name");
    }
  }
  const auto method = policy_.method_calls.find(attribute->attr);
  if (method == policy_.method_calls.end()) {
    return;
  }
  if (!method->second.with.empty() && !program_.imported.contains(method->second.with)) {
    return;
  }
  const bool other = std::all_of(bases.begin(), bases.end(), [](const Value& value) {
    return value.kind == ValueKind::module || value.kind == ValueKind::text ||
           value.kind == ValueKind::instance || value.kind == ValueKind::klass || value.refused;
  });
  if (!other) {
    check_arguments(method->second, "." + std::string(attribute->attr), node);
  }
}

void Checker::check_builtin_call(std::string_view name, const Call& node) {
  if (contains(attribute_functions, name)) {
    if (node.args.size() < 2 || node.args[0]->kind == NodeKind::Starred ||
        node.args[1]->kind == NodeKind::Starred) {
      Words words;
      words.name = name;
      report_.add("assembled-name", node.location, words);
      return;
    }
    const auto* constant = as<Constant>(node.args[1]);
    if (name == "hasattr" && constant != nullptr && constant->value_kind == ConstantKind::Str) {
      return;  // says whether it is there, and no more
    }
    const auto& bases = evaluator_.values(node.args[0]);
    if (name == "setattr" || name == "delattr") {
      const auto& names = evaluator_.values(node.args[1]);
      const bool known = names.size() == 1 && names[0].kind == ValueKind::text && !names[0].prefix_only;
      if (check_tampering(bases, known ? names[0].text : name, node.location, node.args[0])) {
        return;
      }
    }
    return check_attribute_text(*node.args[1], bases, false, name);
  }
  if (name == "vars" && !rights_.denied_builtin(name)) {
    Words words;
    words.name = name;
    if (node.args.empty()) {
      report_.add("builtin-value", node.location, words);
      return;
    }
    for (const auto& value : evaluator_.values(node.args[0])) {
      if (is_module(value) || value.kind == ValueKind::builtin || value.kind == ValueKind::function) {
        words.name = "__dict__";
        report_.add("dunder-attribute", node.location, words);
        return;
      }
    }
    return;
  }
  if (name == "type" && node.args.size() == 3) {
    for (const auto& value : evaluator_.values(node.args[2])) {
      if (value.kind != ValueKind::mapping) {
        undecided(*node.args[2], "type", "class body");
        continue;
      }
      for (std::size_t i = 0; i + 1 < value.items.size(); i += 2) {
        for (const auto& key : Values(evaluator_.values(value.items[i]))) {
          if (key.kind == ValueKind::text && key.text == "__match_args__") {
            const auto* body = as<Dict>(node.args[2]);
            check_match_names(
                body != nullptr && i / 2 < body->values.size() ? body->values[i / 2] : node.args[2],
                node.args[2]->location);
          }
          if (key.kind == ValueKind::text && policy_.denied_definitions.contains(key.text)) {
            Words words;
            words.name = key.text;
            report_.add("definition", node.args[2]->location, words);
          }
        }
      }
    }
    return;
  }
  if (const auto* rule = call_rule(name)) {
    check_arguments(*rule, name, node);
  }
}

void Checker::check_arguments(const CallRule& rule, std::string_view name, const Call& node) {
  if (!rule.with.empty() && !program_.imported.contains(rule.with)) {
    return;
  }
  const auto starred = std::find_if(node.args.begin(), node.args.end(),
                                    [](const Expr* argument) { return argument->kind == NodeKind::Starred; });
  const auto plain = static_cast<std::size_t>(starred - node.args.begin());
  for (const auto& demand : rule.arguments) {
    if (demand.all_positions) {
      for (const auto* argument : node.args) {
        check_demand(rule, demand.demand, *argument, name, node);
      }
    } else if (demand.position && *demand.position < plain) {
      check_demand(rule, demand.demand, *node.args[*demand.position], name, node);
    } else if (demand.position && plain < node.args.size()) {
      const auto& hidden = evaluator_.values(static_cast<const Starred*>(node.args[plain])->value);
      if (hidden.size() == 1 && hidden[0].kind == ValueKind::sequence) {
        for (const auto item : hidden[0].items) {
          check_hidden(rule, demand.demand, evaluator_.values(item), *node.args[plain], name);
        }
      } else {
        undecided(*node.args[plain], name, "argument");
      }
    }
    if (demand.keyword.empty()) {
      continue;
    }
    for (const auto* keyword : node.keywords) {
      if (keyword->arg == demand.keyword) {
        check_demand(rule, demand.demand, *keyword->value, name, node);
      } else if (keyword->arg.empty()) {
        for (const auto& value : evaluator_.values(keyword->value)) {
          if (value.kind != ValueKind::mapping) {
            undecided(*keyword->value, name, "argument");
            continue;
          }
          for (std::size_t i = 0; i + 1 < value.items.size(); i += 2) {
            const auto& keys = evaluator_.values(value.items[i]);
            if (keys.size() == 1 && keys[0].kind == ValueKind::text && keys[0].text == demand.keyword) {
              check_hidden(rule, demand.demand, evaluator_.values(value.items[i + 1]), *keyword->value, name);
            }
          }
        }
      }
    }
  }
}

// An argument that comes out of *list or **dict.
void Checker::check_hidden(const CallRule& rule, Demand demand, const Values& values, const Expr& where,
                           std::string_view name) {
  for (const auto& value : values) {
    const bool text = value.kind == ValueKind::text || value.kind == ValueKind::bytes;
    if (demand == Demand::path) {
      check_path(value, where, name);
    } else if (demand == Demand::be_false || text) {
      Words words;
      words.name = name;
      words.value = text ? std::string(value.text) : std::string("a hidden argument");
      const std::string_view standard =
          demand == Demand::code || demand == Demand::expression ? "code-text" : "unsafe-argument";
      report_.add(rule.rule.empty() ? standard : std::string_view(rule.rule), where.location, words);
    }
  }
}

void Checker::check_demand(const CallRule& rule, Demand demand, const Expr& argument, std::string_view name,
                           const Call& call) {
  Words words;
  words.name = name;
  const auto tell = [&](std::string_view standard) {
    report_.add(rule.rule.empty() ? standard : std::string_view(rule.rule), argument.location, words);
  };
  if (demand == Demand::names) {
    return check_names(rule, argument, name);
  }
  if (demand == Demand::attribute || demand == Demand::attribute_path) {
    return check_attribute_text(argument, {Value{}}, demand == Demand::attribute_path, name);
  }
  if (demand == Demand::be_false) {
    const auto* constant = as<Constant>(&argument);
    if (constant != nullptr &&
        (constant->value_kind == ConstantKind::False || constant->value_kind == ConstantKind::None)) {
      return;
    }
    const auto& values = evaluator_.values(&argument);
    const bool zero = values.size() == 1 && values[0].kind == ValueKind::number && values[0].number == 0;
    if (!zero) {
      tell("unsafe-argument");
    }
    return;
  }
  for (const auto& value : evaluator_.values(&argument)) {
    if (value.refused) {
      continue;
    }
    const bool text = value.kind == ValueKind::text || value.kind == ValueKind::bytes;
    const bool known = text && !value.prefix_only;
    switch (demand) {
      case Demand::format:
        known ? check_template(value.text, argument, nullptr, 0) : undecided(argument, name, "template");
        break;
      case Demand::expression: {
        if (!text || value.text.size() > longest_expression) {
          undecided(argument, name, "expression");
          break;
        }
        bool bad = value.text.find("__") != std::string_view::npos || value.text.find("import") == 0;
        for (auto at = value.text.find('.'); at != std::string_view::npos;
             at = value.text.find('.', at + 1)) {
          bad |= rights_.denied_attribute(word_at(value.text, at + 1));
        }
        for (auto at = value.text.find('@'); at != std::string_view::npos;
             at = value.text.find('@', at + 1)) {
          const auto end = at + 1 + word_at(value.text, at + 1).size();
          bad |=
              end < value.text.size() && end > at + 1 && (value.text[end] == '(' || value.text[end] == '.');
        }
        if (bad) {
          words.value = value.text;
          tell("code-text");
        } else if (!known) {
          undecided(argument, name, "expression");
        }
        break;
      }
      case Demand::code:
        if (known) {
          check_code(value.text, argument, name);
          check_code_after_setup(rule, value.text, argument, name, call);
        } else if (value.kind == ValueKind::unknown || text) {
          undecided(argument, name, "code");
        }
        break;
      case Demand::path:
        check_path(value, argument, name);
        break;
      case Demand::literal:
        if (value.kind == ValueKind::unknown || value.prefix_only) {
          tell("unsafe-argument");
        }
        break;
      case Demand::no_text:
        if (text) {
          tell("unsafe-argument");
        }
        break;
      default:
        break;
    }
  }
}

// timeit.timeit("f()", "from os import abort as f"): the one runs after the other.
void Checker::check_code_after_setup(const CallRule& rule, std::string_view text, const Expr& where,
                                     std::string_view name, const Call& call) {
  for (const auto& other : rule.arguments) {
    const Expr* setup =
        other.position && *other.position < call.args.size() ? call.args[*other.position] : nullptr;
    for (const auto* keyword : call.keywords) {
      setup = !other.keyword.empty() && keyword->arg == other.keyword ? keyword->value : setup;
    }
    if (other.demand != Demand::code || setup == nullptr || setup == &where) {
      continue;
    }
    for (const auto& value : Values(evaluator_.values(setup))) {
      if (value.kind == ValueKind::text && !value.prefix_only && value.text.size() < longest_checked_text) {
        check_code(std::string(value.text) + "\n" + std::string(text.substr(0, longest_checked_text)), where,
                   name);
      }
    }
  }
}

// df.agg("sum"), df.agg(["sum", "mean"]), df.agg({"a": "sum"}): each text is the name of a method.
void Checker::check_names(const CallRule& rule, const Expr& argument, std::string_view name) {
  std::vector<SetId> sets{evaluator_.eval(&argument)};
  for (std::size_t i = 0; i < sets.size() && i < most_names; ++i) {
    for (const auto& value : Values(evaluator_.values(sets[i]))) {
      if (value.kind == ValueKind::sequence) {
        sets.insert(sets.end(), value.items.begin(), value.items.end());
      } else if (value.kind == ValueKind::mapping) {
        for (std::size_t j = 1; j < value.items.size(); j += 2) {
          sets.push_back(value.items[j]);
        }
      } else if (value.kind == ValueKind::text && !value.prefix_only &&
                 (is_dunder(value.text) || rights_.denied_attribute(value.text))) {
        Words words;
        words.name = value.text;
        words.value = name;
        report_.add(!rule.rule.empty()      ? std::string_view(rule.rule)
                    : is_dunder(value.text) ? "dunder-attribute"
                                            : "attribute",
                    argument.location, words);
      }
    }
  }
}

void Checker::check_attribute_text(const Expr& argument, const Values& bases, bool path,
                                   std::string_view function) {
  Words words;
  words.name = function;
  words.value = function;
  const bool of_module = std::any_of(bases.begin(), bases.end(), [](const Value& value) {
    return value.kind == ValueKind::module || value.kind == ValueKind::builtin ||
           value.kind == ValueKind::function;
  });
  const bool literal = !bases.empty() && std::all_of(bases.begin(), bases.end(), [](const Value& value) {
    return value.kind != ValueKind::unknown && value.kind != ValueKind::instance &&
           value.kind != ValueKind::klass && value.kind != ValueKind::super;
  });
  if (all_refused(bases)) {
    return;
  }
  if (argument.kind == NodeKind::Starred) {
    report_.add("assembled-name", argument.location, words);
    return;
  }
  // By copy: judging may make new values.
  const Values values = evaluator_.values(&argument);
  bool doubtful = false;
  const bool has_known = std::any_of(values.begin(), values.end(), [](const Value& value) {
    return value.kind == ValueKind::text && !value.prefix_only && !value.assembled;
  });
  for (const auto& value : values) {
    if (value.refused) {
      continue;
    }
    if (value.kind != ValueKind::text) {
      // An instance may be a text too, and a decorator makes anything of a function.
      if (value.kind != ValueKind::unknown && value.kind != ValueKind::instance &&
          value.kind != ValueKind::function) {
        continue;
      }
      // A parameter is a constant where the program calls it; whoever else may call it is the doubt.
      if (value.assembled || ((of_module || literal) && !has_known)) {
        report_.add("assembled-name", argument.location, words);
        return;
      }
      doubtful = true;
      continue;
    }
    if (value.prefix_only) {
      const bool reaches =
          std::any_of(policy_.denied_attributes.begin(), policy_.denied_attributes.end(),
                      [&value](const std::string& name) { return name.starts_with(value.text); });
      if (of_module || value.assembled || value.text.starts_with("__") || (value.text == "_" && escaped_)) {
        report_.add("assembled-name", argument.location, words);
        return;
      }
      if (reaches || value.text == "_") {
        doubtful = true;
      }
      continue;
    }
    bool told = false;
    Values at = bases;
    std::string_view rest = value.text;
    for (int part = 0; part < 20 && !told; ++part) {
      const auto dot = path ? rest.find('.') : std::string_view::npos;
      const auto name = rest.substr(0, dot);
      told = check_attribute_of(at, name, argument.location, nullptr, false, true);
      if (dot == std::string_view::npos) {
        break;
      }
      rest.remove_prefix(dot + 1);
      at = {Value{}};
    }
    if (!told && value.assembled && argument.kind != NodeKind::Constant && values.size() == 1) {
      words.value = value.text;
      report_.add("assembled-name", argument.location, words);
      told = true;
    }
    if (told) {
      return;
    }
  }
  if (doubtful) {
    undecided(argument, function, "attribute name");
  }
}

void Checker::check_template(std::string_view text, const Expr& where, const Call* call, std::size_t skip) {
  if (text.find_first_of(".[") == std::string_view::npos || text.find('{') == std::string_view::npos) {
    return;
  }
  const auto parsed = parse_format(text.substr(0, longest_checked_text));
  std::size_t automatic = 0;
  for (const auto& field : parsed.fields) {
    const auto place =
        field.argument.empty() ? std::optional<std::int64_t>(automatic++) : number_of(field.argument);
    if (field.steps.empty()) {
      continue;
    }
    const Expr* argument = nullptr;
    if (call != nullptr && place && *place >= 0) {
      const auto at = static_cast<std::size_t>(*place) + skip;
      argument = at < call->args.size() ? call->args[at] : nullptr;
    } else if (call != nullptr) {
      for (const auto* keyword : call->keywords) {
        if (keyword->arg == field.argument) {
          argument = keyword->value;
        }
      }
    }
    SetId base = argument != nullptr ? evaluator_.eval(argument) : anything;
    for (std::size_t i = 0; i < field.steps.size(); ++i) {
      if (field.is_item[i]) {
        base = anything;
        continue;
      }
      bool kept = false;
      const auto name = evaluator_.pool().keep(field.steps[i], kept);  // values may go on naming it
      if (!kept) {
        undecided(where, "format", "template");
        return;
      }
      const Values bases = evaluator_.values(base);
      Words words;
      words.name = name;
      bool bad = rights_.denied_attribute(name) || (is_dunder(name) && !policy_.dunder_read.contains(name) &&
                                                    !(name == "__class__" && i + 1 < field.steps.size() &&
                                                      policy_.dunder_read.contains(field.steps[i + 1])));
      for (const auto& value : bases) {
        if (is_module(value)) {
          words.chain = chain_of(value, argument);
          bad |= evaluator_.module_attribute(value, name).verdict != Evaluator::Attribute::Verdict::allowed;
        }
      }
      if (bad) {
        report_.add("format-template", where.location, words);
        return;
      }
      base = evaluator_.attribute(base, name);
    }
  }
}

void Checker::check_code(std::string_view text, const Expr& where, std::string_view name) {
  Words words;
  words.name = name;
  code_checked_ += text.size();
  if (nesting_ >= 2 || text.size() > longest_checked_text ||
      code_checked_ > (nesting_ == 0 ? most_code : most_code / 10)) {
    report_.add("code-text", where.location, words);
    return;
  }
  const auto parsed = python::parse(text, {version_, python::SourceKind::text});
  const auto* tree = std::get_if<python::Tree>(&parsed);
  if (tree == nullptr) {
    return;  // it will not run
  }
  Checker inner(*tree, rights_, version_, nesting_ + 1);
  for (const auto& violation : inner.run()) {
    if (violation.action == Action::block) {
      words.detail = violation.hint;
      words.value = violation.message;
      report_.add("code-text", where.location, words);
      return;
    }
  }
}

void Checker::check_path(const Value& value, const Expr& where, std::string_view name) {
  if (value.kind == ValueKind::number) {  // a file descriptor
    Words words;
    words.name = name;
    words.value = std::to_string(value.number);
    report_.add("path", where.location, words);
    return;
  }
  if (value.kind != ValueKind::text && value.kind != ValueKind::bytes) {
    if (value.kind == ValueKind::unknown) {
      if (value.assembled) {
        undecided(where, name, "path");
      }
    }
    return;
  }
  auto text = value.text.substr(0, longest_path);
  if (text.starts_with("file:") && !text.starts_with("file://")) {
    text.remove_prefix(5);  // sqlite3's "file:name?mode=ro"
  }
  const auto& paths = policy_.paths;
  bool fine = false;
  if (text.substr(0, longest_scheme).find("://") != std::string_view::npos) {
    fine = paths.urls;
  } else if (text.starts_with('/') || text.starts_with('~')) {
    fine = std::any_of(paths.roots.begin(), paths.roots.end(),
                       [text](const std::string& root) { return text.starts_with(root); }) &&
           text.find("..") == std::string_view::npos;
  } else {
    const bool climbs = text == ".." || text.starts_with("../") ||
                        text.find("/../") != std::string_view::npos || text.ends_with("/..");
    fine = (paths.relative && !climbs) || (value.prefix_only && text.empty());
  }
  if (!fine) {
    Words words;
    words.name = name;
    words.value = text;
    report_.add("path", where.location, words);
  }
}

std::vector<Violation> analyse(const python::Tree& tree, const Policy& policy, const Adjustments& adjustments,
                               python::Version version) {
  if (!policy.enabled) {
    return {};
  }
  const Rights rights(policy, adjustments);
  Checker checker(tree, rights, version, 0);
  return checker.run();
}

}  // namespace sallyport::validators::policy
