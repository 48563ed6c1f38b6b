#include "broker/api_error.hpp"

#include <boost/throw_exception.hpp>
#include <nlohmann/json.hpp>

#include <stdexcept>

namespace sallyport::broker {

std::string ApiError::to_json() const {
  using Json = nlohmann::ordered_json;
  Json body;
  body["error_type"] = error_type;
  body["message"] = message;
  Json details = Json::parse(details_json, nullptr, false);
  body["details"] = details.is_object() ? std::move(details) : Json::object();
  // A message may quote what the client sent; whatever it is, the answer is JSON.
  return body.dump(-1, ' ', false, Json::error_handler_t::replace);
}

void throw_exception_from_error(const ApiError& error, const boost::source_location& where) {
  boost::throw_exception(std::runtime_error(std::to_string(error.status) + " " + error.message), where);
}

const char* error_type_of(int status) {
  switch (status) {
    case 403:
      return "PermissionError";
    case 404:
      return "NotFoundError";
    case 405:
      return "MethodNotAllowedError";
    case 409:
      return "ConflictError";
    case 408:
      return "RequestTimeoutError";
    case 413:
    case 431:
      return "RequestTooLargeError";
    case 415:
      return "UnsupportedMediaTypeError";
    case 429:
      return "TooManyRequestsError";
    case 499:
      return "CancelledError";
    case 500:
      return "InternalError";
    case 503:
      return "UnavailableError";
    case 400:
    case 422:
      return "ValidationError";
    default:
      return "RequestError";
  }
}

}  // namespace sallyport::broker
