// The demultiplexer of attached streams: any bytes, in any parts. How they are split must not matter.
#include "docker/frame_demultiplexer.hpp"
#include "tests/fuzz/docker/input.hpp"

#include <algorithm>
#include <string>

namespace {

using namespace sallyport::docker;
using sallyport::test::require;

struct Outcome {
  std::string out;
  std::string err;
  std::string error;
  bool operator==(const Outcome&) const = default;
};

Outcome demultiplex(std::string_view input, std::size_t part) {
  detail::FrameDemultiplexer frames(1 << 16);
  Outcome outcome;
  while (!input.empty()) {
    std::string_view read = input.substr(0, part);
    input.remove_prefix(read.size());
    while (!read.empty()) {
      auto step = frames.step(read);
      if (step.has_error()) {
        outcome.error = step.error().to_string();
        return outcome;
      }
      require(step->consumed > 0 && step->consumed <= read.size());
      if (step->piece) {
        require(!step->piece->data.empty() && step->piece->data.size() <= step->consumed);
        (step->piece->stream == StreamKind::stdout_stream ? outcome.out : outcome.err) += step->piece->data;
      }
      read.remove_prefix(step->consumed);
    }
  }
  if (auto finished = frames.finish(); finished.has_error()) outcome.error = finished.error().to_string();
  return outcome;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const sallyport::test::SplitInput input(data, size);
  require(demultiplex(input.text, input.part) == demultiplex(input.text, input.text.size() + 1));
  return 0;
}
