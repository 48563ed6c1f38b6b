// The output validation by CPU time of one core: throughput beside Hyperscan's and RE2's on the same rules,
// the slowest of many hostile texts, memory. Prints figures; asserts nothing.
#include "keyword_windows.hpp"
#include "output_texts.hpp"
#include "rule_search.hpp"
#include "validators/output_validator.hpp"

#include <re2/re2.h>
#ifdef SALLYPORT_HYPERSCAN
#include <hs.h>
#endif

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace {

using sallyport::validators::OutputValidator;
namespace output = sallyport::validators::output;
namespace bench = sallyport::bench;

constexpr int rounds = 41;
constexpr int many_rules = 5;
constexpr std::size_t megabyte = 1'000'000;

double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

template <class Work>
double seconds(const Work& work) {
  const double begun = cpu_seconds();
  work();
  return cpu_seconds() - begun;
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

// Resident memory of this process, in bytes.
double resident() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmRSS:")) {
      std::istringstream words(line.substr(6));
      double kilobytes = 0;
      words >> kilobytes;
      return kilobytes * 1024;
    }
  }
  return 0;
}

#ifdef SALLYPORT_HYPERSCAN
// All patterns that Hyperscan takes, as one database; it finds ends of matches, no groups, and checks
// nothing.
class Hyperscan {
 public:
  explicit Hyperscan(const std::vector<output::Rule>& rules) {
    std::vector<const char*> patterns;
    std::vector<unsigned> flags;
    std::vector<unsigned> ids;
    for (const auto& rule : rules) {
      hs_compile_error_t* error = nullptr;
      hs_database_t* one = nullptr;
      const unsigned flag = HS_FLAG_MULTILINE;
      if (hs_compile(rule.pattern.c_str(), flag, HS_MODE_BLOCK, nullptr, &one, &error) == HS_SUCCESS) {
        hs_free_database(one);
        patterns.push_back(rule.pattern.c_str());
        flags.push_back(flag);
        ids.push_back(static_cast<unsigned>(ids.size()));
      } else {
        ++refused_;
        hs_free_compile_error(error);
      }
    }
    hs_compile_error_t* error = nullptr;
    if (hs_compile_multi(patterns.data(), flags.data(), ids.data(), static_cast<unsigned>(patterns.size()),
                         HS_MODE_BLOCK, nullptr, &database_, &error) != HS_SUCCESS) {
      std::printf("Hyperscan refuses the rules: %s\n", error->message);
      hs_free_compile_error(error);
      return;
    }
    hs_alloc_scratch(database_, &scratch_);
  }
  ~Hyperscan() {
    hs_free_scratch(scratch_);
    hs_free_database(database_);
  }
  Hyperscan(const Hyperscan&) = delete;
  Hyperscan& operator=(const Hyperscan&) = delete;

  [[nodiscard]] int refused() const { return refused_; }
  std::uint64_t scan(std::string_view text) const {
    std::uint64_t found = 0;
    const auto count = [](unsigned, unsigned long long, unsigned long long, unsigned, void* into) {
      ++*static_cast<std::uint64_t*>(into);
      return 0;
    };
    hs_scan(database_, text.data(), static_cast<unsigned>(text.size()), 0, scratch_, count, &found);
    return found;
  }

 private:
  hs_database_t* database_ = nullptr;
  hs_scratch_t* scratch_ = nullptr;
  int refused_ = 0;
};

// Compiled once, where it is first asked for.
const Hyperscan& hyperscan_of(const std::vector<output::Rule>& rules) {
  static const Hyperscan made(rules);
  return made;
}
#endif

// Each rule for itself over the whole text.
class Re2Alone {
 public:
  explicit Re2Alone(const std::vector<output::Rule>& rules) {
    for (const auto& rule : rules) patterns_.push_back(bench::pattern_of(rule));
  }
  std::uint64_t scan(std::string_view text) const {
    std::uint64_t found = 0;
    for (const auto& pattern : patterns_) found += bench::count_matches(*pattern, text, 0, text.size());
    return found;
  }

 private:
  std::vector<std::unique_ptr<re2::RE2>> patterns_;
};

struct Speeds {
  std::vector<double> ours;
  std::vector<double> chunked;
  std::vector<double> hyperscan;
};

}  // namespace

int main(int argc, char** argv) {
  const std::string only = argc > 1 ? argv[1] : "";
  const std::string named = argc > 2 ? argv[2] : "";  // the one text that is read, and often, for a profiler
  const double before = resident();
  output::LoadedRules loaded;
  const double load = seconds([&] { loaded = output::load_rules(); });
  if (!loaded.rules) {
    for (const auto& mistake : loaded.mistakes) std::printf("%s\n", mistake.text().c_str());
    return 1;
  }
  const auto& rules = loaded.rules->rules();
  const OutputValidator validator(loaded.rules);
  std::printf("%zu rules, loaded in %.0f ms CPU; tables %.1f MB, resident %.1f MB\n", rules.size(),
              load * 1e3, static_cast<double>(loaded.rules->memory()) / 1e6, (resident() - before) / 1e6);

  std::vector<std::string> examples;
  std::map<std::string, int> uses;  // rules of each keyword
  for (const auto& rule : rules) {
    for (const auto& example : rule.must_match) examples.push_back(example.text);
    for (const auto& keyword : rule.keywords) ++uses[keyword];
  }
  // Those of the most rules, and some of the others.
  std::vector<std::string> keywords;
  int count = 0;
  for (const auto& [keyword, rules_of_it] : uses) {
    if (rules_of_it >= many_rules || ++count % 25 == 0) keywords.push_back(keyword);
  }
  const std::vector<bench::NamedText> texts{
      {"ordinary output", bench::ordinary_output(megabyte)},
      {"keyword-dense text", bench::keyword_dense_text(megabyte)},
      {"keyword-rich text", bench::keyword_rich_text(megabyte)},
      {"nothing but secrets", bench::secrets_only(examples, megabyte)},
  };

  if (only.empty() || only == "speed") {
    for (const auto& text : texts) {
      if (text.name != named) continue;
      std::vector<double> times;
      for (int round = 0; round < 320; ++round) {
        times.push_back(seconds([&] { (void)validator.validate(text.text); }));
      }
      const double size = static_cast<double>(text.text.size()) / 1e6;
      std::printf("%s: %.1f MB/s, at best %.1f MB/s\n", named.c_str(), size / median(times),
                  size / *std::min_element(times.begin(), times.end()));
    }
    if (!named.empty()) return 0;
    const bench::KeywordWindows windows(rules);
    const double idle = resident();
    for (const auto& text : texts) {
      const auto result = validator.validate(text.text);
      std::uint64_t count = 0;
      for (const auto& violation : result.violations) count += violation.count;
      std::printf("%-20s %4.1f MB, a keyword every %.0f bytes, %llu findings\n", text.name.c_str(),
                  static_cast<double>(text.text.size()) / 1e6,
                  static_cast<double>(text.text.size()) /
                      static_cast<double>(windows.scan(text.text, false).keywords),
                  static_cast<unsigned long long>(count));
    }
    std::printf("resident after all texts, with RE2's caches: %.1f MB more\n", (resident() - idle) / 1e6);
#ifdef SALLYPORT_HYPERSCAN
    const Hyperscan& hyperscan = hyperscan_of(rules);
    std::printf("Hyperscan does not take %d of the rules\n", hyperscan.refused());
#endif
    const Re2Alone re2(rules);
    for (const auto& text : texts) {
      const double size = static_cast<double>(text.text.size()) / 1e6;
      Speeds speeds;
      for (int round = 0; round < rounds; ++round) {
        speeds.ours.push_back(size / seconds([&] { (void)validator.validate(text.text); }));
        speeds.chunked.push_back(size / seconds([&] {
                                   output::Redactor redactor(loaded.rules);
                                   std::string out;
                                   for (std::size_t at = 0; at < text.text.size(); at += 4096) {
                                     redactor.feed(std::string_view(text.text).substr(at, 4096), out);
                                   }
                                   redactor.finish(out);
                                 }));
#ifdef SALLYPORT_HYPERSCAN
        speeds.hyperscan.push_back(size / seconds([&] { (void)hyperscan.scan(text.text); }));
#endif
      }
      const auto part = std::string_view(text.text).substr(0, 200'000);
      const double alone = static_cast<double>(part.size()) / 1e6 / seconds([&] { (void)re2.scan(part); });
      std::printf("%-20s ours %6.0f MB/s, in pieces of 4 KiB %6.0f MB/s", text.name.c_str(),
                  median(speeds.ours), median(speeds.chunked));
      if (!speeds.hyperscan.empty()) {
        std::printf(", Hyperscan %6.0f MB/s (ours %.2f of it)", median(speeds.hyperscan),
                    median(speeds.ours) / median(speeds.hyperscan));
      }
      const double windowed =
          static_cast<double>(part.size()) / 1e6 / seconds([&] { (void)windows.scan(part); });
      std::printf(", keywords and RE2 %.1f MB/s, RE2 alone %.2f MB/s\n", windowed, alone);
    }
  }

  if (only.empty() || only == "hostile") {
    const auto hostile = bench::hostile_texts(keywords, megabyte);
    // The best, since the machine has other things to do.
    const int rounds_of_each = named.empty() ? 2 : 40;
    const auto best_of = [rounds_of_each](const auto& work) {
      double best = seconds(work);
      for (int round = 1; round < rounds_of_each; ++round) best = std::min(best, seconds(work));
      return best;
    };
    std::vector<std::pair<double, const bench::NamedText*>> times;
    for (const auto& text : hostile) {
      if (!named.empty() && text.name != named) continue;
      times.emplace_back(best_of([&] { (void)validator.validate(text.text); }), &text);
    }
    std::sort(times.rbegin(), times.rend());
    std::printf("%zu hostile texts of 1 MB, the slowest:\n", times.size());
    times.resize(std::min<std::size_t>(times.size(), 25));
#ifdef SALLYPORT_HYPERSCAN
    const Hyperscan& hyperscan = hyperscan_of(rules);
#endif
    for (const auto& [time, text] : times) {
      std::printf("  %6.1f ms", time * 1e3);
#ifdef SALLYPORT_HYPERSCAN
      std::printf(", Hyperscan %6.1f ms", best_of([&] { (void)hyperscan.scan(text->text); }) * 1e3);
#endif
      std::printf("  %s\n", text->name.c_str());
    }
  }
  return 0;
}
