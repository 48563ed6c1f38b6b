// The media type of an artifact.
#pragma once

#include <string_view>

namespace sallyport::broker {

/// By the extension of `path`, from a small table. Types that a browser renders (images, PDF) are given only
/// when the content begins as such a file does: the name is the submission's own claim. Everything else is
/// "application/octet-stream".
[[nodiscard]] std::string_view media_type(std::string_view path, std::string_view content);

}  // namespace sallyport::broker
