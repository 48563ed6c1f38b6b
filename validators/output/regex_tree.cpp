#include "validators/output/regex_tree.hpp"

#include <algorithm>
#include <cctype>
#include <utility>

namespace sallyport::validators::output {
namespace {

constexpr std::size_t deepest_tree = 64;
constexpr std::size_t most_prefixes = 512;
constexpr std::size_t longest_prefix = 96;
constexpr std::size_t most_repeats = 1000;  // what RE2 allows

ByteSet range(unsigned first, unsigned last) {
  ByteSet set;
  for (unsigned c = first; c <= last; ++c) {
    set.set(c);
  }
  return set;
}

ByteSet digits() {
  return range('0', '9');
}
ByteSet words() {
  auto set = digits() | range('a', 'z') | range('A', 'Z');
  set.set('_');
  return set;
}
ByteSet spaces() {
  ByteSet set;
  for (const char c : std::string_view("\t\n\f\r ")) {
    set.set(static_cast<unsigned char>(c));
  }
  return set;
}

ByteSet both_cases(ByteSet set) {
  for (unsigned c = 'a'; c <= 'z'; ++c) {
    const unsigned capital = c - 'a' + 'A';
    if (set.test(c) || set.test(capital)) {
      set.set(c);
      set.set(capital);
    }
  }
  return set;
}

std::optional<unsigned> hex_value(char c) {
  if (c >= '0' && c <= '9') {
    return c - '0';
  }
  if (c >= 'a' && c <= 'f') {
    return c - 'a' + 10;
  }
  if (c >= 'A' && c <= 'F') {
    return c - 'A' + 10;
  }
  return std::nullopt;
}

std::optional<ByteSet> named_class(std::string_view name) {
  const bool negated = name.starts_with('^');
  if (negated) {
    name.remove_prefix(1);
  }
  ByteSet set;
  if (name == "word") {
    set = words();
  } else {
    int (*test)(int) = nullptr;
    if (name == "alnum") test = [](int c) { return std::isalnum(c); };
    if (name == "alpha") test = [](int c) { return std::isalpha(c); };
    if (name == "ascii") test = [](int c) { return static_cast<int>(c < 128); };
    if (name == "blank") test = [](int c) { return static_cast<int>(c == ' ' || c == '\t'); };
    if (name == "cntrl") test = [](int c) { return std::iscntrl(c); };
    if (name == "digit") test = [](int c) { return std::isdigit(c); };
    if (name == "graph") test = [](int c) { return std::isgraph(c); };
    if (name == "lower") test = [](int c) { return std::islower(c); };
    if (name == "print") test = [](int c) { return std::isprint(c); };
    if (name == "punct") test = [](int c) { return std::ispunct(c); };
    if (name == "space") test = [](int c) { return std::isspace(c); };
    if (name == "upper") test = [](int c) { return std::isupper(c); };
    if (name == "xdigit") test = [](int c) { return std::isxdigit(c); };
    if (test == nullptr) {
      return std::nullopt;
    }
    for (unsigned c = 0; c < 128; ++c) {
      set.set(c, test(static_cast<int>(c)) != 0);
    }
  }
  return negated ? ~set : set;
}

struct Flags {
  bool fold = false;
  bool dot_newline = false;
  bool swap_greed = false;
};

class Parser {
 public:
  Parser(std::string_view text, std::string& why) : text_(text), why_(why) {}

  std::optional<RegexNode> parse() {
    auto root = choice(0);
    if (!failed_ && at_ < text_.size()) {
      fail("an unexpected )");
    }
    if (failed_) {
      return std::nullopt;
    }
    return root;
  }

 private:
  [[nodiscard]] bool more() const { return at_ < text_.size() && !failed_; }
  [[nodiscard]] char peek(std::size_t ahead = 0) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }
  bool take(std::string_view expected) {
    if (text_.substr(at_).starts_with(expected)) {
      at_ += expected.size();
      return true;
    }
    return false;
  }
  void fail(std::string_view why) {
    if (!failed_) {
      why_ = why;
    }
    failed_ = true;
  }

  RegexNode choice(std::size_t depth) {
    if (depth > deepest_tree) {
      fail("groups that are nested too deeply");
      return {};
    }
    const Flags outside = flags_;
    RegexNode node;
    node.kind = RegexNode::Kind::choice;
    node.parts.push_back(sequence(depth));
    while (more() && take("|")) {
      node.parts.push_back(sequence(depth));
    }
    flags_ = outside;
    if (node.parts.size() == 1) {
      RegexNode only = std::move(node.parts.front());
      return only;
    }
    return node;
  }

  RegexNode sequence(std::size_t depth) {
    RegexNode node;
    node.kind = RegexNode::Kind::sequence;
    while (more() && peek() != '|' && peek() != ')') {
      RegexNode part = atom(depth);
      quantifiers(part);
      node.parts.push_back(std::move(part));
    }
    return node;
  }

  void quantifiers(RegexNode& part) {
    for (int count = 0; more(); ++count) {
      std::size_t least = 0;
      std::size_t most = unlimited;
      if (take("*")) {
      } else if (take("+")) {
        least = 1;
      } else if (take("?")) {
        most = 1;
      } else if (!braces(least, most)) {
        return;
      }
      if (count > 8) {
        return fail("too many quantifiers in a row");
      }
      RegexNode repeat;
      repeat.kind = RegexNode::Kind::repeat;
      repeat.least = least;
      repeat.most = most;
      repeat.greedy = take("?") == flags_.swap_greed;
      repeat.parts.push_back(std::move(part));
      part = std::move(repeat);
    }
  }

  bool number(std::size_t& at, std::size_t& into) const {
    const std::size_t begin = at;
    into = 0;
    while (at < text_.size() && at - begin < 5 && text_[at] >= '0' && text_[at] <= '9') {
      into = into * 10 + static_cast<std::size_t>(text_[at++] - '0');
    }
    return at > begin;
  }

  bool braces(std::size_t& least, std::size_t& most) {
    std::size_t at = at_;
    if (peek() != '{' || !number(++at, least)) {
      return false;
    }
    most = least;
    if (at < text_.size() && text_[at] == ',') {
      ++at;
      if (!number(at, most)) {
        most = unlimited;
      }
    }
    if (at >= text_.size() || text_[at] != '}') {
      return false;
    }
    if (least > most_repeats || (most != unlimited && most > most_repeats) || most < least) {
      fail("a repetition of more than 1000, or from more to less");
    }
    at_ = at + 1;
    return true;
  }

  [[nodiscard]] RegexNode bytes(ByteSet set) const {
    RegexNode node;
    node.kind = RegexNode::Kind::bytes;
    node.bytes = flags_.fold ? both_cases(set) : set;
    return node;
  }

  [[nodiscard]] RegexNode byte(unsigned char c) const {
    ByteSet set;
    set.set(c);
    return bytes(set);
  }

  static RegexNode assertion(char which) {
    RegexNode node;
    node.kind = which == 'b' ? RegexNode::Kind::word_boundary : RegexNode::Kind::other_assertion;
    node.assertion = which;
    return node;
  }

  RegexNode atom(std::size_t depth) {
    const char c = peek();
    if (static_cast<unsigned char>(c) >= 0x80) {
      fail("a character beyond ASCII; write its bytes as \\xHH");
      return {};
    }
    if (c == '(') {
      return group(depth);
    }
    if (c == '[') {
      return bracket();
    }
    ++at_;
    switch (c) {
      case '\\':
        return escape();
      case '.': {
        ByteSet set;
        set.set();
        set.set('\n', flags_.dot_newline);
        RegexNode node;
        node.kind = RegexNode::Kind::bytes;
        node.bytes = set;
        return node;
      }
      case '^':
      case '$':
        return assertion(c);
      case '*':
      case '+':
      case '?':
        fail("a quantifier behind nothing");
        return {};
      default:
        return byte(static_cast<unsigned char>(c));
    }
  }

  RegexNode group(std::size_t depth) {
    ++at_;
    std::string name;
    const Flags outside = flags_;
    if (take("?P<")) {
      const auto end = text_.find('>', at_);
      if (end == std::string_view::npos) {
        fail("a group name without end");
        return {};
      }
      name = text_.substr(at_, end - at_);
      at_ = end + 1;
    } else if (take("?")) {
      bool on = true;
      for (; more() && peek() != ':' && peek() != ')'; ++at_) {
        switch (peek()) {
          case '-':
            on = false;
            break;
          case 'i':
            flags_.fold = on;
            break;
          case 's':
            flags_.dot_newline = on;
            break;
          case 'U':
            flags_.swap_greed = on;
            break;
          case 'm':
            if (!on) {
              fail("(?-m)");
            }
            break;
          default:
            fail("a group that RE2 does not have (lookaround, or (?<name>) in place of (?P<name>))");
        }
      }
      if (take(")")) {  // for the rest of the group around
        return {};
      }
      if (!take(":")) {
        fail("a group without end");
      }
    }
    RegexNode node = choice(depth + 1);
    flags_ = outside;
    if (!take(")")) {
      fail("a group without end");
    }
    if (!name.empty()) {
      RegexNode named;
      named.kind = RegexNode::Kind::sequence;
      named.group = std::move(name);
      named.parts.push_back(std::move(node));
      return named;
    }
    return node;
  }

  // The set that an escape of a class stands for: \d, \w, ...
  static std::optional<ByteSet> class_escape(char c) {
    switch (c) {
      case 'd':
        return digits();
      case 'D':
        return ~digits();
      case 'w':
        return words();
      case 'W':
        return ~words();
      case 's':
        return spaces();
      case 'S':
        return ~spaces();
      default:
        return std::nullopt;
    }
  }

  // The byte that an escape stands for; `at_` is behind the backslash.
  std::optional<unsigned char> byte_escape() {
    const char c = peek();
    ++at_;
    switch (c) {
      case 'n':
        return '\n';
      case 't':
        return '\t';
      case 'r':
        return '\r';
      case 'f':
        return '\f';
      case 'v':
        return '\v';
      case 'a':
        return '\a';
      case 'x':
        return hex_escape();
      default:
        break;
    }
    if (std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '\0') {
      return std::nullopt;
    }
    return static_cast<unsigned char>(c);
  }

  std::optional<unsigned char> hex_escape() {
    const bool braced = take("{");
    unsigned value = 0;
    for (int count = 0; count < 2; ++count) {
      const auto digit = hex_value(peek());
      if (!digit) {
        return std::nullopt;
      }
      value = value * 16 + *digit;
      ++at_;
      if (braced && peek() == '}') {
        break;
      }
    }
    if (braced && !take("}")) {
      return std::nullopt;
    }
    return static_cast<unsigned char>(value);
  }

  RegexNode escape() {
    const char c = peek();
    if (c == 'b' || c == 'B') {
      ++at_;
      return assertion(c);
    }
    if (const auto set = class_escape(c)) {
      ++at_;
      return bytes(*set);
    }
    if (c == 'Q') {
      ++at_;
      return quoted();
    }
    if (const auto literal = byte_escape()) {
      return byte(*literal);
    }
    fail(std::string("the escape \\") + (c == '\0' ? std::string("at the end") : std::string(1, c)));
    return {};
  }

  RegexNode quoted() {
    RegexNode node;
    node.kind = RegexNode::Kind::sequence;
    while (more() && !take("\\E")) {
      node.parts.push_back(byte(static_cast<unsigned char>(peek())));
      ++at_;
    }
    return node;
  }

  RegexNode bracket() {
    ++at_;
    const bool negated = take("^");
    ByteSet set;
    for (bool first = true; more() && (first || peek() != ']'); first = false) {
      if (take("[:")) {
        const auto end = text_.find(":]", at_);
        const auto named =
            end == std::string_view::npos ? std::nullopt : named_class(text_.substr(at_, end - at_));
        if (!named) {
          fail("a class name that is not known");
          return {};
        }
        set |= *named;
        at_ = end + 2;
        continue;
      }
      if (peek() == '\\') {
        if (const auto shorthand = class_escape(peek(1))) {
          set |= *shorthand;
          at_ += 2;
          continue;
        }
      }
      const auto low = bracket_byte();
      auto high = low;
      if (peek() == '-' && peek(1) != ']' && at_ + 1 < text_.size()) {
        ++at_;
        high = bracket_byte();
      }
      if (!low || !high || *low > *high) {
        fail("a class with an escape or range that is not known");
        return {};
      }
      set |= range(*low, *high);
    }
    if (!take("]")) {
      fail("a class without end");
    }
    if (flags_.fold) {
      set = both_cases(set);
    }
    RegexNode node;
    node.kind = RegexNode::Kind::bytes;
    node.bytes = negated ? ~set : set;
    return node;
  }

  std::optional<unsigned char> bracket_byte() {
    if (take("\\")) {
      return byte_escape();
    }
    const auto c = static_cast<unsigned char>(peek());
    ++at_;
    return c < 0x80 ? std::optional(c) : std::nullopt;
  }

  std::string_view text_;
  std::string& why_;
  std::size_t at_ = 0;
  Flags flags_;
  bool failed_ = false;
};

std::size_t plus(std::size_t a, std::size_t b) {
  return a == unlimited || b == unlimited ? unlimited : a + b;
}
std::size_t times(std::size_t a, std::size_t b) {
  if (a == 0 || b == 0) {
    return 0;
  }
  return a == unlimited || b == unlimited ? unlimited : a * b;
}

// The beginnings that a match may have, in small letters.
struct Prefix {
  std::string text;
  bool open = true;  // what follows in the pattern follows here too
};
using Prefixes = std::vector<Prefix>;

void close(Prefixes& prefixes) {
  for (auto& prefix : prefixes) {
    prefix.open = false;
  }
}

bool any_open(const Prefixes& prefixes) {
  return std::any_of(prefixes.begin(), prefixes.end(), [](const Prefix& prefix) { return prefix.open; });
}

void append(Prefixes& to, const Prefixes& from) {
  to.insert(to.end(), from.begin(), from.end());
}

std::string small_letters_of(const ByteSet& set) {
  std::string letters;
  for (unsigned c = 0; c < 256; ++c) {
    const bool capital = c >= 'A' && c <= 'Z';
    const unsigned small = capital ? c - 'A' + 'a' : c;
    if (set.test(c) && (!capital || !set.test(small))) {
      letters += static_cast<char>(small);
    }
  }
  return letters;
}

Prefixes extend(const RegexNode& node, Prefixes prefixes);

Prefixes extend_by_bytes(const ByteSet& set, const Prefixes& prefixes) {
  const std::string letters = small_letters_of(set);
  Prefixes result;
  for (const auto& prefix : prefixes) {
    if (!prefix.open) {
      result.push_back(prefix);
    } else if (letters.empty() || letters.size() > 8 || prefix.text.size() >= longest_prefix) {
      result.push_back({prefix.text, false});
    } else {
      for (const char c : letters) {
        result.push_back({prefix.text + c, true});
      }
    }
  }
  return result;
}

Prefixes extend_by_repeat(const RegexNode& node, Prefixes prefixes) {
  Prefixes result;
  for (std::size_t count = 0;; ++count) {
    if (count >= node.least) {
      append(result, prefixes);
    }
    if (count == node.most || result.size() > most_prefixes) {
      break;
    }
    Prefixes open;
    for (auto& prefix : prefixes) {
      if (prefix.open) {
        open.push_back(std::move(prefix));
      } else if (count < node.least) {
        result.push_back(std::move(prefix));
      }
    }
    if (open.empty()) {
      break;
    }
    prefixes = extend(node.parts.front(), std::move(open));
    if (count > longest_prefix) {  // a part that may be empty
      close(prefixes);
    }
  }
  return result;
}

Prefixes extend(const RegexNode& node, Prefixes prefixes) {
  switch (node.kind) {
    case RegexNode::Kind::bytes:
      prefixes = extend_by_bytes(node.bytes, prefixes);
      break;
    case RegexNode::Kind::sequence:
      for (const auto& part : node.parts) {
        if (!any_open(prefixes)) {
          break;
        }
        prefixes = extend(part, std::move(prefixes));
      }
      break;
    case RegexNode::Kind::choice: {
      Prefixes result;
      for (const auto& part : node.parts) {
        append(result, extend(part, prefixes));
      }
      prefixes = std::move(result);
      break;
    }
    case RegexNode::Kind::repeat:
      prefixes = extend_by_repeat(node, std::move(prefixes));
      break;
    default:
      break;
  }
  if (prefixes.size() > most_prefixes) {
    close(prefixes);
  }
  return prefixes;
}

// The parts that follow one another, groups opened.
void flatten(const RegexNode& node, std::vector<const RegexNode*>& into) {
  if (node.kind == RegexNode::Kind::sequence) {
    for (const auto& part : node.parts) {
      flatten(part, into);
    }
  } else {
    into.push_back(&node);
  }
}

// The lengths that a match of the node may have. Nothing if there are some beyond longest_offset.
std::optional<Offsets> all_lengths(const RegexNode& node);

std::optional<Offsets> one_behind_the_other(const std::optional<Offsets>& first,
                                            const std::optional<Offsets>& second) {
  if (!first || !second) {
    return std::nullopt;
  }
  Offsets sum;
  std::size_t most = 0;
  for (std::size_t i = 0; i <= longest_offset; ++i) {
    if (second->test(i)) {
      sum |= *first << i;
      most = i;
    }
  }
  for (std::size_t i = longest_offset + 1 - most; i <= longest_offset; ++i) {
    if (first->test(i)) {
      return std::nullopt;
    }
  }
  return sum;
}

std::optional<Offsets> all_lengths_of_repeat(const RegexNode& node) {
  if (node.most == unlimited) {
    return std::nullopt;
  }
  const auto once = all_lengths(node.parts.front());
  std::optional<Offsets> sum = Offsets(1);
  Offsets all;
  for (std::size_t count = 0; sum; ++count) {
    if (count >= node.least) {
      all |= *sum;
    }
    if (count == node.most) {
      return all;
    }
    sum = one_behind_the_other(sum, once);
  }
  return std::nullopt;
}

std::optional<Offsets> all_lengths(const RegexNode& node) {
  switch (node.kind) {
    case RegexNode::Kind::bytes:
      return Offsets(2);
    case RegexNode::Kind::sequence: {
      std::optional<Offsets> sum = Offsets(1);
      for (const auto& part : node.parts) {
        sum = one_behind_the_other(sum, all_lengths(part));
      }
      return sum;
    }
    case RegexNode::Kind::choice: {
      Offsets all;
      for (const auto& part : node.parts) {
        const auto one = all_lengths(part);
        if (!one) {
          return std::nullopt;
        }
        all |= *one;
      }
      return all;
    }
    case RegexNode::Kind::repeat:
      return all_lengths_of_repeat(node);
    default:
      return Offsets(1);
  }
}

// Counted from the part `first`. Nothing unless each match has one of the keywords there.
std::optional<std::vector<Offsets>> offsets_from(const std::vector<const RegexNode*>& parts,
                                                 std::size_t first,
                                                 const std::vector<std::string>& keywords) {
  Prefixes prefixes{{}};
  for (std::size_t i = first; i < parts.size() && any_open(prefixes); ++i) {
    prefixes = extend(*parts[i], std::move(prefixes));
  }
  std::vector<Offsets> offsets(keywords.size());
  for (const auto& prefix : prefixes) {
    bool found = false;
    for (std::size_t i = 0; i < keywords.size(); ++i) {
      for (auto at = prefix.text.find(keywords[i]); at != std::string::npos;
           at = prefix.text.find(keywords[i], at + 1)) {
        found = true;
        offsets[i].set(at);
      }
    }
    if (!found) {
      return std::nullopt;
    }
  }
  return offsets;
}

std::size_t count_of(const std::vector<Offsets>& offsets) {
  std::size_t count = 0;
  for (const auto& each : offsets) {
    count += each.count();
  }
  return count;
}

}  // namespace

std::optional<RegexNode> parse_regex(std::string_view pattern, std::string& why) {
  return Parser(pattern, why).parse();
}

Lengths lengths_of(const RegexNode& node) {
  switch (node.kind) {
    case RegexNode::Kind::bytes:
      return {1, 1};
    case RegexNode::Kind::sequence: {
      Lengths sum;
      for (const auto& part : node.parts) {
        const auto lengths = lengths_of(part);
        sum = {plus(sum.least, lengths.least), plus(sum.most, lengths.most)};
      }
      return sum;
    }
    case RegexNode::Kind::choice: {
      Lengths all{unlimited, 0};
      for (const auto& part : node.parts) {
        const auto lengths = lengths_of(part);
        all = {std::min(all.least, lengths.least), std::max(all.most, lengths.most)};
      }
      return all;
    }
    case RegexNode::Kind::repeat: {
      const auto once = lengths_of(node.parts.front());
      return {times(once.least, node.least), times(once.most, node.most)};
    }
    default:
      return {};
  }
}

std::optional<std::vector<Offsets>> offsets_of_keywords(const RegexNode& root,
                                                        const std::vector<std::string>& keywords) {
  std::vector<const RegexNode*> parts;
  flatten(root, parts);
  std::optional<Offsets> before = Offsets(1);
  std::optional<std::vector<Offsets>> best;
  for (std::size_t i = 0; i < parts.size() && before && (!best || before->count() == 1); ++i) {
    auto found = offsets_from(parts, i, keywords);
    for (std::size_t k = 0; found && k < keywords.size(); ++k) {
      const auto place = one_behind_the_other(before, (*found)[k]);
      if (place) {
        (*found)[k] = *place;
      } else {
        found.reset();
      }
    }
    if (found && (!best || count_of(*found) < count_of(*best))) {
      best = std::move(found);
    }
    before = one_behind_the_other(before, all_lengths(*parts[i]));
  }
  return best;
}

}  // namespace sallyport::validators::output
