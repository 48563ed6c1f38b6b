#include "validators/policy/program.hpp"

#include <algorithm>

namespace sallyport::validators::policy {

using namespace python::ast;

namespace {

std::size_t hash_of(const Node* node) {
  return (reinterpret_cast<std::uintptr_t>(node) >> 3U) * 0x9e3779b97f4a7c15ULL >> 20U;
}

}  // namespace

Program::Program(const Module& module, std::size_t most_nodes) {
  make_table(1024);
  nodes.reserve(512);
  postorder.reserve(512);
  stack_.reserve(256);
  new_scope(ScopeKind::module, none, 0);
  stack_.push_back({&module, 0, none, 0, 0, 0, 0, false, false});
  while (!stack_.empty()) {
    auto& top = stack_.back();
    if (top.leaves) {
      postorder.push_back(top.parent);
      stack_.pop_back();
      continue;
    }
    const Frame frame = top;
    if (nodes.size() >= most_nodes) {
      complete = false;
      break;
    }
    const auto index = static_cast<std::uint32_t>(nodes.size());
    nodes.push_back({frame.node, frame.parent, frame.scope, frame.top});
    remember(frame.node, index);
    top.leaves = true;
    top.parent = index;  // for the way back
    first_child_ = stack_.size();
    measures.depth = std::max<std::uint64_t>(measures.depth, frame.depth);
    if (measures.depth == frame.depth) {
      measures.deepest = frame.node;
    }
    enter(frame, index);
    std::reverse(stack_.begin() + static_cast<std::ptrdiff_t>(first_child_), stack_.end());
  }
  measures.nodes = nodes.size();
  if (complete) {
    bind_arguments();
  }
}

void Program::remember(const Node* node, std::uint32_t index) {
  if (nodes.size() * 2 >= table_size_) {
    make_table(table_size_ * 4);
  }
  auto& place = table_[place_of(node)];
  if (place == 0) {
    place = index + 1;
  }
}

void Program::make_table(std::size_t size) {
  table_ = std::make_unique<std::uint32_t[]>(size);
  table_size_ = size;
  for (auto index = static_cast<std::uint32_t>(nodes.size()); index > 0; --index) {
    table_[place_of(nodes[index - 1].node)] = index;
  }
}

// Where the node is in the table, or would be.
std::size_t Program::place_of(const Node* node) const {
  auto at = hash_of(node) & (table_size_ - 1);
  while (table_[at] != 0 && nodes[table_[at] - 1].node != node) {
    at = (at + 1) & (table_size_ - 1);
  }
  return at;
}

std::uint32_t Program::index_of(const Node* node) const {
  return table_[place_of(node)] - 1;  // 0 becomes `none`
}

std::uint32_t Program::new_scope(ScopeKind kind, std::uint32_t parent, std::uint32_t index) {
  scopes.push_back({kind, parent, index, nodes.empty() ? nullptr : nodes[index].node});
  return static_cast<std::uint32_t>(scopes.size() - 1);
}

void Program::push(const Node* node, const Frame& from, std::uint32_t index, std::uint32_t scope) {
  if (node != nullptr) {
    const auto top = scope == from.scope ? from.top : 0;
    stack_.push_back(
        {node, scope, index, top, from.depth + 1, from.loop_depth, from.comprehension_depth, false, false});
  }
}

void Program::push_body(Sequence<Stmt*> body, const Frame& from, std::uint32_t index, std::uint32_t scope,
                        bool own_body, bool loop) {
  std::uint32_t top = 1;
  for (const auto* statement : body) {
    push(statement, from, index, scope);
    auto& frame = stack_.back();
    if (own_body) {
      frame.top = top++;
      frame.certain = true;
    }
    if (loop) {
      ++frame.loop_depth;
    }
  }
}

}  // namespace sallyport::validators::policy
