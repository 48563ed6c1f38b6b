#include "broker/http/error_response.hpp"

#include <utility>

namespace sallyport::broker::http {

Response to_response(const ApiError& error) {
  Response response;
  response.status = error.status;
  if (error.retry_after_seconds > 0) {
    response.headers.push_back(Header{"Retry-After", std::to_string(error.retry_after_seconds)});
  }
  response.body = error.to_json();
  response.error_type = error.error_type;
  return response;
}

Response error_response(int status, std::string message, std::string details_json) {
  ApiError error;
  error.status = status;
  error.error_type = error_type_of(status);
  error.message = std::move(message);
  error.details_json = std::move(details_json);
  return to_response(error);
}

}  // namespace sallyport::broker::http
