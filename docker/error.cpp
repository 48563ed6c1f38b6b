#include "docker/error.hpp"

#include "docker/limits.hpp"

#include <boost/throw_exception.hpp>

#include <stdexcept>
#include <utility>

namespace sallyport::docker {

const char* to_string(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::connect_failed:
      return "connect failed";
    case ErrorKind::timed_out:
      return "timed out";
    case ErrorKind::stopped:
      return "stopped";
    case ErrorKind::closed:
      return "connection closed";
    case ErrorKind::malformed:
      return "malformed answer";
    case ErrorKind::too_large:
      return "answer too large";
    case ErrorKind::engine:
      return "engine error";
    case ErrorKind::invalid_request:
      return "invalid request";
  }
  return "unknown error";
}

std::string Error::to_string() const {
  std::string text = call;
  if (!text.empty()) text += ": ";
  // The engine's own errors speak for themselves; ours need their kind in front.
  if (kind == ErrorKind::engine && status != 0) {
    text += std::to_string(status);
  } else {
    text += docker::to_string(kind);
  }
  if (message.empty()) return text;
  if (kind != ErrorKind::engine || status == 0) text += ":";
  text += " ";
  text += message;
  return text;
}

void throw_exception_from_error(const Error& error, const boost::source_location& where) {
  boost::throw_exception(std::runtime_error(error.to_string()), where);
}

Error make_error(ErrorKind kind, std::string_view message) {
  Error error;
  error.kind = kind;
  error.message = one_line(message);
  return error;
}

Error engine_error(int status, std::string_view message) {
  Error error = make_error(ErrorKind::engine, message);
  error.status = status;
  return error;
}

Error with_call(Error error, std::string_view call) {
  error.call = call;
  return error;
}

std::string one_line(std::string_view text) {
  std::string line;
  bool space_due = false;
  for (const char character : text) {
    const auto byte = static_cast<unsigned char>(character);
    if (byte <= 0x20 || byte == 0x7f) {
      space_due = !line.empty();
      continue;
    }
    if (line.size() >= max_error_message_bytes) {
      line += " [...]";
      break;
    }
    if (space_due) line += ' ';
    space_due = false;
    line += character;
  }
  return line;
}

}  // namespace sallyport::docker
