#include "docker/transport.hpp"

#include "docker/reply_json.hpp"

#include <boost/asio/buffer.hpp>

#include <array>
#include <charconv>
#include <exception>
#include <utility>

namespace asio = boost::asio;

namespace sallyport::docker::detail {

namespace {

std::string chunk_of(std::string_view data) {
  std::array<char, 16> digits{};
  const auto [end, code] = std::to_chars(digits.data(), digits.data() + digits.size(), data.size(), 16);
  std::string chunk(digits.data(), end);
  chunk.reserve(chunk.size() + data.size() + 4);
  chunk += "\r\n";
  chunk += data;
  chunk += "\r\n";
  return chunk;
}

// The next chunk of an upload; the last one when the source is exhausted.
Result<std::string> next_chunk(const TarSource& source, bool& last) {
  try {
    const std::string piece = source ? source() : std::string();
    last = piece.empty();
    return last ? std::string("0\r\n\r\n") : chunk_of(piece);
  } catch (const std::exception& failure) {
    return make_error(ErrorKind::invalid_request,
                      std::string("the upload's source failed: ") + failure.what());
  }
}

}  // namespace

std::string Request::head(std::string_view api_version) const {
  std::string head = method;
  head += ' ';
  if (!api_version.empty()) {
    head += "/v";
    head += api_version;
  }
  head += path;
  if (!query.empty()) {
    head += '?';
    head += query;
  }
  head += " HTTP/1.1\r\nHost: docker\r\nUser-Agent: sallyport\r\n";
  if (upgrade) head += "Connection: Upgrade\r\nUpgrade: tcp\r\n";
  if (chunked_body || !body.empty()) head += "Content-Type: " + content_type + "\r\n";
  if (chunked_body) {
    head += "Transfer-Encoding: chunked\r\n";
  } else if (method == "POST" || !body.empty()) {
    head += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  }
  head += "\r\n";
  return head;
}

// --- Exchange

asio::awaitable<Result<void>> Exchange::read_more(const Interrupt& interrupt) {
  const asio::mutable_buffer room = reader_.prepare();
  auto received = co_await connection()->read_some(room, interrupt);
  if (received.has_error()) co_return with_call(std::move(received).error(), call_);
  auto parsed = *received == 0 ? reader_.end() : reader_.commit(*received);
  if (parsed.has_error()) co_return with_call(std::move(parsed).error(), call_);
  co_return Result<void>();
}

asio::awaitable<Result<void>> Exchange::read_header(const Interrupt& interrupt) {
  while (!reader_.header_done()) {
    auto more = co_await read_more(interrupt);
    if (more.has_error()) co_return more;
  }
  co_return Result<void>();
}

asio::awaitable<Result<std::optional<std::string>>> Exchange::next_piece(const base::CallBounds& bounds) {
  std::optional<Interrupt> interrupt;
  for (;;) {
    if (reader_.body_size() > 0) {
      std::optional<std::string> piece = reader_.take_body();
      give_back_if_done();
      co_return piece;
    }
    if (reader_.done()) {
      give_back_if_done();
      co_return std::optional<std::string>();
    }
    if (!interrupt) interrupt.emplace(connection(), bounds);
    auto more = co_await read_more(*interrupt);
    if (more.has_error()) co_return std::move(more).error();
  }
}

asio::awaitable<Result<std::string>> Exchange::read_all(std::size_t max_bytes,
                                                        const base::CallBounds& bounds) {
  const Interrupt interrupt(connection(), bounds);
  while (!reader_.done()) {
    auto more = co_await read_more(interrupt);
    if (more.has_error()) co_return std::move(more).error();
    // The parser knows the bound too, but not for streamed answers, which may turn out to be errors.
    if (reader_.body_size() > max_bytes) {
      co_return with_call(make_error(ErrorKind::too_large, "the answer exceeds its bound"), call_);
    }
  }
  std::string body = reader_.take_body();
  give_back_if_done();
  co_return body;
}

void Exchange::close() {
  if (const auto& open = connection()) open->close();
}

void Exchange::give_back_if_done() {
  if (!reader_.done()) return;
  if (reader_.reusable() && !upload_cut_) {
    lease_.give_back();
  } else {
    lease_.discard();
  }
}

asio::awaitable<Result<void>> Exchange::upload(const TarSource& source, std::size_t max_early_body_bytes,
                                               const base::CallBounds& bounds) {
  const Interrupt interrupt(connection(), bounds);
  const auto self_connection = connection();
  bool last = false;
  std::string chunk;
  std::size_t sent = 0;
  for (;;) {
    if (sent == chunk.size()) {
      if (last) break;
      auto made = next_chunk(source, last);
      if (made.has_error()) co_return with_call(std::move(made).error(), call_);
      chunk = std::move(*made);
      sent = 0;
    }
    const asio::const_buffer rest = asio::buffer(chunk) + sent;
    auto written = co_await self_connection->write_some_unless_readable(rest, interrupt);
    if (written.has_error()) {
      auto error = std::move(written).error();
      // The engine refuses an upload by an answer and a close: the answer can still be read.
      if (error.kind == ErrorKind::closed && self_connection->is_open()) break;
      co_return with_call(std::move(error), call_);
    }
    sent += *written;
    if (*written > 0) continue;

    auto more = co_await read_more(interrupt);
    if (more.has_error()) co_return more;
    if (reader_.body_size() > max_early_body_bytes) {
      co_return with_call(make_error(ErrorKind::too_large, "the answer outgrew its bound during the upload"),
                          call_);
    }
    if (reader_.done() || (reader_.header_done() && reader_.status() >= 300)) break;
  }
  self_connection->stop_watching();
  // An upload that was not completed leaves the connection out of step: whatever the answer, no other call
  // may follow on it.
  if (!last || sent < chunk.size()) upload_cut_ = true;
  co_return Result<void>();
}

// --- Transport

Transport::Transport(asio::any_io_executor executor, ClientOptions options)
    : executor_(std::move(executor)), options_(std::move(options)) {
  Pool::Options pool_options;
  pool_options.socket_path = options_.socket_path;
  pool_options.max_idle = options_.max_idle_connections;
  pool_options.max_connections = options_.max_connections;
  pool_ = std::make_shared<Pool>(executor_, std::move(pool_options));
}

struct Transport::Attempt {
  std::unique_ptr<Exchange> exchange;  ///< With its header read, or null and `error`.
  Error error;
  bool may_repeat = false;
};

asio::awaitable<Transport::Attempt> Transport::attempt(const Request& request, const base::CallBounds& bounds,
                                                       Pool::Freshness freshness) {
  Attempt outcome;
  auto lease = co_await pool_->acquire(bounds, freshness);
  if (lease.has_error()) {
    outcome.error = with_call(std::move(lease).error(), request.call());
    co_return outcome;
  }
  const auto connection = lease->connection();
  const bool reused = lease->reused();
  std::optional<std::size_t> max_body;
  if (!request.streamed_answer) max_body = options_.max_response_bytes;
  auto exchange = std::make_unique<Exchange>(std::move(*lease), ResponseReader(max_body), request.call());
  if (request.upgrade) exchange->reader().header_only();

  std::string message = request.head(request.versioned ? std::string_view(api_version_) : "");
  message += request.body;
  const Interrupt interrupt(connection, bounds);
  std::size_t written = 0;
  auto sent = co_await connection->write_all(asio::buffer(message), interrupt, written);
  if (sent.has_error()) {
    outcome.error = with_call(std::move(sent).error(), request.call());
    // Nothing went out, so the engine cannot have begun the call, whatever it is.
    const bool unseen = written == 0 || request.repeatable;
    outcome.may_repeat = reused && unseen && outcome.error.kind == ErrorKind::closed;
    co_return outcome;
  }
  if (!request.chunked_body) {
    auto header = co_await exchange->read_header(interrupt);
    if (header.has_error()) {
      outcome.error = std::move(header).error();
      outcome.may_repeat = reused && request.repeatable && !exchange->reader().started() &&
                           outcome.error.kind == ErrorKind::closed;
      co_return outcome;
    }
  }
  outcome.exchange = std::move(exchange);
  co_return outcome;
}

asio::awaitable<Result<std::unique_ptr<Exchange>>> Transport::open(Request request,
                                                                   const base::CallBounds& bounds) {
  const std::string kind = request.kind();
  const auto begin = base::Clock::now();
  auto result = co_await open_unobserved(std::move(request), bounds);
  observe(kind, begin, result);
  co_return result;
}

asio::awaitable<Result<std::unique_ptr<Exchange>>> Transport::open_upload(Request request,
                                                                          const TarSource& source,
                                                                          const base::CallBounds& bounds) {
  const std::string kind = request.kind();
  const auto begin = base::Clock::now();
  auto result = co_await open_upload_unobserved(std::move(request), source, bounds);
  observe(kind, begin, result);
  co_return result;
}

void Transport::observe(const std::string& call, base::Clock::time_point begin,
                        const Result<std::unique_ptr<Exchange>>& result) const {
  if (!options_.on_call) return;
  CallReport report;
  report.call = call;
  report.duration = base::Clock::now() - begin;
  if (result.has_error())
    report.error = result.error().is_not_found() ? "not found" : to_string(result.error().kind);
  options_.on_call(report);
}

asio::awaitable<Result<std::unique_ptr<Exchange>>> Transport::open_unobserved(
    Request request, const base::CallBounds& bounds) {
  Attempt outcome = co_await attempt(request, bounds, Pool::Freshness::any);
  if (!outcome.exchange && outcome.may_repeat) {
    // The engine closed the idle connection, most likely by a restart: then the other idle ones are dead too.
    outcome = co_await attempt(request, bounds, Pool::Freshness::new_connection);
  }
  if (!outcome.exchange) co_return std::move(outcome.error);
  co_return co_await check_status(std::move(outcome.exchange), request.upgrade, bounds);
}

asio::awaitable<Result<std::unique_ptr<Exchange>>> Transport::open_upload_unobserved(
    Request request, const TarSource& source, const base::CallBounds& bounds) {
  request.chunked_body = true;
  // Always a new connection: the source can be read only once, so there is no second attempt.
  Attempt outcome = co_await attempt(request, bounds, Pool::Freshness::new_connection);
  if (!outcome.exchange) co_return std::move(outcome.error);
  auto uploaded = co_await outcome.exchange->upload(source, options_.max_response_bytes, bounds);
  if (uploaded.has_error()) co_return std::move(uploaded).error();
  const Interrupt interrupt(outcome.exchange->connection(), bounds);
  auto header = co_await outcome.exchange->read_header(interrupt);
  if (header.has_error()) co_return std::move(header).error();
  co_return co_await check_status(std::move(outcome.exchange), request.upgrade, bounds);
}

asio::awaitable<Result<std::unique_ptr<Exchange>>> Transport::check_status(std::unique_ptr<Exchange> exchange,
                                                                           bool upgrade,
                                                                           const base::CallBounds& bounds) {
  const int status = exchange->status();
  // 304 is "already so" (a container that runs is started); 101 is for those who asked.
  if ((status >= 200 && status < 300) || status == 304 || (status == 101 && upgrade)) co_return exchange;
  if (status < 400) {
    co_return with_call(make_error(ErrorKind::malformed, "unexpected status " + std::to_string(status)),
                        exchange->call());
  }
  if (auto parsed = exchange->reader().read_body(); parsed.has_error()) {
    co_return with_call(std::move(parsed).error(), exchange->call());
  }
  auto body = co_await exchange->read_all(options_.max_response_bytes, bounds);
  if (body.has_error()) co_return std::move(body).error();
  co_return with_call(engine_error(status, parse_error_message(*body)), exchange->call());
}

asio::awaitable<Result<std::string>> Transport::call(Request request, const base::CallBounds& bounds) {
  auto exchange = co_await open(std::move(request), bounds);
  if (exchange.has_error()) co_return std::move(exchange).error();
  co_return co_await (*exchange)->read_all(options_.max_response_bytes, bounds);
}

}  // namespace sallyport::docker::detail
