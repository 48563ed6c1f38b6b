#include "broker/execution_id.hpp"

#include "base/hex.hpp"
#include "base/secret_bytes.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstring>

namespace sallyport::broker {

namespace {

/// Random numbers that were asked of the kernel at once: a call for each id shows in profiles.
class RandomNumbers {
 public:
  std::uint64_t next() {
    if (left_ == 0) {
      const std::string bytes = base::random_bytes(sizeof(numbers_));
      std::memcpy(numbers_.data(), bytes.data(), sizeof(numbers_));
      left_ = numbers_.size();
    }
    return numbers_[--left_];
  }

 private:
  std::array<std::uint64_t, 32> numbers_{};
  std::size_t left_ = 0;
};

void append_big_endian(std::string& bytes, std::uint64_t number) {
  for (unsigned shift = 64; shift > 0; shift -= 8) bytes += static_cast<char>(number >> (shift - 8) & 0xFFU);
}

}  // namespace

std::string format_uuid7(std::uint64_t unix_milliseconds, std::uint64_t fraction, std::uint64_t random) {
  const std::uint64_t high =
      (unix_milliseconds & 0xFFFFFFFFFFFFU) << 16U | std::uint64_t{0x7000} | (fraction & 0x0FFFU);
  const std::uint64_t low = std::uint64_t{0x8000000000000000U} | (random & 0x3FFFFFFFFFFFFFFFU);
  std::string bytes;
  bytes.reserve(16);
  append_big_endian(bytes, high);
  append_big_endian(bytes, low);
  std::string text = base::to_hex(bytes);
  for (const std::size_t dash : {8U, 13U, 18U, 23U}) text.insert(dash, 1, '-');
  return text;
}

std::string new_execution_id() {
  thread_local RandomNumbers random;
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const auto milliseconds = std::chrono::floor<std::chrono::milliseconds>(now);
  const std::chrono::nanoseconds rest = now - milliseconds;
  return format_uuid7(static_cast<std::uint64_t>(milliseconds.count()),
                      static_cast<std::uint64_t>(rest.count()) * 4096 / 1'000'000, random.next());
}

}  // namespace sallyport::broker
