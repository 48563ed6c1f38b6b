#include "broker/api/input_path.hpp"

#include <cstdint>
#include <utility>

namespace sallyport::broker {

std::string path_mistake(std::string_view path) {
  if (path.empty()) return "must not be empty";
  if (path.size() > kMaxPathBytes) return "is longer than " + std::to_string(kMaxPathBytes) + " bytes";
  if (path.front() == '/') return "must be relative, without a leading \"/\"";
  for (const char c : path) {
    const auto byte = static_cast<std::uint8_t>(c);
    if (byte < 0x20 || byte == 0x7F) return "must not hold control characters";
  }
  // The C1 controls, U+0080 to U+009F, too: terminals heed them.
  for (std::size_t i = 0; i + 1 < path.size(); ++i) {
    if (static_cast<std::uint8_t>(path[i]) == 0xC2 && static_cast<std::uint8_t>(path[i + 1]) < 0xA0) {
      return "must not hold control characters";
    }
  }
  for (std::size_t segments = 1;; ++segments) {
    // Each folder is remembered by its whole name (InputPaths), which a deep path would make quadratic.
    if (segments > kMaxPathSegments) return "has more than " + std::to_string(kMaxPathSegments) + " segments";
    const auto slash = path.find('/');
    const std::string_view segment = path.substr(0, slash);
    if (segment.empty()) return "must not have an empty segment (\"//\", or \"/\" at its end)";
    if (segment == "." || segment == "..") return "must not have a segment \"" + std::string(segment) + "\"";
    if (segment.size() > kMaxPathSegmentBytes) {
      return "has a segment longer than " + std::to_string(kMaxPathSegmentBytes) + " bytes";
    }
    if (slash == std::string_view::npos) return {};
    path.remove_prefix(slash + 1);
  }
}

std::string InputPaths::add(const std::string& path) {
  if (files_.contains(path)) return "is given twice";
  if (folders_.contains(path)) return "is a folder of another file";
  for (auto slash = path.find('/'); slash != std::string::npos; slash = path.find('/', slash + 1)) {
    std::string folder = path.substr(0, slash);
    if (files_.contains(folder)) return "lies in \"" + folder + "\", which is another file";
    folders_.insert(std::move(folder));
  }
  files_.insert(path);
  return {};
}

}  // namespace sallyport::broker
