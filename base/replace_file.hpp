// Files that are replaced as a whole.
#pragma once

#include <string>
#include <string_view>
#include <sys/types.h>

namespace sallyport::base {

/// Gives the file `path` this text and mode: whoever opens it sees the former text or the new one, whatever
/// happens meanwhile, and after the return also after a power cut. Its folder is made if it is missing. With
/// `folders_owner` root gives the file to whom its folder belongs. What went wrong, for people; empty if
/// nothing did. Blocks on the disk.
[[nodiscard]] std::string replace_file(const std::string& path, std::string_view text, mode_t mode,
                                       bool folders_owner = false);

}  // namespace sallyport::base
