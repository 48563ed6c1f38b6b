// Jobs as answers.
#pragma once

#include "broker/api/execution_request.hpp"
#include "broker/store/values.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace sallyport::broker {

/// `{"id", "state", "user_id", "created_at", "started_at", "ended_at"}`
[[nodiscard]] std::string job_json(const store::Job& job);

/// The same with `"result"`, the reply or null, and `"error"`, why it was not served, or null. Takes the job
/// by value: a result may be megabytes.
[[nodiscard]] std::string job_json(store::StoredJob job);

/// `{"executions": [...], "next_cursor"}`: of at most `most` jobs; one more says that there are more.
[[nodiscard]] std::string job_list_json(const std::vector<store::Job>& jobs, std::size_t most);

/// `{"id", "state": "queued"}`: what a client gets that does not wait, each time it asks the same.
[[nodiscard]] std::string accepted_json(std::string_view id);

[[nodiscard]] std::string user_json(const UserId& user);

}  // namespace sallyport::broker
