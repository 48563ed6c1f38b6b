// Bounds that are not worth an option: no honest engine comes near them.
#pragma once

#include <cstddef>

namespace sallyport::docker {

inline constexpr std::size_t max_header_bytes = 64 * 1024;        ///< Of an answer's status line and fields.
inline constexpr std::size_t max_error_message_bytes = 4 * 1024;  ///< Of the engine's words in an `Error`.
inline constexpr std::size_t max_identifier_bytes = 512;          ///< Of a container's or image's name or id.
inline constexpr std::size_t read_buffer_bytes = 64 * 1024;       ///< Of one read from an attached stream.

}  // namespace sallyport::docker
