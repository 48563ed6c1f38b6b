// How many of the secrets of unseen samples are redacted as a whole, by category, and how many texts without
// a secret are changed. Fails below the goals. With a category (or `all`) it prints the samples of it that
// went wrong; a second argument is another seed.
#include "tests/support/source_folder.hpp"
#include "unseen_samples.hpp"
#include "validators/output_validator.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <string_view>

namespace {

namespace bench = sallyport::bench;
namespace output = sallyport::validators::output;

constexpr std::uint64_t usual_seed = 20261126;
constexpr double least_recall = 95;  // per cent
constexpr double least_precision = 97;

// What is left of the text on either side of everything that was replaced.
struct Replaced {
  std::size_t begin = 0;
  std::size_t end = 0;
};

Replaced replaced_in(std::string_view text, std::string_view out) {
  const auto before = std::mismatch(text.begin(), text.end(), out.begin(), out.end());
  const auto behind = std::mismatch(text.rbegin(), text.rend(), out.rbegin(), out.rend());
  return {static_cast<std::size_t>(before.first - text.begin()),
          text.size() - static_cast<std::size_t>(behind.first - text.rbegin())};
}

struct Score {
  std::size_t all = 0;
  std::size_t whole = 0;    // of positives
  std::size_t partly = 0;   // likewise: something of the secret is left
  std::size_t changed = 0;  // of negatives
};

}  // namespace

int main(int argc, char** argv) {
  const std::string shown = argc > 1 ? argv[1] : "";
  const std::uint64_t seed = argc > 2 ? std::stoull(argv[2]) : usual_seed;
  std::ifstream stream(sallyport::test::source_folder() + "/tests/bench/validators/unseen.json");
  const std::string templates((std::istreambuf_iterator<char>(stream)), {});
  const auto loaded = output::load_rules();
  std::map<std::string, Score> positives;
  std::map<std::string, Score> negatives;
  Score recall;
  Score precision;
  for (const auto& sample : bench::unseen_samples(templates, seed)) {
    std::string out;
    output::Redactor redactor(loaded.rules);
    if (!redactor.run(sample.text, out)) out = sample.text;
    const auto show = [&](const char* what) {
      if (sample.category != shown && shown != "all") return;
      std::printf("%s: %s\n  -> %s\n", what, sample.text.c_str(), out.c_str());
      for (const auto& violation : redactor.violations()) std::printf("  by %s\n", violation.rule.c_str());
    };
    if (sample.begin == sample.end) {
      Score& score = negatives[sample.category];
      ++score.all;
      if (out != sample.text) {
        ++score.changed;
        ++precision.changed;
        show("changed");
      }
      continue;
    }
    Score& score = positives[sample.category];
    ++score.all;
    ++recall.all;
    const auto secret = sample.text.substr(sample.begin, sample.end - sample.begin);
    const auto replaced = replaced_in(sample.text, out);
    if (out.find(secret) != std::string::npos || replaced.begin >= sample.end ||
        replaced.end <= sample.begin) {
      show("missed");
    } else if (replaced.begin > sample.begin || replaced.end < sample.end) {
      ++score.partly;
      ++recall.partly;
      show("partly");
    } else {
      ++score.whole;
      ++recall.whole;
    }
  }
  const auto percent = [](std::size_t part, std::size_t all) {
    return 100.0 * static_cast<double>(part) / static_cast<double>(std::max<std::size_t>(all, 1));
  };
  std::size_t honest = 0;
  for (const auto& [category, score] : positives) {
    std::printf("%-20s %4zu secrets, redacted as a whole %4zu (%5.1f %%), in part %zu\n", category.c_str(),
                score.all, score.whole, percent(score.whole, score.all), score.partly);
  }
  for (const auto& [category, score] : negatives) {
    std::printf("%-20s %4zu texts without a secret, changed %zu\n", category.c_str(), score.all,
                score.changed);
    honest += score.all;
  }
  const std::size_t found = recall.whole + recall.partly;
  const double whole = percent(recall.whole, recall.all);
  const double precise = percent(found, found + precision.changed);
  std::printf("recall of whole secrets %.2f %% of %zu; precision %.2f %% (%zu of %zu honest texts changed)\n",
              whole, recall.all, precise, precision.changed, honest);
  return whole < least_recall || precise < least_precision ? 1 : 0;
}
