#include "validators/output/engine.hpp"

#include "base/sha256.hpp"
#include "validators/output/characters.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <numeric>
#include <string>

namespace sallyport::validators::output {
namespace {

constexpr std::uint64_t longest_region = 8192;  // of a rule that is searched for
constexpr std::size_t letters_before_digits = 2;
constexpr std::size_t bytes_before_match = 2;  // that a match depends on
constexpr unsigned around_bits = 10;

std::uint64_t minus(std::uint64_t a, std::uint64_t b) {
  return a > b ? a - b : 0;
}

constexpr std::size_t most_looked_at = 64;  // pending keywords, for a bound that need not be exact

// Behind the last barrier at or after `from`; 0 if there is none.
std::uint64_t behind_barrier(const ByteSet& barriers, std::uint64_t from, const Window& window) {
  const std::size_t least = window.local(std::max(from, window.begin));
  for (std::size_t at = window.bytes.size(); at > least; --at) {
    if (barriers.test(static_cast<unsigned char>(window.bytes[at - 1]))) {
      return window.begin + at;
    }
  }
  return 0;
}

}  // namespace

Engine::Engine(const CompiledRules& rules, const LiteralScanner& context)
    : rules_(rules),
      context_(context),
      matcher_(rules, findings_),
      context_covered_(context.literals().size()) {
  context_barriers_.set();
  for (const auto& literal : context.literals()) {
    for (const char c : literal.text) {
      context_barriers_.reset(static_cast<unsigned char>(c));
    }
  }
  for (std::size_t i = 0; i < rules.canaries.size(); ++i) {
    for (const auto& form : rules.canaries[i].forms) {
      auto lane = std::find_if(lanes_.begin(), lanes_.end(),
                               [&form](const Lane& each) { return each.length == form.length; });
      if (lane == lanes_.end()) {
        lanes_.push_back({form.length,
                          RollingHash(form.length),
                          RollingHash(form.length),
                          0,
                          false,
                          std::vector<bool>(std::size_t{1} << 16U),
                          {}});
        lane = std::prev(lanes_.end());
      }
      lane->known[form.fingerprint] = true;
      lane->forms.emplace_back(&form, first_canary + static_cast<std::uint32_t>(i));
    }
  }
}

void Engine::advance(const Window& window) {
  matcher_.go_on(window);
  scan_keywords(window);
  close_regions(window);
  scan_digits(window);
  scan_context(window);
  scan_canaries(window);

  if (window.last) {
    settled_ = window.end();
    needed_ = settled_;
    return;
  }
  std::uint64_t settled = minus(keywords_at_, rules_.most_back);
  if (!pending_.empty()) {
    settled = std::min(settled, minus(pending_.front().anchor, rules_.most_back));
  }
  for (const auto& region : growing_) {
    settled = std::min(settled, region.from);
  }
  for (const auto& region : closed_) {
    settled = std::min(settled, region.from);
  }
  if (rules_.digits || rules_.letters) {
    settled = std::min(settled, minus(digits_at_, letters_before_digits));
  }
  if (!context_.empty()) {
    settled = std::min(settled, minus(context_at_, context_.most_before()));
  }
  for (const auto& lane : lanes_) {
    settled = std::min(settled, lane.at);
  }
  needed_ = std::max(needed_, matcher_.settled(settled));
  settled_ = std::max({settled_, needed_, matcher_.settled(settled_tail(window))});
}

// Keywords.

void Engine::scan_keywords(const Window& window) {
  try_pending_in_order(window);
  const auto& scanner = rules_.keywords;
  std::uint64_t end =
      window.last ? window.end() : minus(window.end() + 1, std::max<std::size_t>(scanner.most_behind(), 1));
  const std::uint64_t barrier =
      behind_barrier(rules_.barriers, minus(std::max(end, keywords_at_), rules_.most_back), window);
  keywords_barrier_ = std::max(keywords_barrier_, barrier);
  end = std::max(end, barrier);
  if (end <= keywords_at_) {
    return;
  }
  scanner.scan(window.bytes, window.local(keywords_at_), window.local(end),
               [&](std::size_t anchor, std::size_t begin, std::uint32_t literal) {
                 use_keyword(scanner.literals()[literal].tag, window.begin + anchor, window.begin + begin,
                             window);
               });
  keywords_at_ = end;
}

void Engine::use_keyword(std::uint32_t use, std::uint64_t anchor, std::uint64_t begin, const Window& window) {
  const auto& known = rules_.uses[use];
  const std::size_t next = window.local(begin) + known.size;
  const bool refused =
      next < window.bytes.size() && !known.next[static_cast<unsigned char>(window.bytes[next])];
  if (refused && known.searches.empty()) {
    return;
  }
  if (!refused && !recall(use, begin, window)) {
    try_keyword(use, anchor, begin, window);
  }
  if (!known.searches.empty()) {
    const std::uint64_t barrier = barrier_of(use, begin, window);
    for (const auto& search : known.searches) {
      extend_region(search, begin, barrier);
    }
  }
}

// Matches begin behind the barrier. What is before it may no longer be there, or, at the beginning of a
// title, belong to another one.
std::uint64_t Engine::barrier_of(std::uint32_t use, std::uint64_t begin, const Window& window) const {
  const std::uint64_t barrier = behind_barrier(rules_.barriers, minus(begin, rules_.uses[use].most_back),
                                               {window.bytes.substr(0, window.local(begin)), window.begin});
  return std::max(barrier, window.begin);
}

Engine::Opening Engine::first_opening(std::uint32_t use, std::uint64_t begin, std::uint64_t barrier,
                                      const Window& window) const {
  const auto& known = rules_.uses[use];
  const std::size_t behind = window.local(begin) + known.size;
  if (!pending_.empty() || !window.reaches(window.begin + behind + Dfa::most_steps)) {
    return Opening{};
  }
  Opening opening{0, 0, begin};
  for (; opening.index < known.gates.size(); ++opening.index) {
    const GateUse& gate_use = known.gates[opening.index];
    const Gate& gate = rules_.gates[gate_use.gate];
    if (begin < barrier + gate_use.back) {
      continue;
    }
    const std::uint64_t match = begin - gate_use.back;
    if (gate.needs_lead && !Matcher::has_lead(Lead::boundary_or_end, match, window)) {
      opening.looked = std::max(opening.looked, match + 1);
      continue;
    }
    const auto passed =
        gate.dfa.pass(window.bytes.data() + behind, window.bytes.size() - behind, window.last);
    opening.looked = std::max(opening.looked, window.begin + behind + passed.looked);
    if (passed.patterns != 0) {
      opening.open = passed.patterns;
      break;
    }
  }
  return opening;
}

void Engine::try_keyword(std::uint32_t use, std::uint64_t anchor, std::uint64_t begin, const Window& window) {
  const auto& gates = rules_.uses[use].gates;
  const std::uint64_t barrier = barrier_of(use, begin, window);
  const Opening opening = first_opening(use, begin, barrier, window);
  if (opening.looked != 0) {
    gates_look_up_to(opening.looked < window.end() ? opening.looked : 0);
  }
  for (std::size_t i = opening.index; i < gates.size(); ++i) {
    const auto& gate = gates[i];
    if (begin < barrier + gate.back) {
      continue;
    }
    const std::uint64_t open = i == opening.index ? opening.open : 0;
    Pending pending{anchor, begin - gate.back, gate.gate, static_cast<std::uint32_t>(gate.ahead),
                    open,   open != 0};
    if (!pending_.empty() || !try_pending(pending, window)) {
      pending_.push_back(pending);
      sure_of_gates_ = false;
    }
  }
  remember(use, window);
}

// Notes what a rule has depended on.
void Engine::try_rule(std::uint32_t rule, std::uint64_t at, const Window& window) {
  const Tried tried = matcher_.try_at(rule, at, window);
  look_up_to(tried.looked);
  if (!sure_of_gates_ || tried.no_lead) {
    return;
  }
  sure_of_gates_ = tried_ < Around::most_tries && at - looked_from_ <= Around::longest;
  if (sure_of_gates_) {
    const bool is_near = tried.until >= looked_from_ && tried.until - looked_from_ <= Around::longest;
    sure_ = sure_ && is_near;
    tries_[tried_++] = {rule, static_cast<std::uint8_t>(at - looked_from_),
                        static_cast<std::uint8_t>(is_near ? tried.until - looked_from_ : 0)};
  }
}

// `place`: as Tried has it.
void Engine::look_up_to(std::uint64_t place) {
  looked_to_ = std::max(looked_to_, place);
  sure_ = sure_ && place != 0;
}

void Engine::gates_look_up_to(std::uint64_t place) {
  look_up_to(place);
  gates_looked_to_ = std::max(gates_looked_to_, place);
  sure_of_gates_ = sure_of_gates_ && place != 0;
}

// Does what is to be done about a keyword if the text around it is known.
bool Engine::recall(std::uint32_t use, std::uint64_t begin, const Window& window) {
  sure_of_gates_ = false;
  const auto& known = rules_.uses[use];
  if (known.gates.empty()) {
    return false;
  }
  // The matches that begin first come first; what may stand before one is looked at, too.
  const std::size_t before = known.gates.front().back + bytes_before_match;
  const std::size_t here = window.local(begin);
  const auto text = window.bytes;
  if (!pending_.empty() || here < before || text.size() - here < 16) {
    return false;
  }
  if (around_.empty()) {
    around_.resize(std::size_t{1} << around_bits);
  }
  const char* const from = text.data() + here - before;
  std::array<std::uint64_t, 3> words{};
  std::memcpy(words.data(), from, 8);
  std::memcpy(&words[1], text.data() + here, 16);
  const std::uint64_t hash = ((words[0] + use) * 0x9E3779B97F4A7C15U) ^
                             std::rotl(words[1] * 0xC2B2AE3D27D4EB4FU, 21) ^
                             std::rotl(words[2] * 0x165667B19E3779F9U, 42);
  Around& around = around_[(hash ^ (hash >> 32U)) * 0x9E3779B97F4A7C15U >> (64U - around_bits)];
  if (around.gate_size != 0 && around.use == use) {
    // The longer text first, which most often is the same where the shorter one is.
    const auto stands_here = [&](std::size_t size) {
      return text.size() - here + before >= size && std::memcmp(around.text.data(), from, size) == 0;
    };
    const bool in_vain = around.vain_size != 0 && stands_here(around.vain_size);
    if (in_vain || stands_here(around.gate_size)) {
      return recall(around, in_vain, begin - before, window);
    }
  }
  around_here_ = &around;
  sure_of_gates_ = true;
  sure_ = true;
  looked_from_ = begin - before;
  gates_looked_to_ = begin + known.size;
  looked_to_ = gates_looked_to_;
  tried_ = 0;
  return false;
}

// The same, where the gates would decide as they did. Nothing if more of the text has to be there.
bool Engine::recall(Around& around, bool in_vain, std::uint64_t from, const Window& window) {
  const auto begin = around.tries.begin();
  const auto end = begin + around.tried;
  const bool fresh = std::all_of(
      begin, end, [&](const auto& tried) { return matcher_.is_fresh(tried.rule, from + tried.at); });
  if (fresh && in_vain) {
    std::for_each(begin, end, [&](const auto& tried) {
      matcher_.try_in_vain(tried.rule, from + tried.at, from + tried.until);
    });
    return true;
  }
  if (!std::all_of(begin, end, [&](const auto& tried) {
        return window.reaches(from + tried.at + matcher_.reach(tried.rule));
      })) {
    return false;
  }
  if (!fresh) {
    std::for_each(begin, end,
                  [&](const auto& tried) { matcher_.try_at(tried.rule, from + tried.at, window); });
    return true;
  }
  // What is noted of the tries may tell that they are in vain.
  sure_of_gates_ = true;
  sure_ = true;
  looked_from_ = from;
  gates_looked_to_ = from + around.gate_size;
  looked_to_ = gates_looked_to_;
  tried_ = 0;
  std::for_each(begin, end, [&](const auto& tried) { try_rule(tried.rule, from + tried.at, window); });
  remember_vain(around, window);
  sure_of_gates_ = false;
  return true;
}

void Engine::remember(std::uint32_t use, const Window& window) {
  const auto size = static_cast<std::size_t>(gates_looked_to_ - looked_from_);
  if (!sure_of_gates_ || gates_looked_to_ > window.end() || size > Around::longest) {
    return;
  }
  Around& around = *around_here_;
  around.use = use;
  around.gate_size = static_cast<std::uint8_t>(size);
  around.vain_size = 0;
  around.tried = static_cast<std::uint8_t>(tried_);
  around.tries = tries_;
  std::memcpy(around.text.data(), window.bytes.data() + window.local(looked_from_), size);
  remember_vain(around, window);
}

void Engine::remember_vain(Around& around, const Window& window) const {
  const auto size = static_cast<std::size_t>(looked_to_ - looked_from_);
  if (!sure_of_gates_ || !sure_ || looked_to_ > window.end() || size > Around::longest) {
    return;
  }
  around.vain_size = static_cast<std::uint8_t>(size);
  around.tries = tries_;
  std::memcpy(around.text.data(), window.bytes.data() + window.local(looked_from_), size);
}

// Whether nothing is left to try.
bool Engine::try_pending(Pending& pending, const Window& window) {
  const Gate& gate = rules_.gates[pending.gate];
  if (!pending.passed) {
    if (gate.needs_lead && !Matcher::has_lead(Lead::boundary_or_end, pending.begin, window)) {
      gates_look_up_to(pending.begin + 1);
      return true;
    }
    if (!window.reaches(pending.begin + pending.ahead)) {
      return false;
    }
    const auto text = window.bytes.substr(window.local(pending.begin + pending.ahead));
    const auto passed = gate.dfa.pass(text.data(), text.size(), window.last);
    pending.open = passed.patterns;
    // A gate that is closed stays so, whatever comes.
    if (pending.open != 0 && !window.reaches(pending.begin + pending.ahead + Dfa::most_steps)) {
      return false;
    }
    pending.passed = true;
    // Where the text ends, that may have decided.
    gates_look_up_to(passed.looked < text.size() ? pending.begin + pending.ahead + passed.looked : 0);
  }
  while (pending.open != 0) {
    const auto rule = gate.rules[static_cast<std::size_t>(std::countr_zero(pending.open))];
    if (!window.reaches(pending.begin + matcher_.reach(rule))) {
      return false;
    }
    try_rule(rule, pending.begin, window);
    pending.open &= pending.open - 1;
  }
  return true;
}

void Engine::try_pending_in_order(const Window& window) {
  while (!pending_.empty() && try_pending(pending_.front(), window)) {
    pending_.pop_front();
  }
}

void Engine::extend_region(const Search& search, std::uint64_t begin, std::uint64_t barrier) {
  const Region found{search.rule, std::max(minus(begin, search.most), barrier),
                     minus(begin + search.ahead, search.least)};
  const auto known = std::find_if(growing_.begin(), growing_.end(),
                                  [&found](const Region& region) { return region.rule == found.rule; });
  if (known == growing_.end()) {
    growing_.push_back(found);
  } else if (found.from <= known->to + 1 && found.to < known->from + longest_region) {
    known->from = std::min(known->from, found.from);
    known->to = std::max(known->to, found.to);
  } else {
    closed_.push_back(*known);
    *known = found;
  }
}

void Engine::close_regions(const Window& window) {
  for (auto region = growing_.begin(); region != growing_.end();) {
    // No keyword to come belongs to it.
    if (window.last || minus(keywords_at_, rules_.most_back) > region->to + 1) {
      closed_.push_back(*region);
      region = growing_.erase(region);
    } else {
      ++region;
    }
  }
  while (!closed_.empty() && window.reaches(closed_.front().to + matcher_.reach(closed_.front().rule))) {
    matcher_.search(closed_.front().rule, closed_.front().from, closed_.front().to, window);
    closed_.pop_front();
  }
}

// Digits.

void Engine::scan_digits(const Window& window) {
  if (!rules_.digits && !rules_.letters) {
    return;
  }
  const auto text = window.bytes;
  std::array<char, digit_block> rest{};
  for (std::size_t at = window.local(digits_at_); at < text.size(); at += digit_block) {
    const char* block = text.data() + at;
    if (text.size() - at < digit_block) {
      std::copy(block, text.data() + text.size(), rest.begin());
      block = rest.data();
    }
    const std::uint64_t digits = find_digits(block);
    const auto before = static_cast<std::uint64_t>(at > 0 && is_digit(text[at - 1]));
    for (auto begins = digits & ~((digits << 1U) | before); begins != 0; begins &= begins - 1) {
      const auto first = static_cast<unsigned>(std::countr_zero(begins));
      const std::size_t here = at + first;
      if (!window.reaches(window.begin + here + rules_.longest_digits + 3)) {
        digits_at_ = window.begin + here;
        return;
      }
      auto size = static_cast<std::size_t>(std::countr_one(digits >> first));
      while (first + size >= digit_block && size < DigitShapes::most && here + size < text.size() &&
             is_digit(text[here + size])) {
        ++size;
      }
      if (here >= letters_before_digits && is_capital(text[here - 1])) {
        try_letters(here, window);
      }
      if (has_shape(text, here + size, size)) {
        try_digits(here, window);
      }
    }
  }
  digits_at_ = window.end();
}

// Whether a number may begin with so many digits, counted up to DigitShapes::most at least, before `behind`.
bool Engine::has_shape(std::string_view text, std::size_t behind, std::size_t digits) const {
  return rules_.digits && (behind >= text.size() || rules_.digit_shapes->allow(digits, text[behind]));
}

// The capital before the digits that begin here, with the byte before it.
void Engine::try_letters(std::size_t here, const Window& window) {
  const auto text = window.bytes;
  if (rules_.letters && is_capital(text[here - 2]) && (here < 3 || !is_word(text[here - 3]))) {
    try_gate(*rules_.letters, window.begin + here - letters_before_digits, window);
  }
}

// A group of digits that begins here.
void Engine::try_digits(std::size_t here, const Window& window) {
  const auto text = window.bytes;
  const char before = here > 0 ? text[here - 1] : ' ';
  const char further = here > 1 ? text[here - 2] : ' ';
  // Behind a line end or tab that is written as in a program a number stands alone, too.
  const bool written_end = further == '\\' && (before == 'n' || before == 'r' || before == 't');
  const bool goes_on = (before == '-' || before == '+' || before == '/') && is_digit(further);
  if ((!is_word(before) || written_end) && !goes_on &&
      (before != '.' || (!is_digit(further) && is_word(further)))) {
    try_gate(*rules_.digits, window.begin + here, window);
  }
}

void Engine::try_gate(const Gate& gate, std::uint64_t at, const Window& window) {
  const auto text = window.bytes.substr(window.local(at));
  for (auto open = gate.dfa.pass(text.data(), text.size(), window.last).patterns; open != 0;
       open &= open - 1) {
    matcher_.try_at(gate.rules[static_cast<std::size_t>(std::countr_zero(open))], at, window, true);
  }
}

// What is known before.

void Engine::scan_context(const Window& window) {
  if (context_.empty()) {
    return;
  }
  std::uint64_t end = window.last ? window.end() : minus(window.end() + 1, context_.most_behind());
  const std::uint64_t barrier =
      behind_barrier(context_barriers_, minus(std::max(end, context_at_), context_.most_before()), window);
  context_barrier_ = std::max(context_barrier_, barrier);
  end = std::max(end, barrier);
  if (end <= context_at_) {
    return;
  }
  context_.scan(window.bytes, window.local(context_at_), window.local(end),
                [&](std::size_t, std::size_t begin, std::uint32_t literal) {
                  const std::uint64_t at = window.begin + begin;
                  if (at >= context_covered_[literal]) {
                    context_covered_[literal] = at + context_.literals()[literal].text.size();
                    findings_.add({at, context_covered_[literal], context_rule});
                  }
                });
  context_at_ = end;
}

void Engine::scan_canaries(const Window& window) {
  for (auto& lane : lanes_) {
    scan_lane(lane, window);
  }
}

void Engine::scan_lane(Lane& lane, const Window& window) {
  const auto text = window.bytes;
  std::size_t at = window.local(lane.at);
  for (; at + lane.length <= text.size(); ++at) {
    if (!lane.filled) {
      lane.hash = lane.start;
      for (std::size_t i = 0; i < lane.length; ++i) {
        lane.hash.add(static_cast<unsigned char>(text[at + i]));
      }
      lane.filled = true;
    }
    const auto fingerprint = lane.hash.fingerprint();
    if (lane.known[fingerprint]) {
      const std::string digest = base::sha256_hex(text.substr(at, lane.length));
      for (const auto& [form, rule] : lane.forms) {
        if (form->fingerprint == fingerprint && digest == form->digest) {
          findings_.add({window.begin + at, window.begin + at + lane.length, rule});
        }
      }
    }
    if (at + lane.length < text.size()) {
      lane.hash.slide(static_cast<unsigned char>(text[at]),
                      static_cast<unsigned char>(text[at + lane.length]));
    } else {
      lane.filled = false;
    }
  }
  lane.at = window.begin + at;
}

// The tail.

// Up to where nothing that is not found yet can begin, as the tail of the window shows it.
std::uint64_t Engine::settled_tail(const Window& window) const {
  std::uint64_t settled = settled_keywords();
  for (const auto& region : growing_) {
    settled = std::min(settled, region.from);
  }
  for (const auto& region : closed_) {
    settled = std::min(settled, region.from);
  }
  if (rules_.digits || rules_.letters) {
    settled = std::min(settled, settled_digits(window));
  }
  if (!context_.empty()) {
    settled = std::min(settled, std::max(minus(context_at_, context_.most_before()), context_barrier_));
  }
  for (const auto& lane : lanes_) {
    settled = std::min(settled, lane.at);
  }
  return settled;
}

// No match that is not found yet, and begins with a keyword or before it, begins before.
std::uint64_t Engine::settled_keywords() const {
  const std::uint64_t settled = std::max(minus(keywords_at_, rules_.most_back), keywords_barrier_);
  if (pending_.size() > most_looked_at) {
    return std::min(settled, minus(pending_.front().anchor, rules_.most_back));
  }
  return std::accumulate(pending_.begin(), pending_.end(), settled,
                         [](std::uint64_t least, const auto& each) { return std::min(least, each.begin); });
}

// No number that is not found yet begins before.
std::uint64_t Engine::settled_digits(const Window& window) const {
  const auto text = window.bytes;
  const auto may_be = [&text](const std::optional<Gate>& gate, std::size_t at) {
    return gate && gate->dfa.pass(text.data() + at, text.size() - at, false).patterns != 0;
  };
  for (std::size_t at = window.local(digits_at_); at < text.size(); ++at) {
    if (!is_digit(text[at]) || (at > 0 && is_digit(text[at - 1]))) {
      continue;
    }
    if (at >= 2 && may_be(rules_.letters, at - 2)) {
      return window.begin + at - 2;
    }
    if (may_be(rules_.digits, at)) {
      return window.begin + at;
    }
  }
  // Letters whose digits are still to come.
  const bool letters = rules_.letters && !text.empty() && is_capital(text.back());
  return letters ? minus(window.end(), 2) : window.end();
}

}  // namespace sallyport::validators::output
