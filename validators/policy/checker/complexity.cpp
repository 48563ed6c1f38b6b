// How large the program is, against the policy's limits.
#include "validators/policy/checker/checker.hpp"

#include <algorithm>
#include <string>

namespace sallyport::validators::policy {

using namespace python::ast;

void Checker::check_limit(std::string_view name, std::uint64_t value, std::uint64_t limit,
                          const Node* where) {
  if (limit == 0 || value <= limit) {
    return;
  }
  Words words;
  words.name = name;
  words.value = std::to_string(value);
  words.limit = std::to_string(limit);
  report_.add("complexity", where == nullptr ? Location{1, 0, 1, 0} : where->location, words);
}

void Checker::measure() {
  const auto& limits = policy_.limits;
  const auto& measures = program_.measures;
  check_limit("source_bytes", tree_.source().size(), limits.source_bytes, nullptr);
  if (!program_.complete) {
    const auto most = limits.nodes == 0 ? most_nodes - 1 : limits.nodes;
    check_limit("nodes", measures.nodes, std::min<std::uint64_t>(measures.nodes - 1, most), nullptr);
    return;
  }
  check_limit("nodes", measures.nodes, limits.nodes, nullptr);
  check_limit("depth", measures.depth, limits.depth, measures.deepest);
  check_limit("statements", measures.statements, limits.statements, nullptr);
  check_limit("loops", measures.loops, limits.loops, measures.last_loop);
  check_limit("loop_depth", measures.loop_depth, limits.loop_depth, measures.deepest_loop);
  check_limit("comprehension_depth", measures.comprehension_depth, limits.comprehension_depth,
              measures.deepest_comprehension);
  for (const auto& info : program_.nodes) {
    measure_node(info);
  }
}

void Checker::measure_node(const NodeInfo& info) {
  const auto& limits = policy_.limits;
  switch (info.node->kind) {
    case NodeKind::Constant:
      return check_limit("literal_bytes", static_cast<const Constant*>(info.node)->value.size(),
                         limits.literal_bytes, info.node);
    case NodeKind::List:
      return check_limit("collection_items", static_cast<const List*>(info.node)->elts.size(),
                         limits.collection_items, info.node);
    case NodeKind::Tuple:
      return check_limit("collection_items", static_cast<const Tuple*>(info.node)->elts.size(),
                         limits.collection_items, info.node);
    case NodeKind::Set:
      return check_limit("collection_items", static_cast<const Set*>(info.node)->elts.size(),
                         limits.collection_items, info.node);
    case NodeKind::Dict:
      return check_limit("collection_items", static_cast<const Dict*>(info.node)->values.size(),
                         limits.collection_items, info.node);
    case NodeKind::Attribute:
      return measure_chain(info);
    default:
      return;
  }
}

// a.b.c.d: at its end, which stands above the rest.
void Checker::measure_chain(const NodeInfo& info) {
  const auto limit = policy_.limits.attribute_chain;
  if (limit == 0 || (info.parent != none && program_.nodes[info.parent].node->kind == NodeKind::Attribute)) {
    return;
  }
  std::uint64_t length = 0;
  for (const auto* link = static_cast<const Attribute*>(info.node); link != nullptr;
       link = as<Attribute>(link->value)) {
    ++length;
  }
  check_limit("attribute_chain", length, limit, info.node);
}

}  // namespace sallyport::validators::policy
