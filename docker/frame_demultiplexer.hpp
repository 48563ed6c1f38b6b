// The multiplexed stream of an attach, as a state machine without I/O.
#pragma once

#include "docker/client.hpp"
#include "docker/error.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sallyport::docker::detail {

/// Takes apart `[stream, 0, 0, 0, length as 4 bytes big-endian] payload...`. It keeps no payload: what it
/// hands out are views into the caller's input, so a frame of any length costs no memory, and a piece of
/// output is passed on as soon as it is there.
///
/// After an error it stays in error: the boundary between frames is lost for good.
class FrameDemultiplexer {
 public:
  /// A piece of output. The view is into the input that `step` was called with.
  struct Piece {
    StreamKind stream = StreamKind::stdout_stream;
    std::string_view data;
  };

  struct Step {
    std::size_t consumed = 0;    ///< Of the input; at least 1 when the input is not empty.
    std::optional<Piece> piece;  ///< None: a header, or a part of one, was consumed.
  };

  explicit FrameDemultiplexer(std::size_t max_frame_bytes) : max_frame_bytes_(max_frame_bytes) {}

  /// Consumes a header, or payload up to the frame's end. Call again with the rest until it is empty.
  ///
  /// Errors: `malformed` for a header that is none, `too_large` for a frame over the bound, `engine` for the
  /// engine's own error frame (type 3).
  [[nodiscard]] Result<Step> step(std::string_view input);

  /// The input has ended. `closed` if that was inside a frame.
  [[nodiscard]] Result<void> finish() const;

 private:
  static constexpr std::size_t header_bytes = 8;

  [[nodiscard]] Result<void> begin_frame();

  std::size_t max_frame_bytes_;
  std::array<unsigned char, header_bytes> header_{};
  std::size_t header_filled_ = 0;
  std::uint32_t payload_left_ = 0;
  StreamKind stream_ = StreamKind::stdout_stream;
  bool in_error_frame_ = false;
  std::string error_text_;
  std::optional<Error> failed_;
};

}  // namespace sallyport::docker::detail
