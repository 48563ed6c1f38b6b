// Reading a configuration file whole, within bounds. Inside the module only.
#pragma once

#include <cstddef>
#include <string>
#include <variant>

namespace sallyport::config {

/// Why a file could not be read, for people; `missing`: there is none of that name.
struct FileError {
  std::string message;
  bool missing = false;
};

/// The bytes of a regular file of at most `limit` bytes.
std::variant<std::string, FileError> read_file(const std::string& path, std::size_t limit);

}  // namespace sallyport::config
