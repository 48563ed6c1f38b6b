// A request that is not served, and why: the one shape of every 4xx and 5xx answer.
#pragma once

#include <boost/system/result.hpp>

#include <string>

namespace sallyport::broker {

/// What a client gets in place of a reply: `{"error_type", "message", "details"}` with an HTTP status.
struct ApiError {
  int status = 500;
  std::string error_type;           ///< "ValidationError", "SandboxError", ...
  std::string message;              ///< One line for people and for language models: what to change.
  std::string details_json = "{}";  ///< A JSON object for programs.
  int retry_after_seconds = 0;      ///< Above 0: sent as Retry-After.

  /// The body of the answer.
  [[nodiscard]] std::string to_json() const;
};

/// Lets `ApiResult<T>::value()` throw in tests; library code asks first.
[[noreturn]] void throw_exception_from_error(const ApiError& error, const boost::source_location& where);

template <class T>
using ApiResult = boost::system::result<T, ApiError>;

/// The `error_type` of a request that is itself wrong, by HTTP status: 404 is "NotFoundError".
[[nodiscard]] const char* error_type_of(int status);

/// 503, for whoever comes, or is stopped, while the broker shuts down.
[[nodiscard]] ApiError shutting_down();

}  // namespace sallyport::broker
