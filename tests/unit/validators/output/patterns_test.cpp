// The engine's own ways of matching against RE2, which decides what a pattern means.
#include "validators/output/backtracker.hpp"
#include "validators/output/dfa.hpp"
#include "validators/output/digit_groups.hpp"
#include "validators/output/literal_scanner.hpp"
#include "validators/output/regex_tree.hpp"

#include <gtest/gtest.h>
#include <re2/re2.h>

#include <array>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::validators::output {
namespace {

constexpr std::array<std::string_view, 14> patterns{
    "(?P<secret>a+b?)",
    "a(?P<secret>[ab]{2,5})c",
    "(?i)ab(?P<secret>[^\\s\"']{1,6})[\"']?",
    "a{0,3}?(?P<secret>(?:ab|a|b){1,4})b",
    "(?:a|ab)(?P<secret>c|bcd)?(?P<secret2>d*)",
    "\\ba(?P<secret>\\w{1,3})\\b",
    "(?:^|[^a])(?P<secret>b+)$",
    "a(?P<secret>.{0,6}?)(?:c|$)",
    "(?P<secret>[a-c]{3,})d",
    "a\\B(?P<secret>b|\\Bc)",
    "(?:a*?b|c)(?P<secret>(?:[ab] ?){0,3})c?",
    "a(?P<secret>b[ -]?){2}",
    "(?P<secret>(?:a[bc]?){2,4}?)d?",
    "[[:alpha:]](?P<secret>\\d|\\x20|\\t)*",
};

std::string random_text(std::mt19937& random) {
  constexpr std::string_view letters = "aaabbbccd AB\n \"_1";
  std::string text;
  for (auto size = random() % 14; size > 0; --size) {
    text += letters[random() % letters.size()];
  }
  return text;
}

re2::RE2::Options latin1() {
  re2::RE2::Options options;
  options.set_encoding(re2::RE2::Options::EncodingLatin1);
  return options;
}

TEST(Patterns, DigitsOfABlock) {
  std::mt19937 random(3);  // NOLINT(cert-msc32-c,cert-msc51-cpp): the same each time
  for (int round = 0; round < 200; ++round) {
    std::array<char, digit_block> block{};
    std::uint64_t digits = 0;
    for (std::size_t i = 0; i < block.size(); ++i) {
      block.at(i) = static_cast<char>(round % 2 == 0 ? random() % 256 : '/' + random() % 12);
      digits |= std::uint64_t{block.at(i) >= '0' && block.at(i) <= '9'} << i;
    }
    EXPECT_EQ(find_digits(block.data()), digits);
    EXPECT_EQ(find_digits_portably(block.data()), digits);
  }
}

// Which numbers can be refused by the length of their first group.
TEST(Patterns, ShapesOfNumbers) {
  std::string why;
  Nfa nfa(64);
  nfa.add(*parse_regex("(?P<secret>\\d{3}-\\d{2}|4\\d{5}|\\d{30})", why));
  const DigitShapes shapes(Dfa::gate(nfa, {nfa.start(0)}));
  EXPECT_TRUE(shapes.allow(3, '-'));
  EXPECT_FALSE(shapes.allow(3, '.'));
  EXPECT_FALSE(shapes.allow(4, '-'));
  EXPECT_TRUE(shapes.allow(6, '.'));
  EXPECT_TRUE(shapes.allow(DigitShapes::most, '.'));
}

TEST(Patterns, BacktrackerAgreesWithRe2) {
  std::mt19937 random(1);  // NOLINT(cert-msc32-c,cert-msc51-cpp): the same each time
  for (const auto pattern : patterns) {
    std::string why;
    const auto tree = parse_regex(pattern, why);
    ASSERT_TRUE(tree) << pattern << why;
    const auto ours = Backtracker::compile(*tree);
    ASSERT_TRUE(ours) << pattern;
    const re2::RE2 theirs("(?m)" + std::string(pattern), latin1());
    ASSERT_TRUE(theirs.ok());
    const int group = theirs.NamedCapturingGroups().at("secret");
    for (int round = 0; round < 4000; ++round) {
      const std::string text = random_text(random);
      const std::size_t at = random() % (text.size() + 1);
      const std::size_t end = at + random() % (text.size() - at + 1);
      std::array<re2::StringPiece, 4> groups;
      const bool found = theirs.Match(text, at, end, re2::RE2::ANCHOR_START, groups.data(), 3);
      const auto result = ours->match(text, at, end);
      ASSERT_EQ(result.verdict, found ? Backtracker::Result::Verdict::yes : Backtracker::Result::Verdict::no)
          << pattern << " at " << at << " to " << end << ": " << text;
      if (found) {
        ASSERT_EQ(result.end, at + groups[0].size())
            << pattern << " at " << at << " to " << end << ": " << text;
        const auto& secret = groups.at(static_cast<std::size_t>(group));
        const auto begin = secret.data() == nullptr ? Backtracker::nowhere
                                                    : static_cast<std::size_t>(secret.data() - text.data());
        ASSERT_EQ(result.groups[0], begin) << pattern << " at " << at << " to " << end << ": " << text;
      }
    }
  }
}

TEST(Patterns, GateNeverSaysNoWhereRe2Matches) {
  std::mt19937 random(2);  // NOLINT(cert-msc32-c,cert-msc51-cpp): the same each time
  Nfa nfa(40);
  std::vector<Nfa::Threads> threads;
  std::vector<std::unique_ptr<re2::RE2>> theirs;
  for (const auto pattern : patterns) {
    std::string why;
    threads.push_back(nfa.start(nfa.add(*parse_regex(pattern, why))));
    theirs.push_back(std::make_unique<re2::RE2>("(?m)" + std::string(pattern), latin1()));
  }
  const auto gate = Dfa::gate(nfa, threads);
  for (int round = 0; round < 5000; ++round) {
    const std::string text = random_text(random);
    const auto passed = gate.pass(text.data(), text.size(), true).patterns;
    ASSERT_EQ(gate.pass(text.data(), text.size(), false).patterns & passed, passed) << text;
    for (std::size_t i = 0; i < theirs.size(); ++i) {
      if (theirs[i]->Match(text, 0, text.size(), re2::RE2::ANCHOR_START, nullptr, 0)) {
        ASSERT_EQ((passed >> i) & 1U, 1U) << patterns.at(i) << ": " << text;
      }
    }
  }
}

TEST(Patterns, WholeMatches) {
  std::string why;
  const auto dfa = Dfa::whole(*parse_regex("(?P<secret>ab[0-9]{2,4})\\b", why));
  ASSERT_TRUE(dfa);
  EXPECT_EQ(dfa->longest("ab123 ", 0, 6), 5U);
  EXPECT_EQ(dfa->longest("ab12345", 0, 7), 0U);
  EXPECT_EQ(dfa->longest("ab1", 0, 3), 0U);
  EXPECT_EQ(dfa->longest("xab1234", 1, 6), 0U);  // cut in a word
  EXPECT_FALSE(Dfa::whole(*parse_regex("(?P<secret>a\\bb)", why)));
}

TEST(Patterns, PlacesOfKeywords) {
  const auto places = [](std::string_view pattern, const std::vector<std::string>& keywords) {
    std::string why;
    std::vector<std::string> result;
    const auto offsets = offsets_of_keywords(*parse_regex(pattern, why), keywords);
    for (const auto& each : offsets.value_or(std::vector<Offsets>())) {
      std::string text;
      for (std::size_t i = 0; i <= longest_offset; ++i) {
        text += each.test(i) ? std::to_string(i) + " " : "";
      }
      result.push_back(text);
    }
    return result;
  };
  using Texts = std::vector<std::string>;
  EXPECT_EQ(places("(?i)(?:api_?key|token)=x", {"key", "token"}), (Texts{"3 4 ", "0 "}));
  EXPECT_EQ(places("[a-z]{2}-?abc", {"abc"}), Texts{"2 3 "});
  EXPECT_EQ(places("sk-[a-z]{20}T3Blb", {"t3blb"}), Texts{"23 "});
  EXPECT_EQ(places(".*abc", {"abc"}), Texts{});
  EXPECT_EQ(places("(?:abc|[xyz]+)d", {"abc"}), Texts{});
}

TEST(Patterns, SyntaxThatIsRefused) {
  for (const auto* const pattern :
       {"\\Aa", "a\\z", "\\pN", "(?<x>a)", "a{2,1}", "(a", "a)", "[b-a]", "*a", "\xC3\xA9"}) {
    std::string why;
    EXPECT_FALSE(parse_regex(pattern, why)) << pattern;
    EXPECT_FALSE(why.empty());
  }
}

TEST(Patterns, LiteralScannerFindsAllOfThem) {
  std::mt19937 random(3);  // NOLINT(cert-msc32-c,cert-msc51-cpp): the same each time
  const std::vector<std::string> words{"abc", "abcd", "bcd a", "token", "-----begin", "a b", "1_2"};
  std::vector<Literal> literals;
  for (const auto& word : words) {
    literals.push_back({word, false, 0});
  }
  const LiteralScanner scanner(literals);
  constexpr std::string_view letters = "abcdABCD -12_";
  for (int round = 0; round < 500; ++round) {
    std::string text;
    for (int i = 0; i < 60; ++i) {
      text += random() % 20 == 0 ? words[random() % words.size()]
                                 : std::string(1, letters[random() % letters.size()]);
    }
    std::string small = text;
    for (char& c : small) {
      c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    }
    std::vector<int> expected(words.size());
    std::vector<int> counted(words.size());
    for (std::size_t i = 0; i < words.size(); ++i) {
      for (auto at = small.find(words[i]); at != std::string::npos; at = small.find(words[i], at + 1)) {
        ++expected[i];
      }
    }
    scanner.scan(text, 0, text.size(), [&](std::size_t, std::size_t begin, std::uint32_t literal) {
      EXPECT_EQ(small.substr(begin, words[literal].size()), words[literal]);
      ++counted[literal];
    });
    ASSERT_EQ(counted, expected) << text;
  }
}

}  // namespace
}  // namespace sallyport::validators::output
