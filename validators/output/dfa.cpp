#include "validators/output/dfa.hpp"

#include "validators/output/characters.hpp"

#include <algorithm>
#include <map>
#include <numeric>
#include <tuple>
#include <unordered_map>
#include <utility>

namespace sallyport::validators::output {
namespace {

constexpr std::size_t most_gate_states = 600;
constexpr std::size_t most_whole_states = 1200;
constexpr std::size_t longest_whole = 600;  // repetitions

ByteSet both_cases(char small) {
  ByteSet set;
  set.set(static_cast<unsigned char>(small));
  if (small >= 'a' && small <= 'z') {
    set.set(static_cast<unsigned char>(small - 'a' + 'A'));
  }
  return set;
}

}  // namespace

std::size_t Nfa::add(const RegexNode& pattern) {
  // From the end to the beginning, so that each node knows what follows it.
  patterns_.push_back({0, static_cast<std::uint32_t>(nodes_.size()), false});
  nodes_.emplace_back();
  const std::uint32_t start = build(pattern, patterns_.back().accept);
  patterns_.back().start = start;
  seen_.resize(nodes_.size());
  return patterns_.size() - 1;
}

std::uint32_t Nfa::push(const Node& node) {
  auto& pattern = patterns_.back();
  if (nodes_.size() - pattern.accept >= most_nodes) {
    pattern.loose = true;
    return pattern.accept;
  }
  nodes_.push_back(node);
  return static_cast<std::uint32_t>(nodes_.size() - 1);
}

std::uint32_t Nfa::build(const RegexNode& tree, std::uint32_t next) {
  switch (tree.kind) {
    case RegexNode::Kind::bytes: {
      Node node;
      node.kind = Node::Kind::take;
      node.next = next;
      node.set =
          static_cast<std::uint32_t>(std::find(sets_.begin(), sets_.end(), tree.bytes) - sets_.begin());
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
      std::uint32_t all = build(tree.parts.back(), next);
      for (std::size_t i = tree.parts.size() - 1; i-- > 0;) {
        Node split;
        split.kind = Node::Kind::split;
        split.next = build(tree.parts[i], next);
        split.other = all;
        all = push(split);
      }
      return all;
    }
    case RegexNode::Kind::repeat:
      return build_repeat(tree, next);
    case RegexNode::Kind::word_boundary:
    case RegexNode::Kind::other_assertion:
      patterns_.back().loose = true;
      return next;
    default:
      return next;
  }
}

std::uint32_t Nfa::build_repeat(const RegexNode& tree, std::uint32_t next) {
  const auto& part = tree.parts.front();
  std::size_t copies = tree.most;
  Node split;
  split.kind = Node::Kind::split;
  if (tree.most == unlimited) {
    // A split that comes back to itself; it is completed when the part behind it is known.
    split.next = next;
    split.other = next;
    const std::uint32_t loop = push(split);
    const std::uint32_t body = build(part, loop);
    if (nodes_[loop].kind == Node::Kind::split) {
      nodes_[loop].next = body;
    }
    next = loop;
    copies = tree.least;
  }
  if (copies > most_copies_) {
    // Nobody looks that far.
    patterns_.back().loose = true;
    next = patterns_.back().accept;
    copies = most_copies_;
  }
  const std::uint32_t skip = next;
  for (std::size_t i = copies; i-- > 0;) {
    next = build(part, next);
    if (i >= tree.least) {
      split.next = next;
      split.other = skip;
      next = push(split);
    }
  }
  return next;
}

void Nfa::follow(std::uint32_t node, Threads& into) const {
  auto& open = open_;
  open.assign(1, node);
  while (!open.empty()) {
    const std::uint32_t at = open.back();
    open.pop_back();
    if (seen_[at] == round_) {
      continue;
    }
    seen_[at] = round_;
    const Node& here = nodes_[at];
    if (here.kind == Node::Kind::accept) {
      into.accepted = true;
    } else if (here.kind == Node::Kind::take) {
      into.nodes.push_back(at);
    } else {
      open.push_back(here.next);
      open.push_back(here.other);
    }
  }
}

void Nfa::tidy(Threads& threads) {
  std::sort(threads.nodes.begin(), threads.nodes.end());
}

Nfa::Threads Nfa::start(std::size_t pattern) const {
  Threads threads;
  ++round_;
  follow(patterns_[pattern].start, threads);
  tidy(threads);
  return threads;
}

Nfa::Threads Nfa::step(const Threads& threads, const ByteSet& bytes) const {
  Threads next;
  ++round_;
  for (const std::uint32_t node : threads.nodes) {
    if ((sets_[nodes_[node].set] & bytes).any()) {
      follow(nodes_[node].next, next);
    }
  }
  tidy(next);
  return next;
}

Nfa::Threads Nfa::behind(std::size_t pattern, std::size_t any, std::string_view keyword) const {
  Threads threads = start(pattern);
  ByteSet all;
  all.set();
  bool accepted = threads.accepted;
  for (std::size_t i = 0; i < any; ++i) {
    threads = step(threads, all);
    accepted = accepted || threads.accepted;
  }
  for (const char c : keyword) {
    threads = step(threads, both_cases(c));
    accepted = accepted || threads.accepted;
  }
  threads.accepted = accepted;
  return threads;
}

class DfaBuilder {
 public:
  DfaBuilder(const Nfa& nfa, bool stop_at_first, std::size_t most_states)
      : nfa_(nfa), stop_at_first_(stop_at_first), most_states_(most_states) {}

  // Whether all states found room.
  bool build(const std::vector<Nfa::Threads>& patterns, Dfa& dfa) {
    Set first;
    for (std::size_t i = 0; i < patterns.size(); ++i) {
      for (const auto node : patterns[i].nodes) {
        first.threads.push_back({static_cast<std::uint32_t>(i), node});
      }
      first.accepted |= static_cast<std::uint64_t>(patterns[i].accepted) << i;
    }
    find_classes(patterns, dfa);
    bool complete = true;
    state_of(std::move(first), dfa);
    for (std::size_t i = 0; i < dfa.states_.size(); ++i) {
      dfa.next_.resize((i + 1) * dfa.classes_, static_cast<std::uint16_t>(i));
      if (dfa.states_[i].final) {
        continue;
      }
      if (dfa.states_.size() >= most_states_ ||
          !Dfa::has_room(dfa.states_.size() + dfa.classes_, dfa.classes_)) {
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
  struct Thread {
    std::uint32_t pattern = 0;
    std::uint32_t node = 0;
    auto operator<=>(const Thread&) const = default;
  };
  struct Set {
    std::vector<Thread> threads;  // in order
    std::uint64_t accepted = 0;

    bool operator==(const Set&) const = default;
  };
  struct Hash {
    std::size_t operator()(const Set& set) const {
      std::size_t value = set.accepted * 0x9E3779B97F4A7C15U;
      for (const Thread& thread : set.threads) {
        value = (value ^ thread.node ^ (std::size_t{thread.pattern} << 32U)) * 0x9E3779B97F4A7C15U;
        value ^= value >> 29U;
      }
      return value;
    }
  };

  // Bytes that no node tells apart are one.
  void find_classes(const std::vector<Nfa::Threads>& patterns, Dfa& dfa) {
    std::vector<std::uint32_t> open;
    for (const auto& pattern : patterns) {
      open.insert(open.end(), pattern.nodes.begin(), pattern.nodes.end());
    }
    std::vector<bool> used(nfa_.sets_.size());
    std::vector<std::uint32_t> sets;
    ++nfa_.round_;
    while (!open.empty()) {
      const auto at = open.back();
      open.pop_back();
      if (nfa_.seen_[at] == nfa_.round_) {
        continue;
      }
      nfa_.seen_[at] = nfa_.round_;
      const auto& node = nfa_.nodes_[at];
      if (node.kind == Nfa::Node::Kind::take) {
        if (!used[node.set]) {
          used[node.set] = true;
          sets.push_back(node.set);
        }
        open.push_back(node.next);
      } else if (node.kind == Nfa::Node::Kind::split) {
        open.push_back(node.next);
        open.push_back(node.other);
      }
    }
    std::map<std::vector<bool>, std::uint8_t> known;
    for (unsigned byte = 0; byte < 256; ++byte) {
      std::vector<bool> in(sets.size());
      for (std::size_t i = 0; i < sets.size(); ++i) {
        in[i] = nfa_.sets_[sets[i]].test(byte);
      }
      const auto [entry, added] = known.emplace(std::move(in), static_cast<std::uint8_t>(known.size()));
      if (added) {
        examples_.push_back(byte);
      }
      dfa.class_of_.at(byte) = entry->second;
    }
    dfa.classes_ = known.size();
  }

  std::uint16_t state_of(Set set, Dfa& dfa) {
    if (stop_at_first_) {
      std::erase_if(set.threads,
                    [&](const Thread& thread) { return ((set.accepted >> thread.pattern) & 1U) != 0; });
    }
    const auto found = known_.find(set);
    if (found != known_.end()) {
      return found->second;
    }
    Dfa::State state;
    state.accepted = set.accepted;
    for (const Thread& thread : set.threads) {
      state.possible |= std::uint64_t{1} << thread.pattern;
    }
    state.final = set.threads.empty();
    const auto index = static_cast<std::uint16_t>(dfa.states_.size());
    dfa.states_.push_back(state);
    sets_.push_back(set);
    known_.emplace(std::move(set), index);
    return index;
  }

  std::uint16_t step(std::size_t state, std::size_t byte_class, Dfa& dfa) {
    Set next;
    next.accepted = stop_at_first_ ? sets_[state].accepted : 0;
    const unsigned byte = examples_[byte_class];
    Nfa::Threads threads;
    std::uint32_t pattern = 0;
    const auto flush = [&] {
      Nfa::tidy(threads);
      for (const auto node : threads.nodes) {
        next.threads.push_back({pattern, node});
      }
      next.accepted |= static_cast<std::uint64_t>(threads.accepted) << pattern;
      threads.nodes.clear();
      threads.accepted = false;
      ++nfa_.round_;
    };
    ++nfa_.round_;
    for (const Thread& thread : sets_[state].threads) {
      if (thread.pattern != pattern) {
        flush();
        pattern = thread.pattern;
      }
      const auto& node = nfa_.nodes_[thread.node];
      if (nfa_.sets_[node.set].test(byte)) {
        nfa_.follow(node.next, threads);
      }
    }
    flush();
    return state_of(std::move(next), dfa);
  }

  const Nfa& nfa_;
  bool stop_at_first_;
  std::size_t most_states_;
  std::vector<unsigned> examples_;  // a byte of each class
  std::vector<Set> sets_;           // of each state
  std::unordered_map<Set, std::uint16_t, Hash> known_;
};

Dfa Dfa::gate(const Nfa& nfa, const std::vector<Nfa::Threads>& patterns) {
  Dfa dfa;
  dfa.complete_ = DfaBuilder(nfa, true, most_gate_states).build(patterns, dfa);
  dfa.pack();
  return dfa;
}

ByteSet Dfa::first_bytes() const {
  ByteSet found;
  for (unsigned byte = 0; byte < found.size(); ++byte) {
    const State& state = states_[after(state_of(start_), byte)];
    found[byte] = (state.accepted | state.possible) != 0;
  }
  return found;
}

ByteSet Dfa::behind_digits(std::size_t digits) const {
  std::vector<bool> in(states_.size());
  in[state_of(start_)] = true;
  for (std::size_t i = 0; i < digits; ++i) {
    std::vector<bool> next(states_.size());
    for (std::size_t state = 0; state < states_.size(); ++state) {
      for (unsigned digit = '0'; in[state] && digit <= '9'; ++digit) {
        next[after(state, digit)] = true;
      }
    }
    in = std::move(next);
  }
  ByteSet found;
  for (std::size_t state = 0; state < states_.size(); ++state) {
    for (unsigned byte = 0; in[state] && byte < found.size(); ++byte) {
      const State& behind = states_[after(state, byte)];
      const bool is_digit = byte >= '0' && byte <= '9';
      found[byte] = found[byte] || (!is_digit && (behind.accepted | behind.possible) != 0);
    }
  }
  return found;
}

std::optional<Dfa> Dfa::whole(const RegexNode& pattern) {
  RegexNode inner;
  inner.kind = RegexNode::Kind::sequence;
  inner.parts.push_back(pattern);
  Dfa dfa;
  if (pattern.kind == RegexNode::Kind::sequence && pattern.group.empty()) {
    inner.parts = pattern.parts;
    if (!inner.parts.empty() && inner.parts.back().kind == RegexNode::Kind::word_boundary) {
      dfa.boundary_behind_ = true;
      inner.parts.pop_back();
    }
  }
  Nfa nfa(longest_whole);
  nfa.add(inner);
  if (nfa.is_loose(0) || !DfaBuilder(nfa, false, most_whole_states).build({nfa.start(0)}, dfa)) {
    return std::nullopt;
  }
  dfa.pack();
  return dfa;
}

void Dfa::pack() {
  std::vector<std::size_t> order(states_.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_partition(order.begin(), order.end(),
                        [this](std::size_t state) { return !states_[state].final; });
  rows_ = static_cast<std::size_t>(
      std::count_if(states_.begin(), states_.end(), [](const State& state) { return !state.final; }));
  final_from_ = rows_ * (classes_ + 1);
  std::vector<std::uint16_t> codes(states_.size());
  std::vector<State> states;
  for (std::size_t i = 0; i < order.size(); ++i) {
    codes[order[i]] = static_cast<std::uint16_t>(i < rows_ ? i * (classes_ + 1) : final_from_ + (i - rows_));
    states.push_back(states_[order[i]]);
  }
  std::vector<std::uint16_t> next;
  next.reserve(final_from_);
  for (std::size_t i = 0; i < rows_; ++i) {
    for (std::size_t byte_class = 0; byte_class < classes_; ++byte_class) {
      next.push_back(codes[next_[order[i] * classes_ + byte_class]]);
    }
    next.push_back(static_cast<std::uint16_t>(i));
  }
  start_ = codes.front();
  next_ = std::move(next);
  states_ = std::move(states);
}

std::size_t Dfa::longest(std::string_view text, std::size_t at, std::size_t end, std::size_t* looked) const {
  std::size_t code = start_;
  std::size_t found = 0;
  std::size_t i = at;
  while (i < end && code < final_from_) {
    code = next_[code + class_of_[static_cast<unsigned char>(text[i])]];
    ++i;
    if (states_[state_of(code)].accepted != 0 && (!boundary_behind_ || is_boundary(text, i))) {
      found = i - at;
    }
  }
  if (looked != nullptr) {
    *looked = i + 1;
  }
  return found;
}

std::size_t Dfa::memory() const {
  return next_.capacity() * sizeof(std::uint16_t) + states_.capacity() * sizeof(State) + sizeof(*this);
}

}  // namespace sallyport::validators::output
