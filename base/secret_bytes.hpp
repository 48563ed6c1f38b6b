// What secrets are made and compared with.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace sallyport::base {

/// Bytes of the kernel's generator, at most 256. Throws std::system_error where it has none. Safe from any
/// thread.
[[nodiscard]] std::string random_bytes(std::size_t count);

/// Whether both are the same. How long it takes tells of their lengths alone, not of where they differ.
[[nodiscard]] bool equal_in_constant_time(std::string_view a, std::string_view b);

}  // namespace sallyport::base
