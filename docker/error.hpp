// What can go wrong with a call to the Docker Engine.
#pragma once

#include <boost/system/result.hpp>

#include <string>
#include <string_view>

namespace sallyport::docker {

enum class ErrorKind {
  connect_failed,  ///< Nobody listens on the socket, or it may not be opened.
  timed_out,       ///< The deadline passed. What the engine did meanwhile is not known.
  stopped,         ///< The caller's stop token was triggered.
  closed,          ///< The engine closed the connection before the answer was complete.
  malformed,       ///< The answer is not HTTP, not JSON, or not what the API promises.
  too_large,       ///< The answer exceeds the bound of this call.
  engine,          ///< The engine answered with an error; `status` and `message` are its own.
  invalid_request  ///< The caller's own data cannot be sent (an id with a slash, say).
};

/// An error as a value. Never thrown by this module.
struct Error {
  ErrorKind kind = ErrorKind::malformed;
  int status = 0;       ///< HTTP status for `engine` (0: the error came inside a stream), else 0.
  std::string call;     ///< What was tried, as "POST /containers/create".
  std::string message;  ///< The engine's own message, or ours, in one line.

  [[nodiscard]] bool is_not_found() const { return kind == ErrorKind::engine && status == 404; }
  [[nodiscard]] bool is_conflict() const { return kind == ErrorKind::engine && status == 409; }

  /// "POST /containers/create: 404 No such image: x". For logs and messages; one line.
  [[nodiscard]] std::string to_string() const;
};

[[nodiscard]] const char* to_string(ErrorKind kind);

/// Lets `Result<T>::value()` throw in tests and in command line code; library code asks first.
[[noreturn]] void throw_exception_from_error(const Error& error, const boost::source_location& where);

template <class T>
using Result = boost::system::result<T, Error>;

/// An error of ours; the caller adds what it tried by `with_call`. The message is made one bounded line.
[[nodiscard]] Error make_error(ErrorKind kind, std::string_view message);
/// An error of the engine. Status 0: it came inside a stream, not as an HTTP status.
[[nodiscard]] Error engine_error(int status, std::string_view message);
[[nodiscard]] Error with_call(Error error, std::string_view call);
/// White space and control characters become single spaces; the rest is cut at a bound. What the engine says
/// may quote a container's own words, so it must not be able to break a line of a log.
[[nodiscard]] std::string one_line(std::string_view text);

}  // namespace sallyport::docker
