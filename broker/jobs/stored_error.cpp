#include "broker/jobs/stored_error.hpp"

#include <nlohmann/json.hpp>

#include <utility>

namespace sallyport::broker {

using OrderedJson = nlohmann::ordered_json;

namespace {

constexpr int kRetryFull = 5;
constexpr int kRetryDiskFull = 30;

}  // namespace

std::string stored_error(const ApiError& error) {
  OrderedJson body;
  body["status"] = error.status;
  body.update(OrderedJson::parse(error.to_json()));
  return body.dump();
}

ApiError error_from_stored(std::string_view text) {
  ApiError error;
  error.error_type = error_type_of(500);
  error.message = "the job failed";
  const OrderedJson body = OrderedJson::parse(text, nullptr, false);
  if (!body.is_object() || !body.value("status", OrderedJson()).is_number_integer()) return error;
  error.status = body["status"].get<int>();
  error.error_type = body.value("error_type", error.error_type);
  error.message = body.value("message", error.message);
  error.details_json = body.value("details", OrderedJson::object()).dump();
  return error;
}

ApiError store_answer(const store::StoreError& failure) {
  using Kind = store::StoreError::Kind;
  ApiError error;
  error.status = 503;
  error.error_type = error_type_of(503);
  error.retry_after_seconds = 1;
  const char* reason = "store_unavailable";
  switch (failure.kind) {
    case Kind::full:
      error.message = failure.message;
      error.retry_after_seconds = kRetryFull;
      reason = "jobs_full";
      break;
    case Kind::disk_full:
      error.message = "the broker has no room to keep a job";
      error.retry_after_seconds = kRetryDiskFull;
      reason = "store_full";
      break;
    case Kind::unavailable:
      error.message = "the store of jobs is not available";
      break;
    case Kind::broken:
      error.message = "the store of jobs is broken; its operator has to mend it";
      error.retry_after_seconds = kRetryDiskFull;
      reason = "store_broken";
      break;
  }
  OrderedJson details;
  details["reason"] = reason;
  error.details_json = details.dump();
  return error;
}

}  // namespace sallyport::broker
