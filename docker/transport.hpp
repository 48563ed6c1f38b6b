// HTTP calls to the engine over pooled connections.
#pragma once

#include "base/deadline.hpp"
#include "docker/client.hpp"
#include "docker/error.hpp"
#include "docker/pool.hpp"
#include "docker/response_reader.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace sallyport::docker::detail {

/// A request. Its path and query must already be checked and encoded (names.hpp); they go out as they are.
struct Request {
  Request(std::string_view method_in, std::string path_in) : method(method_in), path(std::move(path_in)) {
    repeatable = method == "GET" || method == "DELETE";
  }

  /// "POST /containers/create", for errors.
  [[nodiscard]] std::string call() const { return method + " " + path; }
  /// The same for all calls of a kind: "POST /containers/{id}/start".
  [[nodiscard]] std::string kind() const { return method + " " + (route.empty() ? path : route); }
  /// The head as it goes over the wire. `api_version` goes in front of the path if not empty.
  [[nodiscard]] std::string head(std::string_view api_version) const;

  std::string method;
  std::string path;   ///< Without version and query.
  std::string route;  ///< The path with "{id}" for what differs from call to call; empty: the path has none.
  std::string query;  ///< Encoded, without the question mark.
  std::string body;
  std::string content_type = "application/json";
  bool versioned = true;
  bool repeatable = false;    ///< May be sent again when no byte of an answer came.
  bool upgrade = false;       ///< Asks for the raw connection; the answer's body is not read.
  bool chunked_body = false;  ///< The body follows by `Exchange::upload`.
  bool streamed_answer =
      false;  ///< The answer may go on for ever: its reader bounds its lines, not its size.
};

/// A call whose answer's header has come. Destroying it before the answer is complete closes the connection.
class Exchange {
 public:
  Exchange(Lease lease, ResponseReader reader, std::string call)
      : lease_(std::move(lease)), reader_(std::move(reader)), call_(std::move(call)) {}

  [[nodiscard]] int status() const { return reader_.status(); }
  [[nodiscard]] const std::string& call() const { return call_; }
  [[nodiscard]] const std::shared_ptr<Connection>& connection() const { return lease_.connection(); }
  [[nodiscard]] ResponseReader& reader() { return reader_; }
  /// Cuts the connection, unless it went back to the pool with a complete answer.
  void close();
  /// For a hijacked connection, which outlives the exchange.
  [[nodiscard]] Lease take_lease() { return std::move(lease_); }

  /// The next piece of the body; none at its end. After `timed_out` or `stopped` it may be called again.
  [[nodiscard]] boost::asio::awaitable<Result<std::optional<std::string>>> next_piece(
      const base::CallBounds& bounds);
  /// All of the body, up to `max_bytes`.
  [[nodiscard]] boost::asio::awaitable<Result<std::string>> read_all(std::size_t max_bytes,
                                                                     const base::CallBounds& bounds);

  /// Reads until the header is there.
  [[nodiscard]] boost::asio::awaitable<Result<void>> read_header(const Interrupt& interrupt);

  /// Sends the body of the request in chunks; ends early, without an error, when the engine has answered
  /// before it was complete.
  [[nodiscard]] boost::asio::awaitable<Result<void>> upload(const TarSource& source,
                                                            std::size_t max_early_body_bytes,
                                                            const base::CallBounds& bounds);

 private:
  [[nodiscard]] boost::asio::awaitable<Result<void>> read_more(const Interrupt& interrupt);
  void give_back_if_done();

  Lease lease_;
  ResponseReader reader_;
  std::string call_;
  bool upload_cut_ = false;
};

/// What all calls share: the pool, the bounds, and the API version once it is negotiated.
class Transport {
 public:
  Transport(boost::asio::any_io_executor executor, ClientOptions options);

  /// Sends the request and reads the answer's header. An error status is an `engine` error with
  /// the engine's message.
  [[nodiscard]] boost::asio::awaitable<Result<std::unique_ptr<Exchange>>> open(
      Request request, const base::CallBounds& bounds);
  /// The same with a body that is made as it goes out.
  [[nodiscard]] boost::asio::awaitable<Result<std::unique_ptr<Exchange>>> open_upload(
      Request request, const TarSource& source, const base::CallBounds& bounds);
  /// Sends the request and reads all of the answer.
  [[nodiscard]] boost::asio::awaitable<Result<std::string>> call(Request request,
                                                                 const base::CallBounds& bounds);

  void use_api_version(std::string version) { api_version_ = std::move(version); }
  [[nodiscard]] const ClientOptions& options() const { return options_; }
  [[nodiscard]] const boost::asio::any_io_executor& executor() const { return executor_; }
  [[nodiscard]] Pool& pool() { return *pool_; }

 private:
  struct Attempt;
  [[nodiscard]] boost::asio::awaitable<Result<std::unique_ptr<Exchange>>> open_unobserved(
      Request request, const base::CallBounds& bounds);
  [[nodiscard]] boost::asio::awaitable<Result<std::unique_ptr<Exchange>>> open_upload_unobserved(
      Request request, const TarSource& source, const base::CallBounds& bounds);
  void observe(const std::string& call, base::Clock::time_point begin,
               const Result<std::unique_ptr<Exchange>>& result) const;
  [[nodiscard]] boost::asio::awaitable<Attempt> attempt(const Request& request,
                                                        const base::CallBounds& bounds,
                                                        Pool::Freshness freshness);
  [[nodiscard]] boost::asio::awaitable<Result<std::unique_ptr<Exchange>>> check_status(
      std::unique_ptr<Exchange> exchange, bool upgrade, const base::CallBounds& bounds);

  boost::asio::any_io_executor executor_;
  ClientOptions options_;
  std::shared_ptr<Pool> pool_;
  std::string api_version_ = "1.41";
};

}  // namespace sallyport::docker::detail
