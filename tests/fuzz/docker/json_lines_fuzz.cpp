// The line reader of event and progress streams. How the input is split must not matter.
#include "docker/json_lines.hpp"
#include "tests/fuzz/docker/input.hpp"

#include <algorithm>
#include <string>
#include <vector>

namespace {

using namespace sallyport::docker;
using sallyport::test::require;

constexpr std::size_t max_line_bytes = 100;

// False at an error.
bool drain(detail::JsonLines& lines, std::vector<std::string>& found) {
  for (;;) {
    auto line = lines.next();
    if (line.has_error()) {
      require(line.error().kind == ErrorKind::too_large);
      require(lines.next().has_error());
      return false;
    }
    if (!*line) return true;
    require(!(*line)->empty() && (*line)->size() <= max_line_bytes);
    require((*line)->find('\n') == std::string::npos);
    found.push_back(std::move(**line));
  }
}

std::vector<std::string> lines_of(std::string_view input, std::size_t part) {
  detail::JsonLines lines(max_line_bytes);
  std::vector<std::string> found;
  for (; !input.empty(); input.remove_prefix(std::min(part, input.size()))) {
    lines.feed(input.substr(0, part));
    if (!drain(lines, found)) {
      found.emplace_back("<too large>");
      return found;
    }
  }
  lines.finish();
  require(drain(lines, found));
  return found;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const sallyport::test::SplitInput input(data, size);
  require(lines_of(input.text, input.part) == lines_of(input.text, input.text.size() + 1));
  return 0;
}
