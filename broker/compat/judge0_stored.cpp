#include "broker/compat/judge0_stored.hpp"

#include "broker/compat/judge0_token.hpp"
#include "broker/compat/stored_reply.hpp"
#include "broker/jobs/moment.hpp"
#include "broker/jobs/stored_error.hpp"

#include <utility>

namespace sallyport::broker::compat {
namespace {

/// Stands where a token has the job's id, which nobody knows before the job is stored.
constexpr std::string_view kForm = "judge0";

Judge0Times times_of(const store::Job& job) {
  Judge0Times times;
  times.created = format_moment(job.created_ms);
  if (job.ended_ms) times.finished = format_moment(*job.ended_ms);
  return times;
}

}  // namespace

std::string judge0_stored(const Judge0Job& job, const std::string& token, const store::StoredJob& stored,
                          const Judge0View& view) {
  const Judge0Times times = times_of(stored.job);
  if (auto reply = stored_reply(stored.result_json)) {
    return judge0_submission(job, token, std::move(*reply), times, view);
  }
  Judge0Status status{13, "Internal Error"};
  std::string message;
  switch (stored.job.state) {
    case store::JobState::queued:
      status = {1, "In Queue"};
      break;
    case store::JobState::running:
      status = {2, "Processing"};
      break;
    case store::JobState::cancelled:
      message = "the submission was cancelled";
      break;
    case store::JobState::expired:
      message = "the submission's turn did not come in time";
      break;
    case store::JobState::succeeded:
    case store::JobState::failed:
      message = stored.error_json.empty() ? "the submission was not served"
                                          : error_from_stored(stored.error_json).message;
      break;
  }
  return judge0_submission(job, token, status, message, times, view);
}

std::string judge0_callback_form(const Judge0Job& job) {
  return judge0_token(kForm, job);
}

std::optional<std::string> judge0_callback_body(std::string_view form, const store::StoredJob& stored) {
  const auto known = read_judge0_token(form);
  if (!known || known->job_id != kForm) return std::nullopt;
  const std::string token = stored.job.id + std::string(form.substr(kForm.size()));
  Judge0View view;
  view.base64 = true;
  return judge0_stored(known->job, token, stored, view);
}

}  // namespace sallyport::broker::compat
