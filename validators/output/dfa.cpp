#include "validators/output/dfa.hpp"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

namespace sallyport::validators::output {
namespace {

constexpr std::size_t most_nodes = 6000;
constexpr std::size_t most_gate_states = 400;
constexpr std::size_t most_whole_states = 1200;
constexpr std::size_t longest_whole = 600;  // repetitions

// A node of the nondeterministic automaton: takes a byte of a set and goes to `next`; or splits; or accepts.
struct Node {
  enum class Kind : std::uint8_t { take, split, accept };
  Kind kind = Kind::accept;
  std::size_t set = 0;  // of take: an index
  std::size_t next = 0;
  std::size_t other = 0;    // of split
  std::size_t pattern = 0;  // of accept
};

// The nodes of all patterns, made from the end to the beginning, so that each knows what follows it.
class Nodes {
 public:
  explicit Nodes(std::size_t most_copies) : most_copies_(most_copies) {}

  std::size_t add(const RegexNode& tree, std::size_t pattern) {
    Node end;
    end.pattern = pattern;
    accept_ = push(end);
    return build(tree, accept_);
  }

  [[nodiscard]] const std::vector<Node>& nodes() const { return nodes_; }
  [[nodiscard]] const std::vector<ByteSet>& sets() const { return sets_; }
  // Whether the automaton says yes where the patterns may not, since something was left out.
  [[nodiscard]] bool loose() const { return loose_; }

 private:
  std::size_t push(const Node& node) {
    if (nodes_.size() >= most_nodes) {
      loose_ = true;
      return accept_;
    }
    nodes_.push_back(node);
    return nodes_.size() - 1;
  }

  std::size_t split(std::size_t first, std::size_t second) {
    Node node;
    node.kind = Node::Kind::split;
    node.next = first;
    node.other = second;
    return push(node);
  }

  std::size_t build(const RegexNode& tree, std::size_t next) {
    switch (tree.kind) {
      case RegexNode::Kind::bytes: {
        Node node;
        node.kind = Node::Kind::take;
        node.next = next;
        node.set =
            static_cast<std::size_t>(std::find(sets_.begin(), sets_.end(), tree.bytes) - sets_.begin());
        if (node.set == sets_.size()) {
          sets_.push_back(tree.bytes);
        }
        return push(node);
      }
      case RegexNode::Kind::sequence:
        for (std::size_t i = tree.parts.size(); i-- > 0;) {
          next = build(tree.parts[i], next);
        }
        return next;
      case RegexNode::Kind::choice: {
        std::size_t all = build(tree.parts.back(), next);
        for (std::size_t i = tree.parts.size() - 1; i-- > 0;) {
          all = split(build(tree.parts[i], next), all);
        }
        return all;
      }
      case RegexNode::Kind::repeat:
        return repeat(tree, next);
      case RegexNode::Kind::word_boundary:
      case RegexNode::Kind::other_assertion:
        loose_ = true;
        return next;
      default:
        return next;
    }
  }

  std::size_t repeat(const RegexNode& tree, std::size_t next) {
    const auto& part = tree.parts.front();
    std::size_t copies = tree.most;
    if (tree.most == unlimited) {
      // A split that comes back to itself; it is filled in when the part behind it is known.
      const std::size_t loop = split(next, next);
      const std::size_t body = build(part, loop);
      if (loop < nodes_.size() && nodes_[loop].kind == Node::Kind::split) {
        nodes_[loop].next = body;
      }
      next = loop;
      copies = tree.least;
    }
    if (copies > most_copies_) {
      // Nobody looks that far.
      loose_ = true;
      next = accept_;
      copies = most_copies_;
    }
    const std::size_t skip = next;
    for (std::size_t i = copies; i-- > 0;) {
      const std::size_t body = build(part, next);
      next = i >= tree.least ? split(body, skip) : body;
    }
    return next;
  }

  std::size_t most_copies_;
  std::size_t accept_ = 0;
  bool loose_ = false;
  std::vector<Node> nodes_;
  std::vector<ByteSet> sets_;
};

}  // namespace

class DfaBuilder {
 public:
  DfaBuilder(const Nodes& nodes, bool stop_at_first, std::size_t most_states)
      : nodes_(nodes.nodes()), sets_(nodes.sets()), stop_at_first_(stop_at_first), most_states_(most_states) {
    patterns_.resize(nodes_.size());
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
      patterns_[i] = nodes_[i].kind == Node::Kind::accept ? nodes_[i].pattern : patterns_[i - 1];
    }
  }

  // Whether all states found room.
  bool build(const std::vector<std::size_t>& starts, Dfa& dfa) {
    find_classes(dfa);
    Threads first;
    for (const std::size_t start : starts) {
      follow(start, first);
    }
    bool complete = true;
    state_of(std::move(first), 0, dfa);
    for (std::size_t i = 0; i < dfa.states_.size(); ++i) {
      dfa.next_.resize((i + 1) * dfa.classes_, static_cast<std::uint16_t>(i));
      if (dfa.states_[i].final) {
        continue;
      }
      if (dfa.states_.size() + dfa.classes_ > most_states_) {
        dfa.states_[i].final = true;
        complete = false;
        continue;
      }
      for (std::size_t c = 0; c < dfa.classes_; ++c) {
        const auto next = step(i, c, dfa);
        dfa.next_[i * dfa.classes_ + c] = next;
      }
    }
    return complete;
  }

 private:
  struct Threads {
    std::vector<std::size_t> nodes;  // that take a byte, in order
    std::uint64_t accepted = 0;

    bool operator<(const Threads& other) const {
      return std::tie(accepted, nodes) < std::tie(other.accepted, other.nodes);
    }
  };

  void find_classes(Dfa& dfa) {
    std::map<std::vector<bool>, std::uint8_t> known;
    for (unsigned byte = 0; byte < 256; ++byte) {
      std::vector<bool> in(sets_.size());
      for (std::size_t i = 0; i < sets_.size(); ++i) {
        in[i] = sets_[i].test(byte);
      }
      const auto [entry, added] = known.emplace(std::move(in), static_cast<std::uint8_t>(known.size()));
      if (added) {
        examples_.push_back(byte);
      }
      dfa.class_of_.at(byte) = entry->second;
    }
    dfa.classes_ = known.size();
  }

  void follow(std::size_t node, Threads& into) const {
    std::vector<std::size_t> open{node};
    std::vector<std::size_t> seen;
    while (!open.empty()) {
      const std::size_t at = open.back();
      open.pop_back();
      const Node& here = nodes_[at];
      if (here.kind == Node::Kind::accept) {
        into.accepted |= std::uint64_t{1} << here.pattern;
      } else if (here.kind == Node::Kind::take) {
        into.nodes.push_back(at);
      } else if (std::find(seen.begin(), seen.end(), at) == seen.end()) {
        seen.push_back(at);
        open.push_back(here.next);
        open.push_back(here.other);
      }
    }
  }

  std::uint16_t state_of(Threads threads, std::uint64_t accepted_before, Dfa& dfa) {
    if (stop_at_first_) {
      threads.accepted |= accepted_before;
      std::erase_if(threads.nodes,
                    [&](std::size_t node) { return ((threads.accepted >> patterns_[node]) & 1U) != 0; });
    }
    std::sort(threads.nodes.begin(), threads.nodes.end());
    threads.nodes.erase(std::unique(threads.nodes.begin(), threads.nodes.end()), threads.nodes.end());
    const auto found = known_.find(threads);
    if (found != known_.end()) {
      return found->second;
    }
    Dfa::State state;
    state.accepted = threads.accepted;
    for (const std::size_t node : threads.nodes) {
      state.possible |= std::uint64_t{1} << patterns_[node];
    }
    state.final = threads.nodes.empty();
    const auto index = static_cast<std::uint16_t>(dfa.states_.size());
    dfa.states_.push_back(state);
    threads_.push_back(threads);
    known_.emplace(std::move(threads), index);
    return index;
  }

  std::uint16_t step(std::size_t state, std::size_t byte_class, Dfa& dfa) {
    Threads next;
    const unsigned byte = examples_[byte_class];
    for (const std::size_t node : threads_[state].nodes) {
      if (sets_[nodes_[node].set].test(byte)) {
        follow(nodes_[node].next, next);
      }
    }
    return state_of(std::move(next), threads_[state].accepted, dfa);
  }

  const std::vector<Node>& nodes_;
  const std::vector<ByteSet>& sets_;
  bool stop_at_first_;
  std::size_t most_states_;
  std::vector<unsigned> examples_;  // a byte of each class
  std::vector<Threads> threads_;
  std::map<Threads, std::uint16_t> known_;
  std::vector<std::size_t> patterns_;  // of each node: the nodes of a pattern follow its accepting one
};

Dfa Dfa::gate(const std::vector<const RegexNode*>& patterns) {
  Nodes nodes(most_steps);
  std::vector<std::size_t> starts;
  for (std::size_t i = 0; i < patterns.size(); ++i) {
    starts.push_back(nodes.add(*patterns[i], i));
  }
  Dfa dfa;
  DfaBuilder builder(nodes, true, most_gate_states);
  builder.build(starts, dfa);
  return dfa;
}

std::uint64_t Dfa::pass(const char* text, std::size_t size) const {
  std::size_t state = 0;
  const std::size_t steps = std::min(size, most_steps);
  for (std::size_t i = 0; i < steps && !states_[state].final; ++i) {
    state = next_[state * classes_ + class_of_[static_cast<unsigned char>(text[i])]];
  }
  return states_[state].accepted | states_[state].possible;
}

std::optional<Dfa> Dfa::whole(const RegexNode& pattern) {
  RegexNode inner;
  inner.kind = RegexNode::Kind::sequence;
  inner.parts.push_back(pattern);
  Dfa dfa;
  // The outer sequence without the boundaries at its ends.
  if (pattern.kind == RegexNode::Kind::sequence && pattern.group.empty()) {
    inner.parts = pattern.parts;
    auto& parts = inner.parts;
    if (!parts.empty() && parts.front().kind == RegexNode::Kind::word_boundary) {
      dfa.boundary_before_ = true;
      parts.erase(parts.begin());
    }
    if (!parts.empty() && parts.back().kind == RegexNode::Kind::word_boundary) {
      dfa.boundary_behind_ = true;
      parts.pop_back();
    }
  }
  Nodes nodes(longest_whole);
  const std::vector<std::size_t> starts{nodes.add(inner, 0)};
  if (nodes.loose()) {
    return std::nullopt;
  }
  DfaBuilder builder(nodes, false, most_whole_states);
  if (!builder.build(starts, dfa)) {
    return std::nullopt;
  }
  return dfa;
}

std::size_t Dfa::longest(std::string_view text, std::size_t at, std::size_t end) const {
  if (boundary_before_ && !is_boundary(text, at)) {
    return 0;
  }
  std::size_t state = 0;
  std::size_t found = 0;
  for (std::size_t i = at; i < end && !states_[state].final;) {
    state = next_[state * classes_ + class_of_[static_cast<unsigned char>(text[i])]];
    ++i;
    if (states_[state].accepted != 0 && (!boundary_behind_ || is_boundary(text, i))) {
      found = i - at;
    }
  }
  return found;
}

std::size_t Dfa::memory() const {
  return next_.capacity() * sizeof(std::uint16_t) + states_.capacity() * sizeof(State) + sizeof(*this);
}

}  // namespace sallyport::validators::output
