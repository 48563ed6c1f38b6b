#include "broker/api/violation_json.hpp"

#include "broker/api/json_string.hpp"

#include <concepts>

namespace sallyport::broker {
namespace {

using base::JsonText;

void add_place(JsonText& json, std::string_view key, std::integral auto place) {
  if (place > 0) {
    json.add(key, place);
  } else {
    json.add_null(key);
  }
}

void add_members(JsonText& json, const ValidationViolation& violation) {
  json.add("type", violation.type);
  json.add("rule", violation.rule);
  json.add("severity", violation.severity);
  json.add("message", violation.message);
  add_place(json, "line", violation.line);
  add_place(json, "column", violation.column);
  add_place(json, "end_line", violation.end_line);
  add_place(json, "end_column", violation.end_column);
  json.add_or_null("hint", violation.hint);
}

void add_members(JsonText& json, const OutputViolation& violation, Streams streams) {
  json.add("type", violation.type);
  json.add("rule", violation.rule);
  json.add("category", violation.category);
  json.add("severity", violation.severity);
  if (streams == Streams::named) json.add("stream", violation.stream);
  json.add("message", violation.message);
  json.add("count", violation.count);
  add_place(json, "line", violation.line);
}

template <class Violation, class... Form>
void add_list(JsonText& json, std::string_view key, const std::vector<Violation>& violations, Form... form) {
  json.begin_list(key);
  for (const Violation& violation : violations) {
    json.begin_object();
    add_members(json, violation, form...);
    json.end_object();
  }
  json.end_list();
}

}  // namespace

std::string to_json(const ValidationViolation& violation) {
  JsonText json(append_json_string);
  add_members(json, violation);
  return json.take();
}

std::string to_json(const OutputViolation& violation) {
  JsonText json(append_json_string);
  add_members(json, violation, Streams::named);
  return json.take();
}

void add_violations(JsonText& json, std::string_view key,
                    const std::vector<ValidationViolation>& violations) {
  add_list(json, key, violations);
}

void add_violations(JsonText& json, std::string_view key, const std::vector<OutputViolation>& violations,
                    Streams streams) {
  add_list(json, key, violations, streams);
}

}  // namespace sallyport::broker
