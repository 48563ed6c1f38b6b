// The engine's events as they happen.
#include "docker/client_impl.hpp"
#include "docker/json_lines.hpp"
#include "docker/names.hpp"
#include "docker/reply_json.hpp"
#include "docker/request_json.hpp"

#include <chrono>
#include <optional>
#include <utility>

namespace asio = boost::asio;

namespace sallyport::docker {

class EventStream::Impl {
 public:
  // Shared with the coroutine under way, so that destroying the holder is safe; it then ends with `closed`.
  struct State {
    State(std::unique_ptr<detail::Exchange> exchange_in, std::size_t max_line_bytes)
        : exchange(std::move(exchange_in)), lines(max_line_bytes) {}
    std::unique_ptr<detail::Exchange> exchange;
    detail::JsonLines lines;
    bool ended = false;
  };

  explicit Impl(std::shared_ptr<State> state_in) : state(std::move(state_in)) {}
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
  Impl(Impl&&) = delete;
  Impl& operator=(Impl&&) = delete;
  ~Impl() { state->exchange->close(); }

  static asio::awaitable<Result<std::optional<Event>>> next(std::shared_ptr<State> state,
                                                            base::CallBounds bounds);

  std::shared_ptr<State> state;
};

asio::awaitable<Result<std::optional<Event>>> EventStream::Impl::next(std::shared_ptr<State> state,
                                                                      base::CallBounds bounds) {
  for (;;) {
    auto line = detail::named(state->lines.next(), state->exchange->call());
    if (line.has_error()) co_return std::move(line).error();
    if (*line) {
      auto event = detail::named(detail::parse_event(**line), state->exchange->call());
      if (event.has_error()) co_return std::move(event).error();
      co_return std::optional<Event>(std::move(*event));
    }
    if (state->ended) co_return std::optional<Event>();
    auto piece = co_await state->exchange->next_piece(bounds);
    if (piece.has_error()) co_return std::move(piece).error();
    if (*piece) {
      state->lines.feed(**piece);
    } else {
      state->ended = true;
      state->lines.finish();
    }
  }
}

EventStream::EventStream(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
EventStream::EventStream(EventStream&&) noexcept = default;
EventStream& EventStream::operator=(EventStream&&) noexcept = default;
EventStream::~EventStream() = default;

asio::awaitable<Result<std::optional<Event>>> EventStream::next(base::CallBounds bounds) {
  if (!impl_) return detail::fail_with<std::optional<Event>>(detail::moved_from());
  return Impl::next(impl_->state, std::move(bounds));
}

namespace {

// "seconds.nanoseconds", as the engine wants a point in time.
std::string engine_time(std::chrono::system_clock::time_point when) {
  const auto since_epoch =
      std::chrono::duration_cast<std::chrono::nanoseconds>(when.time_since_epoch()).count();
  const std::string fraction = std::to_string(since_epoch % 1'000'000'000);
  return std::to_string(since_epoch / 1'000'000'000) + "." + std::string(9 - fraction.size(), '0') + fraction;
}

}  // namespace

asio::awaitable<Result<EventStream>> Client::events(EventFilter filter, base::CallBounds bounds) {
  detail::Request request("GET", "/events");
  request.streamed_answer = true;
  const std::string call = request.call();
  auto filters = detail::event_filter_json(filter);
  if (filters.has_error()) co_return with_call(std::move(filters).error(), call);
  detail::QueryValues query;
  // The engine sends its header before it subscribes; without a start time, what happens in between is lost.
  query.emplace_back("since", engine_time(std::chrono::system_clock::now()));
  query.emplace_back("filters", std::move(*filters));
  request.query = detail::query_string(query);
  auto exchange = co_await impl_->transport.open(std::move(request), bounds);
  if (exchange.has_error()) co_return std::move(exchange).error();
  auto state = std::make_shared<EventStream::Impl::State>(std::move(*exchange),
                                                          impl_->transport.options().max_line_bytes);
  co_return EventStream(std::make_unique<EventStream::Impl>(std::move(state)));
}

}  // namespace sallyport::docker
