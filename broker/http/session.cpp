#include "broker/http/session.hpp"

#include "broker/http/error_response.hpp"
#include "broker/http/stream_writer.hpp"
#include "broker/seconds.hpp"

#include <chrono>
#include <exception>
#include <functional>
#include <optional>
#include <utility>
#include <variant>

namespace sallyport::broker::http {

namespace asio = boost::asio;
using base::Deadline;

namespace {

/// How long a connection that is to be closed waits for the client to take the answer and close first.
constexpr std::chrono::seconds kLinger{1};

/// For an answer to a client that has closed its side: it may be half-closed and still read.
constexpr std::chrono::seconds kFarewell{1};

constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

std::string in_seconds(double seconds) {
  std::string text = std::to_string(seconds);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.ends_with('.')) text.pop_back();
  return text + " s";
}

}  // namespace

Session::Session(Socket socket, const TlsContext& tls, Peer peer, std::shared_ptr<SessionContext> context)
    : connection_(std::make_shared<Connection>(std::move(socket), tls)),
      context_(std::move(context)),
      peer_(std::move(peer)) {}

void Session::drain() {
  if (waiting_) connection_->interrupt();
}

void Session::cut() {
  cut_ = true;
  if (running_) {
    running_->request_stop();
  } else {
    connection_->interrupt();
  }
}

void Session::close() {
  connection_->interrupt();
}

asio::awaitable<void> Session::run() {
  waiting_ = true;
  const IoStatus secured = co_await connection_->handshake(
      Deadline::after(seconds(context_->limits.tls.handshake_timeout_seconds)));
  waiting_ = false;
  if (secured != IoStatus::done) {
    ++context_->handshakes_failed;
    co_return;
  }
  bool more = true;
  while (more) more = co_await serve_one();
}

void Session::feed(RequestReader& reader) {
  if (!input_.empty()) input_.erase(0, reader.feed(input_));
}

std::variant<std::shared_ptr<const Caller>, Response> Session::admit(const Route& route,
                                                                     const RequestHead& head) const {
  if (context_->gate == nullptr || route.scope == Scope::open) return nobody();
  const Knock knock{head, route.path, route.scope, peer_};
  return context_->gate->admit(knock);
}

asio::awaitable<bool> Session::serve_one() {
  if (input_.empty()) {
    if (context_->draining) co_return false;
    waiting_ = true;
    const IoStatus status = co_await connection_->read_some(
        input_, Deadline::after(seconds(context_->limits.idle_timeout_seconds)));
    waiting_ = false;
    if (status != IoStatus::done) co_return false;
  }

  route_ = {};
  ReaderLimits limits;
  limits.max_header_bytes = context_->limits.max_header_bytes;
  limits.max_body_bytes = context_->limits.max_body_bytes;
  RequestReader reader(limits);
  if (!co_await read_head(reader)) co_return false;

  const bool head_only = reader.head().method == "HEAD";
  auto resolution = context_->router.resolve(reader.head());
  if (auto* refusal = std::get_if<Response>(&resolution)) {
    // A body that nobody wants is not read; where it ends is then unknown, and so the connection ends.
    const bool keep_alive = reader.head().keep_alive && reader.state() == RequestReader::State::complete;
    co_return co_await answer(std::move(*refusal), head_only, keep_alive);
  }
  auto& match = std::get<Router::Match>(resolution);
  route_ = match.route->path;
  auto admitted = admit(*match.route, reader.head());
  if (auto* refusal = std::get_if<Response>(&admitted)) {
    const bool keep_alive = reader.head().keep_alive && reader.state() == RequestReader::State::complete;
    co_return co_await answer(std::move(*refusal), head_only, keep_alive);
  }

  MemoryBudget::Charge charge(context_->memory);
  if (reader.head().has_body && context_->memory.used_up()) {
    Response refusal = error_response(503, "the broker holds as much of requests and replies as it may");
    refusal.headers.push_back(Header{"Retry-After", "1"});
    co_return co_await answer(std::move(refusal), head_only, false);
  }
  if (!co_await read_body(reader, charge)) co_return false;
  const bool keep_alive = reader.head().keep_alive;
  const bool takes_chunks = reader.head().takes_chunks;
  Request request = reader.take();
  request.path_parameters = std::move(match.parameters);
  request.caller = std::move(std::get<std::shared_ptr<const Caller>>(admitted));
  Response response = co_await handle(*match.route, std::move(request));
  if (response.produce && !head_only) {
    co_return co_await stream(*match.route, std::move(response), keep_alive, takes_chunks);
  }
  charge.add(response.body.size());
  co_return co_await answer(std::move(response), head_only, keep_alive, takes_chunks);
}

asio::awaitable<bool> Session::read_head(RequestReader& reader) {
  const double allowed = context_->limits.header_timeout_seconds;
  const Deadline deadline = Deadline::after(seconds(allowed));
  for (;;) {
    feed(reader);
    if (reader.state() == RequestReader::State::failed) {
      Response refusal = error_response(reader.failure().status, reader.failure().message);
      co_await answer(std::move(refusal), false, false);
      co_return false;
    }
    if (reader.state() != RequestReader::State::head) co_return true;
    const IoStatus status = co_await connection_->read_some(input_, deadline);
    if (status == IoStatus::timed_out) {
      Response refusal =
          error_response(408, "the request's header did not arrive within " + in_seconds(allowed));
      co_await answer(std::move(refusal), false, false);
    }
    if (status != IoStatus::done) co_return false;
  }
}

asio::awaitable<bool> Session::read_body(RequestReader& reader, MemoryBudget::Charge& charge) {
  const double allowed = context_->limits.body_timeout_seconds;
  const Deadline deadline = Deadline::after(seconds(allowed));
  if (reader.state() == RequestReader::State::body && reader.head().expects_continue && input_.empty()) {
    const IoStatus status = co_await connection_->write(kContinue, {}, deadline);
    if (status != IoStatus::done) co_return false;
  }
  for (;;) {
    const std::size_t before = input_.size();
    feed(reader);
    charge.add(before - input_.size());
    if (reader.state() == RequestReader::State::failed) {
      Response refusal = error_response(reader.failure().status, reader.failure().message);
      co_await answer(std::move(refusal), false, false);
      co_return false;
    }
    if (reader.state() == RequestReader::State::complete) co_return true;
    const IoStatus status = co_await connection_->read_some(input_, deadline);
    if (status == IoStatus::timed_out) {
      Response refusal =
          error_response(408, "the request's body did not arrive within " + in_seconds(allowed));
      co_await answer(std::move(refusal), false, false);
    }
    if (status != IoStatus::done) co_return false;
  }
}

template <class Value, class Call>
asio::awaitable<std::optional<Value>> Session::attend(const Route& route, Call call) {
  const std::stop_source stop = *running_;
  std::optional<Value> value;
  std::string fault;
  try {
    PeerWatch watch(context_->patrol, *connection_, stop);
    asio::awaitable<Value> under_way = call(stop.get_token());
    value = co_await std::move(under_way);
  } catch (const std::exception& error) {
    fault = error.what();
    if (fault.empty()) fault = "an exception without a message";
  } catch (...) {
    fault = "an exception of an unknown type";
  }
  running_.reset();
  peer_gone_ = connection_->peer_gone();

  if (!value) {
    context_->log->write(Severity::error, "handler_fault", route.method + " " + route.path + ": " + fault);
  }
  co_return value;
}

asio::awaitable<Response> Session::handle(const Route& route, Request request) {
  running_.emplace();
  auto call = [&](std::stop_token stop) { return route.handler(std::move(request), std::move(stop)); };
  std::optional<Response> response = co_await attend<Response>(route, std::move(call));
  if (!response) co_return error_response(500, "a fault of the broker; its log says more");
  co_return std::move(*response);
}

asio::awaitable<bool> Session::answer(Response response, bool head_only, bool keep_alive, bool takes_chunks) {
  if (context_->observer != nullptr) {
    context_->observer->answered(route_, response.status, response.error_type);
  }
  keep_alive = keep_alive && !context_->draining && !peer_gone_;
  const std::string head = serialize_head(response, keep_alive, takes_chunks);
  const std::string_view body = head_only || response.status == 204 ? std::string_view() : response.body;
  Deadline deadline = Deadline::after(seconds(context_->limits.write_timeout_seconds));
  if (peer_gone_) deadline = deadline.at_most(kFarewell);
  const IoStatus status = co_await connection_->write(head, body, deadline);
  if (status != IoStatus::done) co_return false;
  if (!keep_alive && !peer_gone_) co_await connection_->linger(Deadline::after(kLinger));
  co_return keep_alive;
}

asio::awaitable<bool> Session::stream(const Route& route, Response response, bool keep_alive,
                                      bool takes_chunks) {
  keep_alive = keep_alive && takes_chunks && !context_->draining && !peer_gone_;
  running_.emplace();
  if (cut_ || peer_gone_) running_->request_stop();
  const auto piece_time = seconds(context_->limits.write_timeout_seconds);
  StreamWriter writer(*connection_, takes_chunks, piece_time);
  auto call = [&](std::stop_token stop) -> asio::awaitable<BodyEnd> {
    const std::string head = serialize_head(response, keep_alive, takes_chunks);
    const IoStatus status = co_await connection_->write(head, {}, Deadline::after(piece_time));
    if (status != IoStatus::done) running_->request_stop();
    asio::awaitable<BodyEnd> body = response.produce(writer, std::move(stop));
    co_return co_await std::move(body);
  };
  std::optional<BodyEnd> ended = co_await attend<BodyEnd>(route, std::ref(call));
  BodyEnd end;
  if (ended) {
    end = std::move(*ended);
  } else {
    end.complete = false;
    end.error_type = error_type_of(500);
  }
  if (context_->observer != nullptr) context_->observer->answered(route_, response.status, end.error_type);
  if (!end.complete) co_return false;
  const bool whole = co_await writer.finish();
  if (!whole) co_return false;
  keep_alive = keep_alive && !context_->draining && !peer_gone_;
  if (!keep_alive && !peer_gone_) co_await connection_->linger(Deadline::after(kLinger));
  co_return keep_alive;
}

}  // namespace sallyport::broker::http
