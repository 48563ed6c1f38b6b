#include "validators/policy/checker.hpp"

#include "validators/policy/checker/checker.hpp"
#include "validators/policy/source_text.hpp"
#include "validators/python/utf8.hpp"

#include <optional>
#include <string>

namespace sallyport::validators::policy {

using namespace python::ast;

namespace {

constexpr std::size_t most_doubts = 64;

std::size_t node_limit(const Policy& policy) {
  const auto limit = policy.limits.nodes;
  return limit == 0 ? most_nodes : std::min<std::size_t>(most_nodes, limit + 1);
}

}  // namespace

std::vector<Violation> analyse(const python::Tree& tree, const Policy& policy, const Adjustments& adjustments,
                               python::Version version) {
  if (!policy.enabled) {
    return {};
  }
  const Rights rights(policy, adjustments);
  Checker checker(tree, rights, version, 0);
  return checker.run();
}

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
    tell("hidden-text", {hidden->line, hidden->column, hidden->line, hidden->column + hidden->size},
         hidden->what);
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
  check_bombs();
  if (exits_) {
    for (const auto* handler : swallowing_) {
      report_.add("swallowed-exit", handler->location, {});
    }
  }
  decide();
  if (evaluator_.too_deep() || evaluator_.pool().full()) {
    tell("undecided", {1, 0, 1, 0}, "the program");
  }
  return report_.take();
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
    case NodeKind::Call:
      check_call(static_cast<const Call&>(node));
      return check_text(static_cast<const Expr&>(node));
    case NodeKind::BinOp:
      check_division(static_cast<const BinOp&>(node));
      return check_text(static_cast<const Expr&>(node));
    case NodeKind::Constant:
    case NodeKind::JoinedStr:
      return check_text(static_cast<const Expr&>(node));
    case NodeKind::Subscript:
      check_generic(static_cast<const Subscript&>(node));
      return check_text(static_cast<const Expr&>(node));
    case NodeKind::AugAssign:
      return check_augmented(static_cast<const AugAssign&>(node));
    case NodeKind::ClassDef:
      return check_bound_name(static_cast<const ClassDef&>(node).name, node.location);
    case NodeKind::MatchClass:
      return check_match_class(static_cast<const MatchClass&>(node), index);
    case NodeKind::FunctionDef:
    case NodeKind::AsyncFunctionDef:
      return check_function(static_cast<const FunctionDef&>(node), index);
    case NodeKind::AnnAssign:
      return check_annotated(static_cast<const AnnAssign&>(node), index);
    case NodeKind::ExceptHandler:
      return check_handler(static_cast<const ExceptHandler&>(node));
    default:
      return;
  }
}

void Checker::check_bombs() {
  for (const auto& bomb : evaluator_.bombs()) {
    Words words;
    words.name = bomb.bits ? "bits" : "items";
    words.value = std::to_string(bomb.size) + " " + words.name;
    words.limit = std::to_string(bomb.bits ? policy_.limits.folded_bits : policy_.limits.folded_items);
    report_.add("constant-bomb", bomb.node->location, words);
  }
}

void Checker::tell(std::string_view rule, const Location& where, std::string_view name,
                   std::string_view value) {
  Words words;
  words.name = name;
  words.value = value;
  report_.add(rule, where, words);
}

void Checker::undecided(const Expr& where, std::string_view name, std::string_view what) {
  tell("undecided", where.location, name, what);
  if ((what == "template" || what == "attribute name") && doubts_.size() < most_doubts) {
    doubts_.push_back({&where, what});
  }
}

void Checker::decide() {
  if (tempting_.empty()) {
    return;
  }
  for (const auto& doubt : doubts_) {
    tell(doubt.what == "template" ? "format-template" : "assembled-name", doubt.where->location, tempting_,
         tempting_);
  }
}

}  // namespace sallyport::validators::policy
