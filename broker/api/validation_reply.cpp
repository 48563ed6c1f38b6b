#include "broker/api/validation_reply.hpp"

#include "broker/api/json_values.hpp"
#include "broker/api/json_writer.hpp"
#include "broker/api/reply_object.hpp"
#include "broker/api/violation_json.hpp"

#include <nlohmann/json.hpp>

#include <utility>

namespace sallyport::broker {

nlohmann::ordered_json reply_object(ValidationReply reply) {
  nlohmann::ordered_json body;
  body["is_valid"] = reply.is_valid;
  body["error_type"] = or_null(std::move(reply.error_type));
  body["error_message"] = or_null(std::move(reply.error_message));
  body["error_line"] = or_null(reply.error_line);
  body["validation_violations"] = to_json(std::move(reply.validation_violations));
  body["timings"]["validation_ms"] = rounded(reply.validation_ms, 1e3);
  return body;
}

std::string to_json(ValidationReply reply) {
  return write_json(reply_object(std::move(reply)));
}

}  // namespace sallyport::broker
