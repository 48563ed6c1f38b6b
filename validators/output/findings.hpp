// What the parts of the engine tell each other. Inside the module only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <tuple>
#include <vector>

namespace sallyport::validators::output {

// Numbers in the place of a rule's for what has no rule.
inline constexpr std::uint32_t context_rule = 0xFFFFFFFEU;
inline constexpr std::uint32_t first_canary = 0x80000000U;

// A secret, by its place in the text from its beginning on.
struct Finding {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  std::uint32_t rule = 0;

  friend bool operator<(const Finding& a, const Finding& b) {
    return std::tie(a.begin, a.end, a.rule) < std::tie(b.begin, b.end, b.rule);
  }
};

// Added in any order, taken in the order of their beginnings.
class Findings {
 public:
  void add(const Finding& finding) {
    sorted_ = sorted_ && (first_ == list_.size() || list_.back() < finding);
    list_.push_back(finding);
  }
  [[nodiscard]] bool empty() const { return first_ == list_.size(); }
  // The first of those that are left.
  [[nodiscard]] const Finding& front();
  void pop() { ++first_; }

 private:
  std::vector<Finding> list_;
  std::size_t first_ = 0;
  bool sorted_ = true;
};

// The part of the text that is there.
struct Window {
  std::string_view bytes;
  std::uint64_t begin = 0;  // of the bytes, in the text
  bool last = false;        // nothing follows

  [[nodiscard]] std::uint64_t end() const { return begin + bytes.size(); }
  [[nodiscard]] std::size_t local(std::uint64_t at) const { return static_cast<std::size_t>(at - begin); }
  // Whether the bytes up to `at` are there, or will never be.
  [[nodiscard]] bool reaches(std::uint64_t at) const { return last || at <= end(); }
};

}  // namespace sallyport::validators::output
