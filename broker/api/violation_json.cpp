#include "broker/api/violation_json.hpp"

#include <string>
#include <utility>

namespace sallyport::broker {
namespace {

using OrderedJson = nlohmann::ordered_json;

OrderedJson position(int value) {
  return value > 0 ? OrderedJson(value) : OrderedJson(nullptr);
}

OrderedJson to_object(ValidationViolation violation) {
  OrderedJson object;
  object["type"] = std::move(violation.type);
  object["rule"] = std::move(violation.rule);
  object["severity"] = std::move(violation.severity);
  object["message"] = std::move(violation.message);
  object["line"] = position(violation.line);
  object["column"] = position(violation.column);
  object["end_line"] = position(violation.end_line);
  object["end_column"] = position(violation.end_column);
  object["hint"] = violation.hint.empty() ? OrderedJson(nullptr) : OrderedJson(std::move(violation.hint));
  return object;
}

OrderedJson to_object(OutputViolation violation) {
  OrderedJson object;
  object["type"] = std::move(violation.type);
  object["rule"] = std::move(violation.rule);
  object["category"] = std::move(violation.category);
  object["severity"] = std::move(violation.severity);
  object["stream"] = std::move(violation.stream);
  object["message"] = std::move(violation.message);
  object["count"] = violation.count;
  object["line"] = violation.line > 0 ? OrderedJson(violation.line) : OrderedJson(nullptr);
  return object;
}

template <class Violation>
OrderedJson to_list(std::vector<Violation> violations) {
  OrderedJson list = OrderedJson::array();
  for (Violation& violation : violations) list.push_back(to_object(std::move(violation)));
  return list;
}

}  // namespace

OrderedJson to_json(std::vector<ValidationViolation> violations) {
  return to_list(std::move(violations));
}

OrderedJson to_json(std::vector<OutputViolation> violations) {
  return to_list(std::move(violations));
}

}  // namespace sallyport::broker
