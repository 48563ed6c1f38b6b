#include "broker/log/audit_chain.hpp"

#include "base/hex.hpp"
#include "base/sha256.hpp"

#include <charconv>

namespace sallyport::broker::log {
namespace {

constexpr std::size_t kDigits = 64;
constexpr std::string_view kSequence = ",\"seq\":";
constexpr std::string_view kPrevious = ",\"prev\":\"";
constexpr std::string_view kHash = ",\"hash\":\"";
constexpr std::string_view kEnd = "\"}";

/// The bytes that the hash is of: all up to the hash's own member. The hash of the one before is among them.
std::string_view hashed_part(std::string_view line) {
  return line.substr(0, line.size() - kHash.size() - kDigits - kEnd.size());
}

/// Takes `tail` off the end of `text`.
bool take_end(std::string_view& text, std::string_view tail) {
  if (!text.ends_with(tail)) return false;
  text.remove_suffix(tail.size());
  return true;
}

/// Takes a hash off the end.
std::optional<std::string_view> take_hash(std::string_view& text) {
  if (text.size() < kDigits) return std::nullopt;
  const std::string_view digits = text.substr(text.size() - kDigits);
  if (!base::is_hex(digits)) return std::nullopt;
  text.remove_suffix(kDigits);
  return digits;
}

}  // namespace

ChainPoint chain_begin() {
  return {0, std::string(kDigits, '0')};
}

std::string chained(std::string_view record, ChainPoint& last) {
  if (record.size() < 3 || !record.starts_with('{') || !take_end(record, "}")) return {};
  std::string line;
  line.reserve(record.size() + 2 * kDigits + 64);
  line.append(record).append(kSequence).append(std::to_string(last.sequence + 1));
  line.append(kPrevious).append(last.hash).append("\"");
  std::string hash = base::sha256_hex(line);
  if (hash.empty()) return {};
  line.append(kHash).append(hash).append(kEnd);
  ++last.sequence;
  last.hash = std::move(hash);
  return line;
}

std::optional<ChainLink> link_of(std::string_view line) {
  ChainLink link;
  if (!take_end(line, kEnd)) return std::nullopt;
  const auto hash = take_hash(line);
  if (!hash || !take_end(line, kHash) || !take_end(line, "\"")) return std::nullopt;
  const auto previous = take_hash(line);
  if (!previous || !take_end(line, kPrevious)) return std::nullopt;
  const auto digits = line.find_last_not_of("0123456789");
  if (digits == std::string_view::npos) return std::nullopt;
  const std::string_view number = line.substr(digits + 1);
  if (number.empty() || number.size() > 19 || !line.substr(0, digits + 1).ends_with(kSequence))
    return std::nullopt;
  std::from_chars(number.data(), number.data() + number.size(), link.sequence);
  link.previous = *previous;
  link.hash = *hash;
  return link;
}

bool is_unchanged(std::string_view line) {
  const auto link = link_of(line);
  return link && base::sha256_hex(hashed_part(line)) == link->hash;
}

}  // namespace sallyport::broker::log
