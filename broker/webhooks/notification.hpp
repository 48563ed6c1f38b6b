// What those who want to know are told.
#pragma once

#include "broker/store/values.hpp"
#include "broker/webhooks/sender.hpp"

namespace sallyport::broker::webhooks {

/// The job's view by POST; or what the form of the delivery says, of the endpoint by which the job came.
/// Takes the job by value: a result may be megabytes.
[[nodiscard]] Message notification(const store::Delivery& delivery, store::StoredJob job);

}  // namespace sallyport::broker::webhooks
