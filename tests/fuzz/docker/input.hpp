// How the fuzzers of byte streams use their input.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace sallyport::test {

/// Ends the run: a promise is broken.
inline void require(bool kept) {
  if (!kept) std::abort();
}

/// The first byte says in parts of how many bytes the rest arrives.
struct SplitInput {
  SplitInput(const std::uint8_t* data, std::size_t size)
      : part(size == 0 ? 1 : std::size_t{data[0]} + 1),
        text(size == 0 ? std::string_view()
                       : std::string_view(reinterpret_cast<const char*>(data), size).substr(1)) {}

  std::size_t part;
  std::string_view text;
};

}  // namespace sallyport::test
