#include "broker/api/validation_reply.hpp"

#include "base/json_text.hpp"
#include "broker/api/json_string.hpp"
#include "broker/api/violation_json.hpp"

namespace sallyport::broker {

std::string to_json(const ValidationReply& reply) {
  base::JsonText json(append_json_string);
  json.add("is_valid", reply.is_valid);
  json.add("error_type", reply.error_type);
  json.add("error_message", reply.error_message);
  json.add("error_line", reply.error_line);
  add_violations(json, "validation_violations", reply.validation_violations);
  json.begin_object("timings");
  json.add_rounded("validation_ms", reply.validation_ms, 3);
  json.end_object();
  return json.take();
}

}  // namespace sallyport::broker
