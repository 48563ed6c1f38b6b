// The pieces of a streamed body on their way to the client. Internal to the server.
#pragma once

#include "base/deadline.hpp"
#include "broker/http/body_writer.hpp"
#include "broker/http/connection.hpp"

#include <string>

namespace sallyport::broker::http {

/// Thread-safety: the executor's one thread. The connection must outlive it.
class StreamWriter final : public BodyWriter {
 public:
  /// `chunked`: in the chunked transfer coding (RFC 9112, 7.1); otherwise the body ends with the connection.
  /// `piece_time`: how long the client may take over a piece.
  StreamWriter(Connection& connection, bool chunked, base::Clock::duration piece_time)
      : connection_(connection), chunked_(chunked), piece_time_(piece_time) {}

  boost::asio::awaitable<bool> write(std::string_view piece) override;

  /// The last chunk. A body without it is one that was broken off.
  boost::asio::awaitable<bool> finish();

  /// Whether everything so far has gone out.
  [[nodiscard]] bool ok() const { return ok_; }

 private:
  boost::asio::awaitable<bool> send(std::string_view head, std::string_view body);

  Connection& connection_;
  bool chunked_;
  base::Clock::duration piece_time_;
  std::string frame_;
  bool ok_ = true;
};

}  // namespace sallyport::broker::http
