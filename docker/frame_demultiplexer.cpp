#include "docker/frame_demultiplexer.hpp"

#include "docker/limits.hpp"

#include <algorithm>
#include <utility>

namespace sallyport::docker::detail {

namespace {

// The first byte of a header. The engine never sends 0 today; its own client writes it to stdout.
enum : unsigned char { stream_stdin = 0, stream_stdout = 1, stream_stderr = 2, stream_system_error = 3 };

}  // namespace

Result<FrameDemultiplexer::Step> FrameDemultiplexer::step(std::string_view input) {
  if (failed_) return *failed_;
  Step step;
  if (input.empty()) return step;

  if (header_filled_ < header_bytes) {
    step.consumed = std::min(header_bytes - header_filled_, input.size());
    std::copy_n(input.begin(), step.consumed, header_.begin() + static_cast<std::ptrdiff_t>(header_filled_));
    header_filled_ += step.consumed;
    if (header_filled_ < header_bytes) return step;
    auto begun = begin_frame();
    if (begun.has_error()) {
      failed_ = std::move(begun).error();
      return *failed_;
    }
    if (payload_left_ == 0) header_filled_ = 0;
    return step;
  }

  step.consumed = std::min<std::size_t>(payload_left_, input.size());
  payload_left_ -= static_cast<std::uint32_t>(step.consumed);
  const std::string_view data = input.substr(0, step.consumed);
  if (in_error_frame_) {
    const std::size_t room = max_error_message_bytes - std::min(max_error_message_bytes, error_text_.size());
    error_text_ += data.substr(0, room);
  } else {
    step.piece = Piece{stream_, data};
  }
  if (payload_left_ > 0) return step;
  header_filled_ = 0;
  if (in_error_frame_) {
    failed_ = engine_error(0, error_text_);
    return *failed_;
  }
  return step;
}

Result<void> FrameDemultiplexer::begin_frame() {
  if (header_[1] != 0 || header_[2] != 0 || header_[3] != 0) {
    return make_error(ErrorKind::malformed, "frame header with non-zero reserved bytes");
  }
  payload_left_ = 0;
  for (std::size_t i = 4; i < header_bytes; ++i) payload_left_ = (payload_left_ << 8U) | header_[i];
  in_error_frame_ = false;
  switch (header_[0]) {
    case stream_stdin:
    case stream_stdout:
      stream_ = StreamKind::stdout_stream;
      break;
    case stream_stderr:
      stream_ = StreamKind::stderr_stream;
      break;
    case stream_system_error:
      in_error_frame_ = true;
      if (payload_left_ == 0) return engine_error(0, "the engine reported an error without a message");
      break;
    default:
      return make_error(ErrorKind::malformed, "unknown stream type " + std::to_string(header_[0]));
  }
  if (payload_left_ > max_frame_bytes_) {
    return make_error(ErrorKind::too_large, "frame of " + std::to_string(payload_left_) +
                                                " bytes, allowed are " + std::to_string(max_frame_bytes_));
  }
  return {};
}

Result<void> FrameDemultiplexer::finish() const {
  if (failed_) return *failed_;
  if (header_filled_ == 0) return {};
  return make_error(ErrorKind::closed, "the stream ended inside a frame");
}

}  // namespace sallyport::docker::detail
