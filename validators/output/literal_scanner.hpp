// Finds many literals in a text in one pass, some 1 ns a byte however many there are. Inside the module only.
//
// Of each literal the rarest three bytes are looked for: their hash is a bit in a table that fits into the
// first-level cache. The look-ups of neighbouring positions do not depend on each other, unlike the steps of
// an automaton. A second table refuses most of what the first lets pass, by the bytes around these. Portable:
// no instructions of one processor.
#pragma once

#include "validators/output/small_letters.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::validators::output {

struct Literal {
  std::string text;       // at least 3 bytes; in small letters unless `exact`
  bool exact = false;     // case counts
  std::uint32_t tag = 0;  // the owner's
};

class LiteralScanner {
 public:
  LiteralScanner() = default;
  explicit LiteralScanner(std::vector<Literal> literals);

  [[nodiscard]] bool empty() const { return literals_.empty(); }
  [[nodiscard]] const std::vector<Literal>& literals() const { return literals_; }
  // How far behind its anchor (the place by which it is found) a literal may end, and before it begin.
  [[nodiscard]] std::size_t most_behind() const { return most_behind_; }
  [[nodiscard]] std::size_t most_before() const { return most_before_; }

  // Calls found(anchor, begin, literal) for all literals with their anchor in [from, to), in the order of the
  // anchors. Only such as stand wholly in the text.
  template <class Found>
  void scan(std::string_view text, std::size_t from, std::size_t to, const Found& found) const;

  [[nodiscard]] std::size_t memory() const;

 private:
  struct Entry {
    std::uint64_t mask = 0;   // of the first eight bytes of the literal
    std::uint64_t bytes = 0;  // in small letters
    std::uint32_t literal = 0;
    std::uint16_t anchor = 0;  // within the literal
    bool decides = false;      // these bytes are all of it, and case does not count
  };

  // By which bytes a literal is told from others, with its anchor among them: as many as it has, up to five.
  // Three alone would not do: dozens of literals end in "key".
  enum class Near : std::uint8_t { two_before, one_before, one_behind, alone };
  static constexpr std::size_t nears = 4;
  static constexpr unsigned near_bits = 14;
  static constexpr unsigned buckets_of_a_near = 1U << 12U;

  // With this bit set letters are small ones, and other bytes may be taken for each other.
  static constexpr std::uint64_t small_letters = 0x2020202020202020U;

  // Of the lowest three bytes, in small letters; the multiplication drops the fourth.
  static std::uint32_t hash_of(std::uint32_t small_bytes) { return (small_bytes * 0x3779B100U) >> 16U; }
  [[nodiscard]] bool may_be(std::uint32_t hash) const {
    return ((filter_[hash >> 5U] >> (hash & 31U)) & 1U) != 0;
  }
  static bool stands_at(const Literal& literal, const char* at);

  static Near near_of(std::size_t size, std::size_t anchor);
  // Of bytes as around() gives them. What is not one of those that count is shifted out.
  static std::uint32_t near_hash(Near near, std::uint64_t bytes) {
    constexpr std::array<unsigned, nears> first{0, 1, 2, 2};
    constexpr std::array<unsigned, nears> size{5, 4, 4, 3};
    const auto index = static_cast<std::size_t>(near);
    const std::uint64_t counting = (bytes >> (8 * first[index])) << (64 - 8 * size[index]);
    return static_cast<std::uint32_t>((counting * 0x9E3779B97F4A7C15U) >> (64U - near_bits));
  }
  // What stands from two bytes before a place on, in small letters; blanks where there is no text.
  static std::uint64_t around(std::string_view text, std::size_t at) {
    std::uint64_t bytes = 0;
    if (at >= bytes_before && text.size() - at >= sizeof(bytes)) {
      std::memcpy(&bytes, text.data() + at - bytes_before, sizeof(bytes));
    } else {
      const std::size_t before = std::min(at, bytes_before);
      const std::size_t size = std::min(text.size() - at, sizeof(bytes) - bytes_before) + before;
      std::memcpy(&bytes, text.data() + at - before, size);
      bytes <<= 8 * (bytes_before - before);
    }
    return bytes | small_letters;
  }
  static std::size_t word_of(Near near, std::uint32_t hash) {
    return (static_cast<std::size_t>(near) << (near_bits - 5U)) + (hash >> 5U);
  }
  static std::size_t bucket_of(Near near, std::uint32_t hash) {
    return static_cast<std::size_t>(near) * buckets_of_a_near + hash * buckets_of_a_near / (1U << near_bits);
  }

  template <class Found>
  void look(std::string_view text, std::size_t at, const Found& found) const;
  template <Near near, class Found>
  void look_near(std::string_view text, std::size_t at, std::uint64_t bytes, const Found& found) const;
  template <class Found>
  void look_at(const Entry& entry, std::string_view text, std::size_t at, const Found& found) const;

  static constexpr std::size_t bytes_before = 2;

  std::vector<Literal> literals_;
  std::vector<std::uint32_t> filter_;  // 2^16 bits
  std::vector<std::uint32_t> near_;    // 2^near_bits bits for each Near
  std::vector<std::uint32_t> first_;   // into entries_, by bucket
  std::vector<Entry> entries_;
  std::size_t most_behind_ = 0;
  std::size_t most_before_ = 0;
};

// Not in line: it would take the registers from the loop of scan(), which seldom calls it.
template <class Found>
[[gnu::noinline]] void LiteralScanner::look(std::string_view text, std::size_t at, const Found& found) const {
  const std::uint64_t bytes = around(text, at);
  look_near<Near::two_before>(text, at, bytes, found);
  look_near<Near::one_before>(text, at, bytes, found);
  look_near<Near::one_behind>(text, at, bytes, found);
  look_near<Near::alone>(text, at, bytes, found);
}

template <LiteralScanner::Near near, class Found>
void LiteralScanner::look_near(std::string_view text, std::size_t at, std::uint64_t bytes,
                               const Found& found) const {
  const std::uint32_t hash = near_hash(near, bytes);
  if (((near_[word_of(near, hash)] >> (hash & 31U)) & 1U) == 0) {
    return;
  }
  const std::size_t bucket = bucket_of(near, hash);
  for (std::size_t i = first_[bucket]; i < first_[bucket + 1]; ++i) {
    look_at(entries_[i], text, at, found);
  }
}

template <class Found>
void LiteralScanner::look_at(const Entry& entry, std::string_view text, std::size_t at,
                             const Found& found) const {
  if (at < entry.anchor) {
    return;
  }
  const std::size_t begin = at - entry.anchor;
  if (text.size() - begin >= 8) {
    std::uint64_t eight = 0;
    std::memcpy(&eight, text.data() + begin, 8);
    if ((small_of(eight) & entry.mask) != entry.bytes) {
      return;
    }
    if (entry.decides) {
      found(at, begin, entry.literal);
      return;
    }
  }
  const Literal& literal = literals_[entry.literal];
  if (literal.text.size() <= text.size() - begin && stands_at(literal, text.data() + begin)) {
    found(at, begin, entry.literal);
  }
}

template <class Found>
void LiteralScanner::scan(std::string_view text, std::size_t from, std::size_t to, const Found& found) const {
  if (literals_.empty()) {
    return;
  }
  const char* const data = text.data();
  std::size_t at = from;
  // Eight positions at a time; the last of their loads reaches 15 bytes far.
  // A pointer: a hash of 16 bits is always within, so that no index need be checked.
  const std::uint32_t* const filter = filter_.data();
  const auto bit_of = [filter](std::uint64_t small_bytes) {
    const std::uint32_t hash = hash_of(static_cast<std::uint32_t>(small_bytes));
    return (filter[hash >> 5U] >> (hash & 31U)) & 1U;
  };
  const auto load = [&](std::size_t place) {
    std::uint64_t eight = 0;
    std::memcpy(&eight, data + place, 8);
    return eight | small_letters;
  };
  for (; at + 8 <= to && at + 15 <= text.size(); at += 8) {
    const std::uint64_t low = load(at);
    const std::uint64_t high = load(at + 6);
    std::uint32_t hits = bit_of(low) | (bit_of(low >> 8U) << 1U) | (bit_of(low >> 16U) << 2U) |
                         (bit_of(low >> 24U) << 3U) | (bit_of(low >> 32U) << 4U) |
                         (bit_of(low >> 40U) << 5U) | (bit_of(high) << 6U) | (bit_of(high >> 8U) << 7U);
    for (; hits != 0; hits &= hits - 1) {
      const std::size_t place = at + static_cast<std::size_t>(std::countr_zero(hits));
      look(text, place, found);
    }
  }
  for (; at < to && at + 3 <= text.size(); ++at) {
    std::uint32_t three = 0;
    std::memcpy(&three, data + at, 3);
    const std::uint32_t hash = hash_of(three | static_cast<std::uint32_t>(small_letters));
    if (may_be(hash)) {
      look(text, at, found);
    }
  }
}

}  // namespace sallyport::validators::output
