// Names of the files that a request puts into the working directory.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_set>

namespace sallyport::broker {

inline constexpr std::size_t kMaxPathBytes = 4096;
inline constexpr std::size_t kMaxPathSegmentBytes = 255;
inline constexpr std::size_t kMaxPathSegments = 32;

/// What is wrong with `path` as the name of an input file, as the end of a sentence that begins with its
/// name: "must be relative". Empty: nothing. `path` is valid UTF-8.
[[nodiscard]] std::string path_mistake(std::string_view path);

/// The paths of one request, which must not get in each other's way.
class InputPaths {
 public:
  /// Takes up one more. What is wrong with it among the others, as `path_mistake`; empty: nothing.
  [[nodiscard]] std::string add(const std::string& path);

 private:
  std::unordered_set<std::string> files_;
  std::unordered_set<std::string> folders_;
};

}  // namespace sallyport::broker
