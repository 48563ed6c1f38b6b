// A wait for a container's exit.
#include "docker/client_impl.hpp"
#include "docker/names.hpp"
#include "docker/reply_json.hpp"

#include <optional>
#include <utility>

namespace asio = boost::asio;

namespace sallyport::docker {

class PendingExit::Impl {
 public:
  // Shared with the coroutine under way, so that destroying the holder is safe; it then ends with `closed`.
  struct State {
    explicit State(std::unique_ptr<detail::Exchange> exchange_in) : exchange(std::move(exchange_in)) {}
    std::unique_ptr<detail::Exchange> exchange;
    std::string body;
    std::optional<ExitInfo> exit;
  };

  explicit Impl(std::shared_ptr<State> state_in) : state(std::move(state_in)) {}
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
  Impl(Impl&&) = delete;
  Impl& operator=(Impl&&) = delete;
  ~Impl() { state->exchange->close(); }

  static asio::awaitable<Result<ExitInfo>> get(std::shared_ptr<State> state, base::CallBounds bounds);

  std::shared_ptr<State> state;
};

asio::awaitable<Result<ExitInfo>> PendingExit::Impl::get(std::shared_ptr<State> state,
                                                         base::CallBounds bounds) {
  while (!state->exit) {
    auto piece = co_await state->exchange->next_piece(bounds);
    if (piece.has_error()) co_return std::move(piece).error();
    if (*piece) {
      state->body += **piece;
      continue;
    }
    auto parsed = detail::named(detail::parse_exit(state->body), state->exchange->call());
    if (parsed.has_error()) co_return std::move(parsed).error();
    state->exit = std::move(*parsed);
  }
  co_return *state->exit;
}

PendingExit::PendingExit(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
PendingExit::PendingExit(PendingExit&&) noexcept = default;
PendingExit& PendingExit::operator=(PendingExit&&) noexcept = default;
PendingExit::~PendingExit() = default;

asio::awaitable<Result<ExitInfo>> PendingExit::get(base::CallBounds bounds) {
  if (!impl_) return detail::fail_with<ExitInfo>(detail::moved_from());
  return Impl::get(impl_->state, std::move(bounds));
}

asio::awaitable<Result<PendingExit>> Client::wait(std::string id, WaitCondition condition,
                                                  base::CallBounds bounds) {
  auto made = detail::container_request("POST", id, "/wait");
  if (made.has_error()) co_return std::move(made).error();
  detail::Request request = std::move(*made);
  switch (condition) {
    case WaitCondition::not_running:
      request.query = "condition=not-running";
      break;
    case WaitCondition::next_exit:
      request.query = "condition=next-exit";
      break;
    case WaitCondition::removed:
      request.query = "condition=removed";
      break;
  }
  request.repeatable = true;  // The caller counts on the wait only once it is registered.
  auto exchange = co_await impl_->transport.open(std::move(request), bounds);
  if (exchange.has_error()) co_return std::move(exchange).error();
  auto state = std::make_shared<PendingExit::Impl::State>(std::move(*exchange));
  co_return PendingExit(std::make_unique<PendingExit::Impl>(std::move(state)));
}

}  // namespace sallyport::docker
