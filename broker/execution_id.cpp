#include "broker/execution_id.hpp"

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

/// The lowest `digits` hexadecimal digits of `number`.
void append_hex(std::string& text, std::uint64_t number, unsigned digits) {
  while (digits > 0) text += "0123456789abcdef"[number >> (--digits * 4U) & 0xFU];
}

}  // namespace

std::string format_uuid7(std::uint64_t unix_milliseconds, std::uint64_t fraction, std::uint64_t random) {
  const std::uint64_t high =
      (unix_milliseconds & 0xFFFFFFFFFFFFU) << 16U | std::uint64_t{0x7000} | (fraction & 0x0FFFU);
  const std::uint64_t low = std::uint64_t{0x8000000000000000U} | (random & 0x3FFFFFFFFFFFFFFFU);
  std::string text;
  text.reserve(36);
  append_hex(text, high >> 32U, 8);
  text += '-';
  append_hex(text, high >> 16U, 4);
  text += '-';
  append_hex(text, high, 4);
  text += '-';
  append_hex(text, low >> 48U, 4);
  text += '-';
  append_hex(text, low, 12);
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
