// Where the children of nodes are collected before their number is known.
#pragma once

#include "validators/python/arena.hpp"
#include "validators/python/ast.hpp"

#include <cstddef>
#include <span>
#include <vector>

namespace sallyport::validators::python::detail {

// A stack that all lists of one type share: the lists of nested nodes lie on top of one another, and each is
// copied to the arena once, when it is complete. So growing costs nothing after the first few nodes.
template <class T>
using Scratch = std::vector<T>;

// One list under construction. What it has pushed is taken off again when it goes.
template <class T>
class ListBuilder {
 public:
  explicit ListBuilder(Scratch<T>& scratch) : scratch_(scratch), begin_(scratch.size()) {}
  ListBuilder(const ListBuilder&) = delete;
  ListBuilder& operator=(const ListBuilder&) = delete;
  ~ListBuilder() { scratch_.resize(begin_); }

  void push(T item) { scratch_.push_back(item); }
  [[nodiscard]] std::size_t size() const { return scratch_.size() - begin_; }
  [[nodiscard]] bool empty() const { return size() == 0; }
  T& operator[](std::size_t index) { return scratch_[begin_ + index]; }
  T& back() { return scratch_.back(); }
  void pop() { scratch_.pop_back(); }

  // A copy that lives as long as the arena.
  ast::Sequence<T> finish(Arena& arena) const {
    return arena.copy(std::span<T const>(scratch_.data() + begin_, size()));
  }

 private:
  Scratch<T>& scratch_;
  std::size_t begin_;
};

}  // namespace sallyport::validators::python::detail
