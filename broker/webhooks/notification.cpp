#include "broker/webhooks/notification.hpp"

#include "broker/compat/judge0_stored.hpp"
#include "broker/jobs/job_view.hpp"

#include <utility>

namespace sallyport::broker::webhooks {

Message notification(const store::Delivery& delivery, store::StoredJob job) {
  Message message;
  message.id = delivery.job_id;
  message.url = delivery.url;
  if (auto body = compat::judge0_callback_body(delivery.form, job)) {
    message.method = "PUT";
    message.body = std::move(*body);
  } else {
    message.body = job_json(std::move(job));
  }
  return message;
}

}  // namespace sallyport::broker::webhooks
