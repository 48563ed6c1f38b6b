#include "images/tar.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <utility>

namespace sallyport::images {
namespace {

constexpr std::size_t kBlockBytes = 512;

/// A field of the header: where it stands and how long it is.
struct Field {
  std::size_t offset;
  std::size_t size;
};

constexpr Field kName{0, 100};
constexpr Field kMode{100, 8};
constexpr Field kUser{108, 8};
constexpr Field kGroup{116, 8};
constexpr Field kSize{124, 12};
constexpr Field kTime{136, 12};
constexpr Field kChecksum{148, 8};
constexpr Field kType{156, 1};
constexpr Field kMagic{257, 8};  // With the version that follows it.

using Header = std::array<char, kBlockBytes>;

void put(Header& header, Field field, std::string_view text) {
  if (text.size() > field.size) throw std::length_error("tar: a header field is too long");
  std::copy(text.begin(), text.end(), header.begin() + static_cast<std::ptrdiff_t>(field.offset));
}

/// Octal digits with leading zeros, and a NUL behind.
void put_octal(Header& header, Field field, std::uint64_t value) {
  std::string digits(field.size - 1, '0');
  for (auto digit = digits.rbegin(); digit != digits.rend(); ++digit, value >>= 3) {
    *digit = static_cast<char>('0' + (value & 7));
  }
  if (value != 0) throw std::length_error("tar: a number is too large");
  put(header, field, digits);
}

}  // namespace

void TarWriter::add_file(std::string_view path, std::string_view content, unsigned mode) {
  Header header{};
  put(header, kName, path);
  put_octal(header, kMode, mode);
  put_octal(header, kUser, 0);
  put_octal(header, kGroup, 0);
  put_octal(header, kSize, content.size());
  put_octal(header, kTime, 0);
  put(header, kType, "0");
  put(header, kMagic, std::string_view("ustar\00000", kMagic.size));

  // The sum of all bytes of the header, its own field taken as blanks.
  put(header, kChecksum, "        ");
  std::uint64_t sum = 0;
  for (const char byte : header) sum += static_cast<unsigned char>(byte);
  put_octal(header, Field{kChecksum.offset, kChecksum.size - 1}, sum);

  archive_.append(header.data(), header.size());
  archive_.append(content);
  archive_.append((kBlockBytes - content.size() % kBlockBytes) % kBlockBytes, '\0');
}

std::string TarWriter::finish() {
  archive_.append(2 * kBlockBytes, '\0');
  return std::exchange(archive_, {});
}

}  // namespace sallyport::images
