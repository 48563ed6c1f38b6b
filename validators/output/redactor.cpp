#include "validators/output/redactor.hpp"

#include "validators/output/compiled_rules.hpp"
#include "validators/output/engine.hpp"
#include "validators/output/escape_filter.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <deque>
#include <optional>
#include <utility>

namespace sallyport::validators::output {
namespace {

constexpr std::size_t slice = std::size_t{32} << 10U;  // looked at in one go, while it is in the cache
constexpr std::size_t least_erased = 4096;
constexpr std::size_t least_payload = shortest_known_secret;

std::uint64_t count_lines(std::string_view text) {
  std::uint64_t count = 0;
  // Eight bytes at a time: a byte that equals is 0 after the exclusive or, and only such a one has no bit in
  // `some`.
  constexpr std::uint64_t ones = 0x0101010101010101U;
  constexpr std::uint64_t low = 0x7F * ones;
  std::size_t at = 0;
  for (; at + 8 <= text.size(); at += 8) {
    std::uint64_t block = 0;
    std::memcpy(&block, text.data() + at, 8);
    block ^= ones * static_cast<unsigned char>('\n');
    const std::uint64_t some = ((block & low) + low) | block | low;
    count += ((~some >> 7U) * ones) >> 56U;
  }
  return count + static_cast<std::uint64_t>(
                     std::count(text.begin() + static_cast<std::ptrdiff_t>(at), text.end(), '\n'));
}

LiteralScanner scanner_of(const std::vector<std::string>& secrets) {
  std::vector<Literal> literals;
  for (std::size_t i = 0; i < std::min(secrets.size(), most_known_secrets); ++i) {
    const auto& secret = secrets[i];
    if (secret.size() < shortest_known_secret || secret.size() > longest_known_secret) {
      continue;
    }
    for (auto& form : forms_of(secret, shortest_known_secret)) {
      literals.push_back({std::move(form), true, 0});
    }
  }
  return literals.empty() ? LiteralScanner() : LiteralScanner(std::move(literals));
}

// Secrets that overlap: one replacement.
struct Region {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  std::uint32_t rule = 0;  // the one that is told
  std::uint64_t line = 0;
};

struct Tally {
  std::uint32_t rule = 0;
  std::uint64_t count = 0;
  std::uint64_t line = 0;
  std::uint64_t end = 0;  // of the last one, of rules that only warn
};

}  // namespace

struct Redactor::State {
  State(std::shared_ptr<const RuleSet> set, bool redact, std::shared_ptr<const LiteralScanner> known)
      : rules(std::move(set)),
        redacts(redact),
        context(std::move(known)),
        engine(rules->compiled(), *context) {}

  // The rules by number, with those of context and canaries.
  [[nodiscard]] const Rule* rule(std::uint32_t number) const {
    return number < first_canary ? &rules->compiled().rules[number] : nullptr;
  }
  [[nodiscard]] Action action(std::uint32_t number) const {
    const auto* const known = rule(number);
    return known == nullptr ? Action::redact : known->action;
  }
  [[nodiscard]] std::string_view replacement(std::uint32_t number) const {
    const auto* const known = rule(number);
    return known == nullptr ? redacted : std::string_view(known->replacement);
  }
  // The higher the more it tells: severity, then how special the rule is, then which comes first.
  [[nodiscard]] std::array<std::uint64_t, 3> rank(std::uint32_t number) const {
    const auto* const known = rule(number);
    if (known == nullptr) {
      return {static_cast<std::uint64_t>(Severity::critical), longest_keyword + 1, number};
    }
    std::size_t longest = 0;
    for (const auto& keyword : known->keywords) {
      longest = std::max(longest, keyword.size());
    }
    return {static_cast<std::uint64_t>(known->severity), longest, first_canary - number};
  }

  void advance(const Window& window, std::string& out);
  void drain(const Window& window, std::string& out);
  void open(const Finding& finding, const Window& window);
  void close(const Window& window, std::string& out);
  void pass(std::uint64_t to, bool inclusive, const Window& window, std::string& out);
  void drop(std::uint64_t to);
  void put(const Escape& escape, const Window& window, std::string& out);
  void consume(std::string_view piece, bool last, std::string& out);
  bool run(std::string_view text, std::string& out);
  void tell(std::uint32_t number, std::uint64_t line, std::uint64_t count);
  std::uint64_t line_of(std::uint64_t at, const Window& window);
  Tally& tally_of(std::uint32_t number, std::uint64_t line);

  std::shared_ptr<const RuleSet> rules;
  bool redacts;
  std::shared_ptr<const LiteralScanner> context;
  Engine engine;

  EscapeFilter filter;
  std::deque<Escape> escapes;
  std::string buffer;
  std::uint64_t buffer_at = 0;  // of its first byte, in the text without escapes

  bool whole = false;  // the text is there as a whole: `out` is written only when something is replaced
  std::uint64_t written = 0;  // then: up to here
  bool any_written = false;

  std::uint64_t given = 0;  // up to here the text was given out or replaced
  std::optional<Region> region;
  std::uint64_t lines = 0;  // ends of lines before `lines_at`
  std::uint64_t lines_at = 0;
  std::vector<Tally> tallies;
  bool any_redacted = false;
  bool blocked = false;
  std::unique_ptr<State> inner;  // for what stands in escapes
};

void Redactor::State::advance(const Window& window, std::string& out) {
  engine.advance(window);
  drain(window, out);
}

void Redactor::State::drain(const Window& window, std::string& out) {
  const std::uint64_t end = engine.settled();
  auto& findings = engine.findings();
  while (!findings.empty() && findings.front().begin < end) {
    const Finding finding = findings.front();
    if (region && finding.begin >= region->end) {
      close(window, out);
    }
    findings.pop();
    // Lines are counted on from the last one that was asked for, so what stands before comes first.
    if (!region || !redacts) {
      pass(finding.begin, true, window, out);
    }
    if (action(finding.rule) == Action::warn) {
      Tally& tally = tally_of(finding.rule, 0);
      if (finding.begin >= tally.end) {
        ++tally.count;
        tally.line = tally.line == 0 ? line_of(finding.begin, window) : tally.line;
      }
      tally.end = std::max(tally.end, finding.end);
    } else if (!region) {
      open(finding, window);
    } else {
      region->end = std::max(region->end, finding.end);
      if (rank(finding.rule) > rank(region->rule)) {
        region->rule = finding.rule;
      }
      blocked = blocked || action(finding.rule) == Action::block;
    }
  }
  if (region && (region->end <= end || window.last)) {
    close(window, out);
  }
  if (!region) {
    pass(end, window.last, window, out);
  } else if (redacts) {
    drop(end);
    given = std::max(given, end);
  } else {
    pass(end, false, window, out);
  }
}

void Redactor::State::open(const Finding& finding, const Window& window) {
  region = Region{finding.begin, finding.end, finding.rule, line_of(finding.begin, window)};
  blocked = blocked || action(finding.rule) == Action::block;
}

void Redactor::State::close(const Window& window, std::string& out) {
  if (redacts) {
    if (whole) {
      if (!any_written) {
        out.reserve(out.size() + window.bytes.size());
      }
      out.append(window.bytes, window.local(written), static_cast<std::size_t>(region->begin - written));
      written = region->end;
      any_written = true;
    }
    out += replacement(region->rule);
    drop(region->end);
    given = region->end;
    any_redacted = true;
  } else {
    pass(region->end, false, window, out);
  }
  tell(region->rule, region->line, 1);
  region.reset();
}

// Gives out the text up to `to`, with the escapes within.
void Redactor::State::pass(std::uint64_t to, bool inclusive, const Window& window, std::string& out) {
  if (whole) {
    given = std::max(given, to);
    return;
  }
  while (!escapes.empty() && (escapes.front().at < to || (inclusive && escapes.front().at == to))) {
    const Escape& escape = escapes.front();
    if (escape.at > given) {
      out.append(window.bytes, window.local(given), static_cast<std::size_t>(escape.at - given));
      given = escape.at;
    }
    put(escape, window, out);
    escapes.pop_front();
  }
  if (to > given) {
    out.append(window.bytes, window.local(given), static_cast<std::size_t>(to - given));
    given = to;
  }
}

// The escapes within what is replaced.
void Redactor::State::drop(std::uint64_t to) {
  while (!escapes.empty() && escapes.front().at < to) {
    escapes.pop_front();
  }
}

// A title or a link is text of its own. All of them are one to the engine inside, but for it each begins
// anew.
void Redactor::State::put(const Escape& escape, const Window& window, std::string& out) {
  if (escape.payload_size < least_payload) {
    out += escape.bytes;
    return;
  }
  if (!inner) {
    inner = std::make_unique<State>(rules, redacts, context);
  }
  const auto payload = std::string_view(escape.bytes).substr(escape.payload_begin, escape.payload_size);
  out.append(escape.bytes, 0, escape.payload_begin);
  if (!inner->run(payload, out)) {
    out += payload;
  }
  out.append(escape.bytes, escape.payload_begin + escape.payload_size);
  const std::uint64_t line = inner->tallies.empty() ? 0 : line_of(escape.at, window);
  for (const auto& tally : inner->tallies) {
    tell(tally.rule, line, tally.count);
  }
  inner->tallies.clear();
  any_redacted = any_redacted || inner->any_redacted;
  blocked = blocked || inner->blocked;
}

// The whole of a text, which for the engine begins where the last one ended. Whether `out` was written.
bool Redactor::State::run(std::string_view text, std::string& out) {
  whole = true;
  const std::uint64_t origin = given;
  written = origin;
  lines = 0;
  lines_at = origin;
  std::size_t end = 0;
  do {
    end = std::min(text.size(), end + slice);
    advance({text.substr(0, end), origin, end == text.size()}, out);
  } while (end < text.size());
  if (!any_written) {
    return false;
  }
  out.append(text, static_cast<std::size_t>(written - origin));
  any_written = false;
  return true;
}

std::uint64_t Redactor::State::line_of(std::uint64_t at, const Window& window) {
  if (at > lines_at) {
    lines +=
        count_lines(window.bytes.substr(window.local(lines_at), static_cast<std::size_t>(at - lines_at)));
    lines_at = at;
  }
  return lines + 1;
}

Tally& Redactor::State::tally_of(std::uint32_t number, std::uint64_t line) {
  for (auto& tally : tallies) {
    if (tally.rule == number) {
      return tally;
    }
  }
  return tallies.emplace_back(Tally{number, 0, line, 0});
}

void Redactor::State::tell(std::uint32_t number, std::uint64_t line, std::uint64_t count) {
  tally_of(number, line).count += count;
}

// `piece` is text without escapes.
void Redactor::State::consume(std::string_view piece, bool last, std::string& out) {
  do {
    const auto part = piece.substr(0, slice);
    piece.remove_prefix(part.size());
    buffer += part;
    const Window window{buffer, buffer_at, last && piece.empty()};
    advance(window, out);
    line_of(given, window);
    const std::uint64_t keep = std::min(given, engine.needed());
    if (keep > buffer_at + Engine::context_bytes + least_erased || keep - buffer_at > buffer.size() / 2) {
      const auto erased =
          keep > buffer_at + Engine::context_bytes ? keep - buffer_at - Engine::context_bytes : 0;
      buffer.erase(0, static_cast<std::size_t>(erased));
      buffer_at += erased;
    }
  } while (!piece.empty());
}

Redactor::Redactor(std::shared_ptr<const RuleSet> rules, const RedactorOptions& options)
    : state_(std::make_unique<State>(
          std::move(rules), options.redact,
          std::make_shared<const LiteralScanner>(scanner_of(options.known_secrets)))) {}
Redactor::~Redactor() = default;
Redactor::Redactor(Redactor&&) noexcept = default;
Redactor& Redactor::operator=(Redactor&&) noexcept = default;

void Redactor::feed(std::string_view piece, std::string& out) {
  if (piece.empty()) {
    return;
  }
  State& state = *state_;
  if (state.filter.is_clean(piece)) {
    return state.consume(piece, false, out);
  }
  while (!piece.empty()) {
    const auto part = piece.substr(0, slice);
    piece.remove_prefix(part.size());
    std::string text;
    state.filter.feed(part, state.buffer_at + state.buffer.size(), text, state.escapes);
    state.consume(text, false, out);
  }
}

void Redactor::finish(std::string& out) {
  std::string text;
  state_->filter.finish(text);
  state_->consume(text, true, out);
}

bool Redactor::run(std::string_view text, std::string& out) {
  if (state_->filter.is_clean(text)) {
    return state_->run(text, out);
  }
  feed(text, out);
  finish(out);
  return true;
}

std::vector<Violation> Redactor::violations() const {
  std::vector<Violation> result;
  for (const auto& tally : state_->tallies) {
    Violation violation;
    violation.type = "sensitive_data";
    violation.count = tally.count;
    violation.line = tally.line;
    if (const auto* const rule = state_->rule(tally.rule)) {
      violation.rule = rule->id;
      violation.category = rule->category;
      violation.severity = rule->severity;
      violation.action = rule->action;
      violation.message = rule->description;
    } else if (tally.rule == context_rule) {
      violation.rule = "context-secret";
      violation.category = "context";
      violation.severity = Severity::critical;
      violation.message = "A value of the context that is named like a secret.";
    } else {
      violation.rule = state_->rules->canaries()[tally.rule - first_canary].id;
      violation.category = "canary";
      violation.severity = Severity::critical;
      violation.message = "A canary of the operator.";
    }
    result.push_back(std::move(violation));
  }
  return result;
}

bool Redactor::was_redacted() const {
  return state_->any_redacted;
}
bool Redactor::is_blocked() const {
  return state_->blocked;
}
std::size_t Redactor::held() const {
  const State& state = *state_;
  return static_cast<std::size_t>(state.buffer_at + state.buffer.size() - state.given) + state.filter.held();
}

}  // namespace sallyport::validators::output
