// Bytes of a connection become requests: the HTTP/1 request parser, without I/O.
#pragma once

#include "broker/http/message.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace sallyport::broker::http {

struct ReaderLimits {
  std::uint64_t max_header_bytes = 16'384;
  std::uint64_t max_body_bytes = 10'485'760;
};

/// Reads one request. The caller feeds what it has received; what is not consumed has to be offered again
/// together with the bytes that follow. Never consumes a byte beyond its request, so pipelined requests stay
/// with the caller for the next reader.
///
/// A value-like object without threads; not copyable.
class RequestReader {
 public:
  enum class State {
    head,      ///< The header is not complete.
    body,      ///< `head()` is valid; the body is not complete.
    complete,  ///< `take()` gives the request.
    failed     ///< `failure()` says what to answer; the connection cannot be used further.
  };

  struct Failure {
    int status = 400;
    std::string message;
  };

  explicit RequestReader(ReaderLimits limits);
  ~RequestReader();
  RequestReader(const RequestReader&) = delete;
  RequestReader& operator=(const RequestReader&) = delete;

  /// Takes up `bytes`, up to a change of state; gives the number of bytes consumed. Call it again with the
  /// rest while it changes its state. When the state stays the same, it wants more bytes than it was given.
  std::size_t feed(std::string_view bytes);

  [[nodiscard]] State state() const;
  [[nodiscard]] const RequestHead& head() const;
  [[nodiscard]] const Failure& failure() const;

  /// The request, once, in state `complete`.
  [[nodiscard]] Request take();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sallyport::broker::http
