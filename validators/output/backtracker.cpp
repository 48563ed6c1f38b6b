#include "validators/output/backtracker.hpp"

#include "validators/output/characters.hpp"

#include <algorithm>

namespace sallyport::validators::output {
namespace {

constexpr std::size_t most_instructions = 4000;
constexpr std::size_t most_choices = 512;  // that are open at a time
constexpr std::size_t most_steps = 1500;
constexpr std::array<std::string_view, Backtracker::most_groups> group_names{"secret", "secret2", "secret3"};

}  // namespace

// A way that has not been tried: from `pc` on at `at`; of a run at each of the places from `at` to `last`.
struct Backtracker::Choice {
  enum class Kind : std::uint8_t { way, run, restore } kind;
  std::uint32_t pc;
  std::size_t at;    // of restore: the slot's value before
  std::size_t last;  // of run: the last place to try; greedy runs go down to it
};

std::optional<Backtracker> Backtracker::compile(const RegexNode& pattern) {
  Backtracker result;
  if (!result.emit(pattern) || !result.push({})) {
    return std::nullopt;
  }
  const auto set_from = [&result](std::uint32_t pc) {
    const auto begins = result.begins_of(pc);
    return begins ? result.set_of(*begins) : no_set;
  };
  for (std::uint32_t pc = 0; pc < result.program_.size(); ++pc) {
    Instruction& here = result.program_[pc];
    if (here.kind == Instruction::Kind::run) {
      here.behind = set_from(pc + 1);
    } else if (here.kind == Instruction::Kind::split) {
      here.set = set_from(here.next);
      here.behind = set_from(here.other);
    }
  }
  result.program_.shrink_to_fit();
  return result;
}

bool Backtracker::push(const Instruction& instruction) {
  program_.push_back(instruction);
  return program_.size() < most_instructions;
}

std::uint16_t Backtracker::set_of(const ByteSet& bytes) {
  ByteTable table{};
  for (std::size_t i = 0; i < table.size(); ++i) {
    table.at(i) = bytes.test(i);
  }
  return set_of(table);
}

std::uint16_t Backtracker::set_of(const ByteTable& table) {
  const auto known = std::find(sets_.begin(), sets_.end(), table);
  const auto index = static_cast<std::uint16_t>(known - sets_.begin());
  if (known == sets_.end()) {
    sets_.push_back(table);
  }
  return index;
}

std::optional<Backtracker::ByteTable> Backtracker::begins_of(std::uint32_t pc) const {
  ByteTable begins{};
  std::vector<bool> seen(program_.size());
  std::vector<std::uint32_t> open{pc};
  while (!open.empty()) {
    const std::uint32_t at = open.back();
    open.pop_back();
    if (seen[at]) {
      continue;
    }
    seen[at] = true;
    const Instruction& here = program_[at];
    switch (here.kind) {
      case Instruction::Kind::byte:
      case Instruction::Kind::run:
        for (std::size_t byte = 0; byte < begins.size(); ++byte) {
          begins.at(byte) = begins.at(byte) || sets_[here.set].at(byte);
        }
        if (here.kind == Instruction::Kind::run && here.least == 0) {
          open.push_back(at + 1);
        }
        break;
      case Instruction::Kind::split:
        open.push_back(here.next);
        open.push_back(here.other);
        break;
      case Instruction::Kind::jump:
        open.push_back(here.next);
        break;
      case Instruction::Kind::save:
        open.push_back(at + 1);
        break;
      case Instruction::Kind::line_end:
        begins.at(static_cast<unsigned char>('\n')) = true;
        break;
      default:
        return std::nullopt;
    }
  }
  return begins;
}

bool Backtracker::emit(const RegexNode& node) {
  const auto group = std::find(group_names.begin(), group_names.end(), node.group);
  const bool named = group != group_names.end();
  Instruction save;
  save.kind = Instruction::Kind::save;
  save.next = static_cast<std::uint32_t>(2 * (group - group_names.begin()));
  if (named && !push(save)) {
    return false;
  }
  bool fits = true;
  Instruction one;
  switch (node.kind) {
    case RegexNode::Kind::bytes:
      one.kind = Instruction::Kind::byte;
      one.set = set_of(node.bytes);
      fits = push(one);
      break;
    case RegexNode::Kind::word_boundary:
    case RegexNode::Kind::other_assertion:
      one.kind = node.assertion == 'b'   ? Instruction::Kind::boundary
                 : node.assertion == 'B' ? Instruction::Kind::no_boundary
                 : node.assertion == '^' ? Instruction::Kind::line_begin
                                         : Instruction::Kind::line_end;
      fits = push(one);
      break;
    case RegexNode::Kind::sequence:
      fits = std::all_of(node.parts.begin(), node.parts.end(),
                         [this](const RegexNode& part) { return emit(part); });
      break;
    case RegexNode::Kind::choice:
      fits = emit_choice(node);
      break;
    case RegexNode::Kind::repeat:
      fits = emit_repeat(node);
      break;
    case RegexNode::Kind::empty:
      break;
  }
  ++save.next;
  return fits && (!named || push(save));
}

bool Backtracker::emit_choice(const RegexNode& node) {
  std::vector<std::size_t> ends;
  for (std::size_t i = 0; i < node.parts.size(); ++i) {
    const bool last = i + 1 == node.parts.size();
    const std::size_t split = program_.size();
    Instruction one;
    one.kind = Instruction::Kind::split;
    one.next = static_cast<std::uint32_t>(split + 1);
    if ((!last && !push(one)) || !emit(node.parts[i])) {
      return false;
    }
    if (!last) {
      ends.push_back(program_.size());
      one.kind = Instruction::Kind::jump;
      if (!push(one)) {
        return false;
      }
      program_[split].other = static_cast<std::uint32_t>(program_.size());
    }
  }
  for (const std::size_t end : ends) {
    program_[end].next = static_cast<std::uint32_t>(program_.size());
  }
  return true;
}

bool Backtracker::emit_repeat(const RegexNode& node) {
  const RegexNode& part = node.parts.front();
  Instruction one;
  if (part.kind == RegexNode::Kind::bytes && part.group.empty()) {
    one.kind = Instruction::Kind::run;
    one.set = set_of(part.bytes);
    one.greedy = node.greedy;
    one.least = static_cast<std::uint32_t>(node.least);
    one.most = node.most == unlimited ? 0xFFFFFFFFU : static_cast<std::uint32_t>(node.most);
    return push(one);
  }
  for (std::size_t i = 0; i < node.least; ++i) {
    if (!emit(part)) {
      return false;
    }
  }
  one.kind = Instruction::Kind::split;
  const auto aim = [&](std::size_t split, std::size_t body, std::size_t behind) {
    program_[split].next = static_cast<std::uint32_t>(node.greedy ? body : behind);
    program_[split].other = static_cast<std::uint32_t>(node.greedy ? behind : body);
  };
  if (node.most == unlimited) {
    if (lengths_of(part).least == 0) {
      return false;  // It would go round without end.
    }
    const std::size_t split = program_.size();
    Instruction back;
    back.kind = Instruction::Kind::jump;
    back.next = static_cast<std::uint32_t>(split);
    if (!push(one) || !emit(part) || !push(back)) {
      return false;
    }
    aim(split, split + 1, program_.size());
    return true;
  }
  std::vector<std::size_t> splits;
  for (std::size_t i = node.least; i < node.most; ++i) {
    splits.push_back(program_.size());
    if (!push(one) || !emit(part)) {
      return false;
    }
  }
  for (const std::size_t split : splits) {
    aim(split, split + 1, program_.size());
  }
  return true;
}

Backtracker::Result Backtracker::match(std::string_view text, std::size_t at, std::size_t end) const {
  Result result;
  result.groups.fill(nowhere);
  std::array<Choice, most_choices>
      choices;  // NOLINT(cppcoreguidelines-pro-type-member-init): written before it is read
  std::size_t open = 0;
  std::uint32_t pc = 0;
  const auto is_in = [&](std::uint16_t set, std::size_t place) {
    return sets_[set][static_cast<unsigned char>(text[place])];
  };
  for (std::size_t steps = 0; steps < most_steps; ++steps) {
    const Instruction& here = program_[pc];
    result.furthest = std::max(result.furthest, at);
    bool holds = true;
    switch (here.kind) {
      case Instruction::Kind::byte:
        // All of a literal at once.
        for (holds = at < end && is_in(here.set, at); holds;) {
          ++at;
          ++pc;
          if (program_[pc].kind != Instruction::Kind::byte) {
            break;
          }
          ++steps;
          result.furthest = std::max(result.furthest, at);
          holds = at < end && is_in(program_[pc].set, at);
        }
        break;
      case Instruction::Kind::run: {
        const std::size_t limit = here.most < end - at ? at + here.most : end;
        std::size_t last = at;
        if (here.greedy) {
          while (last < limit && is_in(here.set, last)) {
            ++last;
          }
        } else {
          const std::size_t needed = std::min<std::size_t>(limit, at + here.least);
          while (last < needed && is_in(here.set, last)) {
            ++last;
          }
        }
        steps += (last - at) / 8;
        result.furthest = std::max(result.furthest, last);
        holds = last - at >= here.least;
        if (!holds) {
          break;
        }
        const std::size_t first = at + here.least;
        ++pc;
        if (open == most_choices) {
          result.verdict = Result::Verdict::unknown;
          return result;
        }
        if (here.greedy && last > first) {
          choices[open++] = {Choice::Kind::run, pc - 1, last - 1, first};
        } else if (!here.greedy && last < limit) {
          choices[open++] = {Choice::Kind::run, pc - 1, last, limit};
        }
        at = last;
        break;
      }
      case Instruction::Kind::split:
        // A way that cannot go on with this byte is none.
        if (at < end && here.set != no_set && !is_in(here.set, at)) {
          pc = here.other;
          break;
        }
        if (at < end && here.behind != no_set && !is_in(here.behind, at)) {
          pc = here.next;
          break;
        }
        if (open == most_choices) {
          result.verdict = Result::Verdict::unknown;
          return result;
        }
        choices[open++] = {Choice::Kind::way, here.other, at, 0};
        pc = here.next;
        break;
      case Instruction::Kind::jump:
        pc = here.next;
        break;
      case Instruction::Kind::save:
        if (open == most_choices) {
          result.verdict = Result::Verdict::unknown;
          return result;
        }
        if (open > 0) {
          choices[open++] = {Choice::Kind::restore, here.next, result.groups[here.next], 0};
        }
        result.groups[here.next] = at;
        ++pc;
        break;
      case Instruction::Kind::boundary:
        holds = is_boundary(text, at);
        ++pc;
        break;
      case Instruction::Kind::no_boundary:
        holds = !is_boundary(text, at);
        ++pc;
        break;
      case Instruction::Kind::line_begin:
        holds = at == 0 || text[at - 1] == '\n';
        ++pc;
        break;
      case Instruction::Kind::line_end:
        holds = at == text.size() || text[at] == '\n';
        ++pc;
        break;
      case Instruction::Kind::accept:
        result.verdict = Result::Verdict::yes;
        result.end = at;
        return result;
    }
    // Back to the last way that was left out.
    while (!holds) {
      if (open == 0) {
        return result;
      }
      Choice& choice = choices[open - 1];
      if (choice.kind == Choice::Kind::restore) {
        result.groups[choice.pc] = choice.at;
        --open;
        continue;
      }
      holds = true;
      if (choice.kind == Choice::Kind::way) {
        pc = choice.pc;
        at = choice.at;
        --open;
        continue;
      }
      const Instruction& run = program_[choice.pc];
      pc = choice.pc + 1;
      const auto may_go_on = [&](std::size_t place) {
        return run.behind == no_set || place >= end || is_in(run.behind, place);
      };
      if (run.greedy) {
        // Down to where what follows may begin.
        while (choice.at > choice.last && !may_go_on(choice.at)) {
          --choice.at;
          ++steps;
        }
        at = choice.at;
        if (choice.at == choice.last) {
          --open;
        } else {
          --choice.at;
        }
      } else if (is_in(run.set, choice.at)) {
        // On to where what follows may begin.
        const std::size_t before = choice.at++;
        while (choice.at < choice.last && !may_go_on(choice.at) && is_in(run.set, choice.at)) {
          ++choice.at;
        }
        steps += (choice.at - before) / 8;
        at = choice.at;
        if (choice.at == choice.last) {
          --open;
        }
      } else {
        holds = false;
        --open;
      }
    }
  }
  result.verdict = Result::Verdict::unknown;
  return result;
}

}  // namespace sallyport::validators::output
