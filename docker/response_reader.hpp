// An HTTP answer as it comes in, as a state machine without I/O (over Beast's parser).
#pragma once

#include "docker/error.hpp"

#include <boost/asio/buffer.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace sallyport::docker::detail {

/// Feed it by `prepare` and `commit`, or `end` when the peer has closed. The body is handed out in pieces as
/// it arrives, with the chunked coding taken off.
class ResponseReader {
 public:
  /// `max_body_bytes` bounds the whole body; none for streams, whose reader bounds its lines.
  explicit ResponseReader(std::optional<std::size_t> max_body_bytes);
  ResponseReader(const ResponseReader&) = delete;
  ResponseReader& operator=(const ResponseReader&) = delete;
  ResponseReader(ResponseReader&&) noexcept;
  ResponseReader& operator=(ResponseReader&&) noexcept;
  ~ResponseReader();

  /// Room for the next read.
  [[nodiscard]] boost::asio::mutable_buffer prepare();
  /// Takes what was read into that room. Errors: `malformed`, `too_large`; they stay.
  [[nodiscard]] Result<void> commit(std::size_t bytes);
  /// The peer has closed. Error: `closed` if the answer is not complete.
  [[nodiscard]] Result<void> end();

  /// Stops after the header: what follows is no body but another protocol, and stays in `take_unparsed`.
  void header_only() { header_only_ = true; }
  /// Takes `header_only` back: the answer turned out to be an ordinary one.
  [[nodiscard]] Result<void> read_body();

  [[nodiscard]] bool started() const { return started_; }  ///< A byte has come.
  [[nodiscard]] bool header_done() const;
  [[nodiscard]] bool done() const;  ///< Header and body are complete.
  [[nodiscard]] int status() const;
  [[nodiscard]] bool chunked() const;
  /// The connection may serve another request: complete, kept alive, and nothing unasked behind.
  [[nodiscard]] bool reusable() const;

  /// The body that has come since the last call.
  [[nodiscard]] std::string take_body();
  /// How much of it there is.
  [[nodiscard]] std::size_t body_size() const;
  /// What was read beyond the header (`header_only`).
  [[nodiscard]] std::string take_unparsed();

 private:
  struct State;
  [[nodiscard]] Result<void> parse();
  [[nodiscard]] Result<void> fail(Error error);

  std::unique_ptr<State> state_;
  bool header_only_ = false;
  bool started_ = false;
  std::optional<Error> failed_;
};

}  // namespace sallyport::docker::detail
