#include "validators/output/matcher.hpp"

#include "validators/output/characters.hpp"

#include <algorithm>
#include <array>
#include <cstring>

namespace sallyport::validators::output {
namespace {

constexpr std::uint32_t most_tries = 3;       // within a text that a rule has looked at in vain
constexpr std::uint32_t most_long_tries = 2;  // if it is long
constexpr std::size_t least_busy = 48;        // bytes, of such a text
constexpr std::size_t least_long = 256;
constexpr std::size_t memories = 1024;
constexpr std::size_t most_refused = 16;  // in one region, before whole matches are left out

// What a cut secret goes on with.
bool is_of_token(char c) {
  return is_word(c) || c == '+' || c == '/' || c == '=' || c == '-' || c == '.';
}

re2::StringPiece piece(std::string_view text) {
  return {text.data(), text.size()};
}

// Whether a number that ends here could go on.
bool number_goes_on(std::string_view text, std::size_t at) {
  if (at >= text.size()) {
    return false;
  }
  const char next = text[at];
  return is_word(next) || ((next == '.' || next == '-') && at + 1 < text.size() && is_digit(text[at + 1]));
}

}  // namespace

Matcher::Matcher(const CompiledRules& rules, Findings& findings)
    : rules_(rules), findings_(findings), busy_(rules.rules.size()), covered_(rules.rules.size()) {}

Tried Matcher::try_at(std::uint32_t rule, std::uint64_t at, const Window& window, bool alone) {
  if (!has_lead(rules_.compiled[rule].lead, at, window)) {
    return {at + 1, at, true};
  }
  if (at < covered_[rule] || !is_worth_a_try(rule, at)) {
    return {};
  }
  const std::uint64_t limit = at + rules_.rules[rule].max_length;
  const std::uint64_t to = std::min(window.end(), limit);
  Memory* const memory = alone ? nullptr : memory_of(rule, at, window);
  if (memory != nullptr && recall(*memory, rule, at, window)) {
    if (memory->found) {
      covered_[rule] = end_of_secrets();
      report(rule, false, window);
      return {};
    }
    const std::uint64_t until = at + memory->size - memory->before - 1;
    looked_in_vain(rule, at, until);
    return {until + 1, until, false};
  }
  furthest_ = 0;
  looked_ = 0;
  const bool found = match(rule, at, to, false, window) &&
                     !(alone && number_goes_on(window.bytes, window.local(match_.end))) &&
                     stands_checks(rule, window);
  if (memory != nullptr && furthest_ != 0 && furthest_ < to) {
    remember(*memory, rule, at, found, window);
  }
  if (found) {
    covered_[rule] = end_of_secrets();
    report(rule, match_.end == limit, window);
    return {};
  }
  const std::uint64_t until = furthest_ == 0 ? to : furthest_;
  looked_in_vain(rule, at, until);
  return {looked_ <= to && !alone ? looked_ : 0, until, false};
}

bool Matcher::is_worth_a_try(std::uint32_t rule, std::uint64_t at) {
  Busy& busy = busy_[rule];
  if (at >= busy.until) {
    busy.tries = 0;
    return true;
  }
  return ++busy.tries < busy.most_tries;
}

void Matcher::looked_in_vain(std::uint32_t rule, std::uint64_t at, std::uint64_t until) {
  if (until - at > least_busy) {
    Busy& busy = busy_[rule];
    busy.until = std::max(busy.until, until);
    busy.most_tries = until - at < least_long ? most_tries : most_long_tries;
  }
}

// Where something about such a text is remembered. None for texts about which it would not pay.
Matcher::Memory* Matcher::memory_of(std::uint32_t rule, std::uint64_t at, const Window& window) {
  const std::size_t here = window.local(at);
  if (!rules_.compiled[rule].backtracker || window.bytes.size() - here < 24) {
    return nullptr;
  }
  if (memories_.empty()) {
    memories_.resize(memories);
  }
  std::array<std::uint64_t, 3> words{};
  std::memcpy(words.data(), window.bytes.data() + here, sizeof(words));
  std::uint64_t hash = rule;
  for (const std::uint64_t word : words) {
    hash = (hash ^ word) * 0x9E3779B97F4A7C15U;
    hash ^= hash >> 32U;
  }
  return &memories_[hash % memories];
}

bool Matcher::recall(const Memory& memory, std::uint32_t rule, std::uint64_t at, const Window& window) {
  const std::size_t here = window.local(at);
  if (memory.rule != rule || memory.size == 0 || memory.before > here || (memory.before == 0 && here > 0) ||
      window.bytes.size() - here + memory.before < memory.size ||
      std::memcmp(memory.text.data(), window.bytes.data() + here - memory.before, memory.size) != 0) {
    return false;
  }
  if (memory.found) {
    match_ = {at, at + memory.end};
    secrets_.clear();
    for (std::size_t i = 0; i < rules_.compiled[rule].groups.size(); ++i) {
      const std::uint64_t begin = memory.secrets.at(2 * i);
      const std::uint64_t end = memory.secrets.at(2 * i + 1);
      secrets_.push_back(end > begin ? Finding{at + begin, at + end, rule} : Finding{0, 0, rule});
    }
  }
  return true;
}

void Matcher::remember(Memory& memory, std::uint32_t rule, std::uint64_t at, bool found,
                       const Window& window) const {
  const std::size_t here = window.local(at);
  const std::size_t before = std::min<std::size_t>(here, 1);
  const std::size_t size = window.local(furthest_) + 1 - here + before;
  if (size > Memory::longest) {
    return;
  }
  memory.rule = rule;
  memory.size = static_cast<std::uint8_t>(size);
  memory.before = static_cast<std::uint8_t>(before);
  memory.found = found;
  std::memcpy(memory.text.data(), window.bytes.data() + here - before, size);
  if (!found) {
    return;
  }
  memory.end = static_cast<std::uint8_t>(match_.end - at);
  for (std::size_t i = 0; i < secrets_.size(); ++i) {
    const bool is_there = secrets_[i].end > secrets_[i].begin;
    memory.secrets.at(2 * i) = static_cast<std::uint8_t>(is_there ? secrets_[i].begin - at : 0);
    memory.secrets.at(2 * i + 1) = static_cast<std::uint8_t>(is_there ? secrets_[i].end - at : 0);
  }
}

// What follows a secret may lead to the next one; what was refused may have one in it.
void Matcher::search(std::uint32_t rule, std::uint64_t from, std::uint64_t to, const Window& window) {
  from = std::max(from, covered_[rule]);
  const std::uint64_t limit = to + rules_.rules[rule].max_length;
  std::size_t refused = 0;
  while (from <= to && match(rule, from, std::min(window.end(), limit), true, window) && match_.begin <= to) {
    if (has_lead(rules_.compiled[rule].lead, match_.begin, window) && stands_checks(rule, window)) {
      from = std::max(end_of_secrets(), match_.begin + 1);
      covered_[rule] = from;
      report(rule, match_.end == limit, window);
    } else {
      from = ++refused < most_refused ? match_.begin + 1 : std::max(match_.end, match_.begin + 1);
    }
  }
}

bool Matcher::has_lead(Lead lead, std::uint64_t at, const Window& window) {
  if (lead == Lead::any) {
    return true;
  }
  const auto text = window.bytes;
  const std::size_t here = window.local(at);
  if (is_boundary(text, here)) {
    return true;
  }
  if (lead == Lead::boundary || here < 2 || text[here - 2] != '\\') {
    return false;
  }
  const char before = text[here - 1];
  return before == 'n' || before == 'r' || before == 't';
}

std::uint64_t Matcher::end_of_secrets() const {
  std::uint64_t end = 0;
  for (const Finding& secret : secrets_) {
    end = std::max(end, secret.end);
  }
  return end;
}

bool Matcher::match(std::uint32_t rule, std::uint64_t from, std::uint64_t to, bool anywhere,
                    const Window& window) {
  const CompiledRule& compiled = rules_.compiled[rule];
  if (!anywhere && compiled.whole) {
    return match_whole(rule, from, to, window);
  }
  if (!anywhere && compiled.backtracker) {
    const auto verdict = match_backtracking(rule, from, to, window);
    if (verdict) {
      return *verdict;
    }
  }
  // One byte on either side, for `\b`, `^` and `$`.
  const std::size_t before = from > window.begin ? 1 : 0;
  const std::size_t behind = to < window.end() ? 1 : 0;
  const auto text =
      window.bytes.substr(window.local(from) - before, static_cast<std::size_t>(to - from) + before + behind);
  const std::size_t end = text.size() - behind;
  // First where the match is, which RE2's automaton tells quickly, then its groups.
  re2::StringPiece all;
  const auto anchor = anywhere ? re2::RE2::UNANCHORED : re2::RE2::ANCHOR_START;
  if (!compiled.pattern->Match(piece(text), before, end, anchor, &all, 1)) {
    return false;
  }
  const auto begin_at = static_cast<std::size_t>(all.data() - text.data());
  const std::size_t end_at = begin_at + all.size();
  std::array<re2::StringPiece, 16> groups;
  const int count =
      std::min(static_cast<int>(groups.size()), compiled.pattern->NumberOfCapturingGroups() + 1);
  if (!compiled.pattern->Match(piece(text), begin_at, end_at, re2::RE2::ANCHOR_BOTH, groups.data(), count)) {
    return false;
  }
  const std::uint64_t origin = from - before;
  match_ = {origin + begin_at, origin + end_at};
  secrets_.clear();
  for (const int group : compiled.groups) {
    if (group < count && !groups.at(static_cast<std::size_t>(group)).empty()) {
      const auto& secret = groups.at(static_cast<std::size_t>(group));
      const auto at = origin + static_cast<std::uint64_t>(secret.data() - text.data());
      secrets_.push_back({at, at + secret.size(), rule});
    } else {
      secrets_.push_back({0, 0, rule});
    }
  }
  return true;
}

// Nothing if it would take long.
std::optional<bool> Matcher::match_backtracking(std::uint32_t rule, std::uint64_t at, std::uint64_t to,
                                                const Window& window) {
  using Verdict = Backtracker::Result::Verdict;
  const auto result =
      rules_.compiled[rule].backtracker->match(window.bytes, window.local(at), window.local(to));
  furthest_ = result.verdict == Verdict::unknown ? 0 : window.begin + result.furthest;
  looked_ = furthest_ == 0 ? 0 : furthest_ + 1;
  if (result.verdict != Verdict::yes) {
    return result.verdict == Verdict::no ? std::optional(false) : std::nullopt;
  }
  match_ = {at, window.begin + result.end};
  secrets_.clear();
  for (std::size_t i = 0; i < rules_.compiled[rule].groups.size(); ++i) {
    const std::size_t begin = result.groups.at(2 * i);
    const std::size_t end = result.groups.at(2 * i + 1);
    const bool found = begin != Backtracker::nowhere && end != Backtracker::nowhere && end > begin;
    secrets_.push_back(found ? Finding{window.begin + begin, window.begin + end, rule} : Finding{0, 0, rule});
  }
  return true;
}

bool Matcher::match_whole(std::uint32_t rule, std::uint64_t at, std::uint64_t to, const Window& window) {
  // It is quick, but for long texts.
  furthest_ = at + 1;
  std::size_t looked = 0;
  const auto size =
      rules_.compiled[rule].whole->longest(window.bytes, window.local(at), window.local(to), &looked);
  looked_ = window.begin + looked;
  match_ = {at, at + size};
  secrets_.assign(1, {at, at + size, rule});
  return size > 0;
}

// What several rules ask about one value is found out once.
bool Matcher::passes_known(Check check, std::string_view secret) {
  const std::uint32_t bit = std::uint32_t{1} << static_cast<unsigned>(check);
  if ((value_.asked & bit) == 0) {
    value_.asked |= bit;
    value_.passed |= passes(check, secret) ? bit : 0;
  }
  return (value_.passed & bit) != 0;
}

bool Matcher::stands_checks(std::uint32_t rule, const Window& window) {
  const Finding& found = secrets_.front();
  if (found.end == found.begin) {
    return true;
  }
  const auto secret =
      window.bytes.substr(window.local(found.begin), static_cast<std::size_t>(found.end - found.begin));
  const CompiledRule& compiled = rules_.compiled[rule];
  if (value_.begin != found.begin || value_.end != found.end) {
    value_ = {found.begin, found.end, 0, 0, std::nullopt};
  }
  const double least = rules_.rules[rule].min_entropy;
  if (least > 0) {
    if (!value_.entropy) {
      value_.entropy = entropy(secret);
    }
    if (*value_.entropy < least) {
      return false;
    }
  }
  for (const Check check : compiled.checks) {
    if (!passes_known(check, secret)) {
      return false;
    }
  }
  return !compiled.allow ||
         !compiled.allow->Match(piece(secret), 0, secret.size(), re2::RE2::ANCHOR_BOTH, nullptr, 0);
}

void Matcher::report(std::uint32_t rule, bool cut, const Window& window) {
  if (rules_.rules[rule].trigger == Trigger::pem) {
    return begin_block(rule, window);
  }
  for (const Finding& secret : secrets_) {
    if (secret.end > secret.begin) {
      findings_.add(secret);
    }
  }
  if (cut && end_of_secrets() == match_.end) {
    begin_tail(rule, match_.end, window);
  }
}

void Matcher::begin_block(std::uint32_t rule, const Window& window) {
  Block block{rule, match_.begin, match_.end, 0, PemBlock(rules_.compiled[rule].putty)};
  go_on(block, window);
  if (!block.state.ended()) {
    blocks_.push_back(std::move(block));
  }
}

void Matcher::go_on(Block& block, const Window& window) {
  block.state.take(window.bytes.substr(window.local(block.body + block.state.taken())));
  if (window.last) {
    block.state.finish();
  }
  const std::uint64_t known = block.body + block.state.size();
  if (block.state.is_key() && known > block.told) {
    findings_.add({block.told == 0 ? block.begin : block.told - 1, known, block.rule});
    block.told = known;
  }
}

void Matcher::begin_tail(std::uint32_t rule, std::uint64_t at, const Window& window) {
  const auto covers = [at](const Tail& tail) { return tail.begin <= at && at <= tail.at; };
  if (covers(last_tail_) || std::any_of(tails_.begin(), tails_.end(), covers)) {
    return;  // The same one: it need not be walked along again.
  }
  Tail tail{rule, at, at, false};
  go_on(tail, window);
  if (tail.ended) {
    last_tail_ = tail;
  } else {
    tails_.push_back(tail);
  }
}

void Matcher::go_on(Tail& tail, const Window& window) {
  std::uint64_t at = tail.at;
  while (at < window.end() && is_of_token(window.bytes[window.local(at)])) {
    ++at;
  }
  if (at > tail.at) {
    findings_.add({tail.at - 1, at, tail.rule});
  }
  tail.at = at;
  tail.ended = at < window.end() || window.last;
}

void Matcher::go_on(const Window& window) {
  for (auto& tail : tails_) {
    go_on(tail, window);
    if (tail.ended) {
      last_tail_ = tail;
    }
  }
  std::erase_if(tails_, [](const Tail& tail) { return tail.ended; });
  for (auto& block : blocks_) {
    go_on(block, window);
  }
  std::erase_if(blocks_, [](const Block& block) { return block.state.ended(); });
}

std::uint64_t Matcher::settled(std::uint64_t otherwise) const {
  for (const auto& tail : tails_) {
    otherwise = std::min(otherwise, tail.at - 1);
  }
  for (const auto& block : blocks_) {
    otherwise = std::min(otherwise, block.told == 0 ? block.begin : block.told - 1);
  }
  return otherwise;
}

}  // namespace sallyport::validators::output
