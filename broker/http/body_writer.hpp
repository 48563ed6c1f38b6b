// A body that is sent while it is made.
#pragma once

#include <boost/asio/awaitable.hpp>

#include <functional>
#include <stop_token>
#include <string>
#include <string_view>

namespace sallyport::broker::http {

/// Where a producer's pieces go.
/// Thread-safety: the executor's one thread; one `write` at a time.
class BodyWriter {
 public:
  virtual ~BodyWriter() = default;

  /// Returns when the system has taken all of `piece`, which must live until then: a producer is as fast as
  /// its reader. False: the client is gone, or has not taken the piece within `write_timeout_seconds`, or the
  /// server closes; whatever is written afterwards is lost. Empty pieces are nothing.
  virtual boost::asio::awaitable<bool> write(std::string_view piece) = 0;
};

/// How a body ended.
struct BodyEnd {
  bool complete = true;    ///< False: it was broken off, and the client must be able to tell.
  std::string error_type;  ///< Of what the body tells, for the metrics; empty for none.
};

/// Makes a body. Called once for every answer that has one, also when the client is gone already: the stop
/// token is triggered then, as it is when the client goes or the server cuts what runs. What the producer
/// began it ends before it returns. An exception is a fault of the broker: logged, and the body broken off.
/// Not called for HEAD; a handler of GET therefore leaves the beginning of anything to its producer.
using BodyProducer = std::function<boost::asio::awaitable<BodyEnd>(BodyWriter& writer, std::stop_token stop)>;

}  // namespace sallyport::broker::http
