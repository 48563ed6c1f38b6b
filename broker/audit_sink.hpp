// The trail of who ran what, and how it ended.
#pragma once

#include "broker/api/execution_reply.hpp"
#include "broker/api/execution_request.hpp"
#include "broker/api_error.hpp"
#include "runners/runner.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace sallyport::broker {

/// One submission on its way through the pipeline. Told of twice: when it comes, with neither `reply` nor
/// `error`, and when it has ended, with one of them, whatever came of it. Valid for the duration of the call.
struct AuditEntry {
  explicit AuditEntry(const ExecutionRequest& request_in) : request(request_in) {}

  std::string execution_id;
  /// At the end, its files, context and stdin have been handed over to the runner.
  const ExecutionRequest& request;
  /// After the second door: nothing is in it that the client does not get.
  const ExecutionReply* reply = nullptr;
  const ApiError* error = nullptr;
  std::optional<runners::Verdict> verdict;  ///< None when nothing was executed.
  std::string container_id;
  std::string code_sha256;  ///< In hexadecimal digits; empty where the submission is not to be logged.
};

/// What is put on record beside submissions. Valid for the duration of the call.
struct AuditAction {
  enum class What { session_created, session_ended, webhook_dead };

  explicit AuditAction(What what_in) : what(what_in) {}

  What what;
  std::string id;      ///< Of the session, or of the execution that nobody could be told of.
  std::string key_id;  ///< Empty: no key was needed.
  UserId user_id;
  bool log_executions = true;  ///< As of a submission: false keeps the user out.
  std::string reason;          ///< Why a session ended, or a webhook is dead.
  std::uint64_t count = 0;     ///< Cells that a session has run, or attempts of a webhook.
};

/// Takes audit entries. Declared by the broker, implemented over the log by `main`. Submissions whose
/// `log_executions` is false come here too: that there was one is no secret, and what else to leave out of
/// the record is the sink's to know.
///
/// Thread-safety: called on the executor's one thread. Does not throw; what cannot be written is the sink's
/// to report.
class AuditSink {
 public:
  virtual ~AuditSink() = default;
  virtual void record(const AuditEntry& entry) = 0;
  virtual void record(const AuditAction& action) = 0;
};

}  // namespace sallyport::broker
