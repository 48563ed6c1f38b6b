#include "validators/output/literal_scanner.hpp"

#include <algorithm>
#include <bit>
#include <numeric>
#include <utility>

namespace sallyport::validators::output {
namespace {

static_assert(std::endian::native == std::endian::little, "the scanner loads bytes in order");

char small(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

// How common a byte is in what programs print, from 0.
int commonness(char c) {
  constexpr std::string_view common_first = " etaoinsrhldcumfpgwybvkxjqz_0123456789-=\"':./,";
  if (c == ' ' || c == '-' || c == '=') {
    return 60;  // rulers
  }
  const auto at = common_first.find(small(c));
  return at == std::string_view::npos ? 4 : static_cast<int>(common_first.size() - at);
}

// Where the rarest three bytes begin.
std::size_t anchor_of(std::string_view text) {
  std::size_t best = 0;
  int least = 1 << 20;
  for (std::size_t i = 0; i + 3 <= text.size(); ++i) {
    const int sum = commonness(text[i]) + commonness(text[i + 1]) + commonness(text[i + 2]);
    if (sum < least) {
      least = sum;
      best = i;
    }
  }
  return best;
}

}  // namespace

LiteralScanner::LiteralScanner(std::vector<Literal> literals)
    : literals_(std::move(literals)),
      filter_(std::size_t{1} << 11U),
      near_(nears << (near_bits - 5U)),
      first_(nears * buckets_of_a_near + 1) {
  std::vector<std::pair<std::size_t, Entry>> found;
  for (std::size_t i = 0; i < literals_.size(); ++i) {
    const std::string& text = literals_[i].text;
    const std::size_t anchor = anchor_of(text);
    std::uint32_t three = 0;
    std::memcpy(&three, text.data() + anchor, 3);
    const std::uint32_t hash = hash_of(three | static_cast<std::uint32_t>(small_letters));
    filter_[hash >> 5U] |= std::uint32_t{1} << (hash & 31U);
    Entry entry{0, 0, static_cast<std::uint32_t>(i), static_cast<std::uint16_t>(anchor),
                !literals_[i].exact && text.size() <= 8};
    const std::size_t size = std::min<std::size_t>(text.size(), 8);
    std::memcpy(&entry.bytes, text.data(), size);
    entry.mask = size == 8 ? ~std::uint64_t{0} : (std::uint64_t{1} << (8 * size)) - 1;
    entry.bytes = small_of(entry.bytes);
    const Near near = near_of(text.size(), anchor);
    const std::uint32_t near_by = near_hash(near, around(text, anchor));
    near_[word_of(near, near_by)] |= std::uint32_t{1} << (near_by & 31U);
    found.emplace_back(bucket_of(near, near_by), entry);
    most_behind_ = std::max(most_behind_, text.size() - anchor);
    most_before_ = std::max(most_before_, anchor);
  }
  std::stable_sort(found.begin(), found.end(),
                   [](const auto& one, const auto& other) { return one.first < other.first; });
  for (const auto& [bucket, entry] : found) {
    ++first_[bucket + 1];
    entries_.push_back(entry);
  }
  std::partial_sum(first_.begin(), first_.end(), first_.begin());
}

LiteralScanner::Near LiteralScanner::near_of(std::size_t size, std::size_t anchor) {
  if (anchor > 0) {
    return anchor >= bytes_before ? Near::two_before : Near::one_before;
  }
  return size > 3 ? Near::one_behind : Near::alone;
}

bool LiteralScanner::stands_at(const Literal& literal, const char* at) {
  const std::string& text = literal.text;
  if (literal.exact) {
    return std::memcmp(text.data(), at, text.size()) == 0;
  }
  const auto differs = [&](std::size_t place) {
    std::uint64_t known = 0;
    std::uint64_t here = 0;
    std::memcpy(&known, text.data() + place, sizeof(known));
    std::memcpy(&here, at + place, sizeof(here));
    return small_of(here) != known;
  };
  if (text.size() >= 8) {
    for (std::size_t i = 0; i + 8 < text.size(); i += 8) {
      if (differs(i)) {
        return false;
      }
    }
    return !differs(text.size() - 8);
  }
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (small(at[i]) != text[i]) {
      return false;
    }
  }
  return true;
}

std::size_t LiteralScanner::memory() const {
  std::size_t bytes = (filter_.capacity() + near_.capacity() + first_.capacity()) * sizeof(std::uint32_t) +
                      entries_.capacity() * sizeof(Entry);
  for (const auto& literal : literals_) {
    bytes += sizeof(literal) + literal.text.capacity();
  }
  return bytes;
}

}  // namespace sallyport::validators::output
