#include "broker/compat/judge0_token.hpp"

#include "base/sha256.hpp"
#include "broker/compat/judge0_result.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>

namespace sallyport::broker::compat {
namespace {

constexpr char kSeparator = '_';  // In no job's id.
constexpr double kMicroseconds = 1e6;
constexpr double kLongest = 1e9;  // Seconds; more is no limit.

std::optional<std::int64_t> number(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 0) return std::nullopt;
  return value;
}

bool is_digest(std::string_view text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

}  // namespace

std::string judge0_token(std::string_view job_id, const Judge0Job& job) {
  std::string token(job_id);
  token += kSeparator + std::to_string(job.language_id);
  const double limit = job.cpu_time_limit.value_or(0);
  token += kSeparator + std::to_string(limit < kLongest ? std::llround(limit * kMicroseconds) : 0);
  token += kSeparator + std::string(job.redirect_stderr ? "1" : "0");
  token += kSeparator;
  if (job.expected_output) token += base::sha256_hex(judge0_trimmed(*job.expected_output));
  return token;
}

std::optional<Judge0Token> read_judge0_token(std::string_view token) {
  if (token.size() > kMaxJudge0Token) return std::nullopt;
  std::array<std::string_view, 5> parts;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const auto end = token.find(kSeparator);
    if ((end == std::string_view::npos) != (i + 1 == parts.size())) return std::nullopt;
    parts[i] = token.substr(0, end);
    if (end != std::string_view::npos) token.remove_prefix(end + 1);
  }
  const auto language = number(parts[1]);
  const auto limit = number(parts[2]);
  if (parts[0].empty() || !language || !limit) return std::nullopt;
  if (parts[3] != "0" && parts[3] != "1") return std::nullopt;
  if (!parts[4].empty() && !is_digest(parts[4])) return std::nullopt;
  Judge0Token result;
  result.job_id = parts[0];
  result.job.language_id = *language;
  if (*limit > 0) result.job.cpu_time_limit = static_cast<double>(*limit) / kMicroseconds;
  result.job.redirect_stderr = parts[3] == "1";
  result.job.expected_digest = parts[4];
  return result;
}

}  // namespace sallyport::broker::compat
