#include "broker/text_file.hpp"

#include <fstream>
#include <system_error>

namespace sallyport::broker {

TextFile read_text_file(const std::filesystem::path& path, std::uintmax_t max_bytes) {
  TextFile file;
  std::error_code error;
  const std::uintmax_t size = std::filesystem::file_size(path, error);
  if (error) {
    file.mistake = error.message();
    return file;
  }
  if (size > max_bytes) {
    file.mistake = "is larger than " + std::to_string(max_bytes) + " bytes";
    return file;
  }
  file.text.resize(size);
  std::ifstream stream(path, std::ios::binary);
  stream.read(file.text.data(), static_cast<std::streamsize>(size));
  if (!stream) file.mistake = "cannot be read";
  return file;
}

}  // namespace sallyport::broker
