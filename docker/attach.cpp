// The hijacked connection of an attach.
#include "docker/client_impl.hpp"
#include "docker/frame_demultiplexer.hpp"
#include "docker/limits.hpp"
#include "docker/names.hpp"

#include <boost/asio/buffer.hpp>

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

namespace asio = boost::asio;

namespace sallyport::docker {

// The coroutines share it with the holder: one that is under way when the holder goes away ends with `closed`
// instead of reading freed memory.
class AttachedStream::Impl {
 public:
  struct State {
    State(detail::Lease lease_in, std::string call_in, std::size_t max_frame_bytes, std::string_view early)
        : lease(std::move(lease_in)),
          connection(lease.connection()),
          call(std::move(call_in)),
          frames(max_frame_bytes),
          buffer(std::max(early.size(), read_buffer_bytes)),
          end(early.size()) {
      std::copy(early.begin(), early.end(), buffer.begin());
    }

    // A place in the pool for as long as the stream lives, then closed: never reused.
    detail::Lease lease;
    std::shared_ptr<detail::Connection> connection;
    std::string call;
    detail::FrameDemultiplexer frames;
    std::vector<char> buffer;
    std::size_t begin = 0;  ///< Of what was read and not yet taken apart.
    std::size_t end = 0;
    bool input_ended = false;
    bool write_cut = false;  ///< A write ended in the middle: what follows would be garbage to the reader.
  };

  explicit Impl(std::shared_ptr<State> state_in) : state(std::move(state_in)) {}
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
  Impl(Impl&&) = delete;
  Impl& operator=(Impl&&) = delete;
  ~Impl() { state->connection->close(); }

  static asio::awaitable<Result<void>> write(std::shared_ptr<State> state, std::string_view data,
                                             base::CallBounds bounds);
  static asio::awaitable<Result<std::optional<OutputChunk>>> read(std::shared_ptr<State> state,
                                                                  base::CallBounds bounds);

  std::shared_ptr<State> state;
};

asio::awaitable<Result<void>> AttachedStream::Impl::write(std::shared_ptr<State> state, std::string_view data,
                                                          base::CallBounds bounds) {
  if (state->write_cut) {
    co_return with_call(make_error(ErrorKind::closed, "an earlier write was cut short"), state->call);
  }
  const detail::Interrupt interrupt(state->connection, bounds);
  std::size_t written = 0;
  auto sent = co_await state->connection->write_all(asio::buffer(data), interrupt, written);
  if (sent.has_error()) {
    state->write_cut = true;
    co_return with_call(std::move(sent).error(), state->call);
  }
  co_return Result<void>();
}

asio::awaitable<Result<std::optional<OutputChunk>>> AttachedStream::Impl::read(std::shared_ptr<State> state,
                                                                               base::CallBounds bounds) {
  std::optional<detail::Interrupt> interrupt;
  for (;;) {
    while (state->begin < state->end) {
      const std::string_view input(state->buffer.data() + state->begin, state->end - state->begin);
      auto step = state->frames.step(input);
      if (step.has_error()) co_return with_call(std::move(step).error(), state->call);
      state->begin += step->consumed;
      if (!step->piece) continue;
      std::optional<OutputChunk> chunk(std::in_place);
      chunk->stream = step->piece->stream;
      chunk->data = step->piece->data;
      co_return chunk;
    }
    if (state->input_ended) {
      auto finished = state->frames.finish();
      if (finished.has_error()) co_return with_call(std::move(finished).error(), state->call);
      co_return std::optional<OutputChunk>();
    }
    if (!interrupt) interrupt.emplace(state->connection, bounds);
    const asio::mutable_buffer room = asio::buffer(state->buffer);
    auto received = co_await state->connection->read_some(room, *interrupt);
    if (received.has_error()) co_return with_call(std::move(received).error(), state->call);
    state->begin = 0;
    state->end = *received;
    state->input_ended = *received == 0;
  }
}

AttachedStream::AttachedStream(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
AttachedStream::AttachedStream(AttachedStream&&) noexcept = default;
AttachedStream& AttachedStream::operator=(AttachedStream&&) noexcept = default;
AttachedStream::~AttachedStream() = default;

asio::awaitable<Result<void>> AttachedStream::write(std::string_view data, base::CallBounds bounds) {
  if (!impl_) return detail::fail_with<void>(detail::moved_from());
  return Impl::write(impl_->state, data, std::move(bounds));
}

Result<void> AttachedStream::close_stdin() {
  if (!impl_) return detail::moved_from();
  auto shut = impl_->state->connection->shutdown_send();
  if (shut.has_error()) return with_call(std::move(shut).error(), impl_->state->call);
  return shut;
}

asio::awaitable<Result<std::optional<OutputChunk>>> AttachedStream::read(base::CallBounds bounds) {
  if (!impl_) return detail::fail_with<std::optional<OutputChunk>>(detail::moved_from());
  return Impl::read(impl_->state, std::move(bounds));
}

void AttachedStream::close() {
  if (impl_) impl_->state->connection->close();
}

asio::awaitable<Result<AttachedStream>> Client::attach(std::string id, base::CallBounds bounds) {
  auto made = detail::container_request("POST", id, "/attach");
  if (made.has_error()) co_return std::move(made).error();
  detail::Request request = std::move(*made);
  request.query = "stream=true&stdin=true&stdout=true&stderr=true";
  request.upgrade = true;
  request.repeatable = true;  // Nothing has happened as long as no byte of an answer has come.
  auto exchange = co_await impl_->transport.open(std::move(request), bounds);
  if (exchange.has_error()) co_return std::move(exchange).error();
  detail::Exchange& opened = **exchange;
  // 101, or 200 from an engine that does not upgrade: either way the rest of the connection is the stream.
  const bool raw = opened.status() == 101 || (opened.status() == 200 && !opened.reader().chunked());
  if (!raw) {
    co_return with_call(make_error(ErrorKind::malformed, "the engine did not hand over the connection"),
                        opened.call());
  }
  const std::string early = opened.reader().take_unparsed();
  auto state = std::make_shared<AttachedStream::Impl::State>(
      opened.take_lease(), opened.call(), impl_->transport.options().max_frame_bytes, early);
  co_return AttachedStream(std::make_unique<AttachedStream::Impl>(std::move(state)));
}

}  // namespace sallyport::docker
