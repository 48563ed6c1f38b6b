// A small file of the operator's, read as a whole.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace sallyport::broker {

struct TextFile {
  std::string text;
  std::string mistake;  ///< Why there is no text; empty where there is.
};

/// Blocks on the disk. Does not throw; a file larger than `max_bytes` is a mistake.
[[nodiscard]] TextFile read_text_file(const std::filesystem::path& path, std::uintmax_t max_bytes);

}  // namespace sallyport::broker
