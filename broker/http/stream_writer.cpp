#include "broker/http/stream_writer.hpp"

#include <array>
#include <chrono>
#include <cstdio>

namespace sallyport::broker::http {

namespace asio = boost::asio;
using base::Deadline;

namespace {

/// A client that has closed its side may still read.
constexpr std::chrono::seconds kLastPiece{1};

/// Each has a deadline of its own, so that a slow client is not cut for the length of what it is sent.
constexpr std::size_t kMaxSlice = 64 * 1024;

}  // namespace

asio::awaitable<bool> StreamWriter::write(std::string_view piece) {
  while (ok_ && !piece.empty()) {
    const std::string_view slice = piece.substr(0, kMaxSlice);
    piece.remove_prefix(slice.size());
    if (!chunked_) {
      co_await send({}, slice);
      continue;
    }
    // In one write: a client that waits for the end of the chunk must not wait for the next piece.
    std::array<char, 24> size{};
    const int length = std::snprintf(size.data(), size.size(), "%zx\r\n", slice.size());
    frame_.assign(size.data(), static_cast<std::size_t>(length));
    frame_.append(slice).append("\r\n");
    co_await send(frame_, {});
  }
  co_return ok_;
}

asio::awaitable<bool> StreamWriter::finish() {
  if (ok_ && chunked_) co_await send("0\r\n\r\n", {});
  co_return ok_;
}

asio::awaitable<bool> StreamWriter::send(std::string_view head, std::string_view body) {
  Deadline deadline = Deadline::after(piece_time_);
  if (connection_.peer_gone()) deadline = deadline.at_most(kLastPiece);
  const IoStatus status = co_await connection_.write(head, body, deadline);
  ok_ = status == IoStatus::done;
  co_return ok_;
}

}  // namespace sallyport::broker::http
