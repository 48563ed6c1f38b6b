// The guest's streams, in pieces of any size: the scanner must give the same whatever the cuts, and never
// more output than went in.
#include "runners/guest_protocol.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

using namespace sallyport::runners;

// A nonce that the fuzzer can hit.
constexpr Nonce kNonce = {'a', 'b', 'a', 'b', 'a', 'b', 'a', 'c', 'a', 'b', 'a', 'b', 'a', 'b', 'a', 'd'};
constexpr std::size_t kMaxPayload = 1000;

void require(bool condition) {
  if (!condition) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::size_t piece = data[0] + 1U;
  const std::string_view stream(reinterpret_cast<const char*>(data + 1), size - 1);

  TrailerScanner whole(kNonce, kMaxPayload);
  std::string whole_output;
  whole.feed(stream, whole_output);
  whole.finish(whole_output);

  TrailerScanner cut(kNonce, kMaxPayload);
  std::string cut_output;
  for (std::size_t at = 0; at < stream.size(); at += piece) cut.feed(stream.substr(at, piece), cut_output);
  cut.finish(cut_output);

  require(whole_output == cut_output);
  require(whole.complete() == cut.complete());
  require(whole.oversized() == cut.oversized());
  if (whole.complete()) require(whole.payload() == cut.payload());
  require(whole_output.size() <= stream.size());
  require(whole.payload().size() <= kMaxPayload);

  ReadyParser parser;
  for (std::size_t at = 0; at < stream.size(); at += piece) {
    if (parser.feed(stream.substr(at, piece)) != ReadyParser::Status::need_more) break;
  }
  require(parser.excerpt().size() <= stream.size());
  return 0;
}
