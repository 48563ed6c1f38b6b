// HTTP requests: the same bytes mean the same requests in whatever pieces they arrive.
#include "broker/http/request_reader.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

using sallyport::broker::http::ReaderLimits;
using sallyport::broker::http::Request;
using sallyport::broker::http::RequestReader;
using State = RequestReader::State;

void demand(bool condition) {
  if (!condition) std::abort();
}

/// All requests in `bytes`, told in one line each, read in pieces of `step`.
std::string read_all(std::string_view bytes, std::size_t step, const ReaderLimits& limits) {
  std::string told;
  std::string buffer;
  while (true) {
    RequestReader reader(limits);
    while (reader.state() == State::head || reader.state() == State::body) {
      const State before = reader.state();
      if (!buffer.empty()) {
        const std::size_t consumed = reader.feed(buffer);
        demand(consumed <= buffer.size());
        buffer.erase(0, consumed);
      }
      if (reader.state() != before) continue;
      if (bytes.empty()) return told;
      // What a reader does not take up is bounded: a session buffers no more than this.
      demand(buffer.size() <= limits.max_header_bytes + step);
      buffer.append(bytes.substr(0, step));
      bytes.remove_prefix(std::min(step, bytes.size()));
    }
    if (reader.state() == State::failed) {
      demand(reader.failure().status >= 400 && reader.failure().status < 600);
      return told;
    }
    const Request request = reader.take();
    demand(request.body.size() <= limits.max_body_bytes);
    told +=
        request.head.method + " " + request.head.path + " " + request.head.query + " " + request.body + "\n";
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  ReaderLimits limits;
  limits.max_header_bytes = 512;
  limits.max_body_bytes = 256;
  const std::string_view bytes(reinterpret_cast<const char*>(data), std::min<std::size_t>(size, 4096));
  const std::string whole = read_all(bytes, 4096, limits);
  for (const std::size_t step : {std::size_t{1}, std::size_t{3}, std::size_t{64}}) {
    const std::string in_pieces = read_all(bytes, step, limits);
    // In pieces a mistake may be noticed later, and a chunk's header may be found too long to be kept.
    // Neither makes another request of the same bytes.
    demand(whole.starts_with(in_pieces) || in_pieces.starts_with(whole));
  }
  return 0;
}
