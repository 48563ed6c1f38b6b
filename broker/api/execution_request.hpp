// The body of `POST /v1/executions`.
#pragma once

#include "broker/api/priority.hpp"
#include "broker/api_error.hpp"
#include "broker/caller.hpp"
#include "broker/image_catalog.hpp"
#include "broker/policy_catalog.hpp"
#include "broker/sessions/session_cell.hpp"
#include "config/config.hpp"
#include "runners/runner.hpp"
#include "validators/policy/rights.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace sallyport::broker {

/// Who the caller says it acts for. Not authenticated; for the log and for fairness.
using UserId = std::variant<std::monostate, std::int64_t, std::string>;

/// Which layers a submission passes. False only where the request said so and the operator allows it.
struct Layers {
  bool enable_syntax_validation = true;
  bool enable_ast_validation = true;
  bool enable_output_validation = true;
  bool redact_sensitive_output = true;  ///< Part of output validation: false when that is off.
  bool log_executions = true;
};

/// Whether the caller waits for the result, in its word.
enum class ReplyMode { unsaid, sync, async };

/// A request that has been checked in full: every limit within its ceiling, every name known.
struct ExecutionRequest {
  std::shared_ptr<const Caller> caller = nobody();  ///< Who sent it; never null.
  std::string code;
  std::string context_json = "{}";  ///< A JSON object; numbers as the client wrote them.
  std::string stdin_text;
  std::vector<runners::InputFile> files;
  UserId user_id;
  ImageInfo image;
  std::string sandbox_type = "gvisor";
  runners::Limits limits;
  std::string policy = "default";
  validators::policy::Adjustments adjustments;  ///< What the request changes about the policy.
  Layers layers;
  Priority priority = Priority::normal;
  std::shared_ptr<SessionCell> cell;  ///< Null: an execution of its own.
  bool deterministic = false;         ///< The caller's word that the same request has the same result.
  ReplyMode mode = ReplyMode::unsaid;
  std::string callback_url;  ///< To be called when the job has ended; empty: nobody is.

  // What a job has from when it was accepted; no part of a body.
  std::string execution_id;  ///< Empty: the pipeline makes one.
  bool accepted = false;     ///< `Pipeline::refusal` has been asked, which counts.
};

/// What requests are checked against.
struct RequestRules {
  config::Sandbox sandbox;
  config::Switches may_switch_off;
  std::string default_image = "python";
  std::vector<std::string> sandbox_types = {"gvisor"};  ///< The first is the default.
  const PolicyCatalog* policies = nullptr;              ///< Must outlive the rules; never null.
  std::string default_policy = "default";               ///< Of requests that name none; may always be named.
  std::vector<std::string> allowed_policies;            ///< Further names that requests may give; empty: all.
  bool may_call_back = false;                           ///< Whether a request may name a `callback_url`.
  bool may_call_back_by_http = false;                   ///< Without TLS, too.
  bool may_replace_imports = false;  ///< Whether `allowed_imports` is in place of the policy's list.
  Priority max_priority = Priority::normal;
  std::uint64_t max_files_bytes = 64 * 1024 * 1024;  ///< All input files together: the work folder's size.
  const ImageCatalog* images = nullptr;              ///< Must outlive the rules; never null.
};

inline constexpr std::size_t kMaxUserIdBytes = 256;
inline constexpr std::size_t kMaxAdjustments = 256;  ///< Names in one list.
inline constexpr std::size_t kMaxNameBytes = 256;

/// The least that a request may ask for; below, a sandbox would only fail to start.
struct LimitFloors {
  double timeout_seconds = 0.1;
  double max_cpu_seconds = 1;
  double max_memory_mb = 64;
  double max_output_bytes = 1;
  double cpus = 0.1;
  double max_processes = 1;
  double max_file_mb = 1;
  double max_artifacts = 0;
  double max_artifact_bytes = 0;
};

/// Parses and checks a body. 400: not JSON. 403: a switch that the caller may not turn off. 422: all else
/// that is wrong with it, named by field. 503: the operator's default image is not there, which is not the
/// client's doing.
///
/// `caller` is who sent it; null stands for one who needs no key.
[[nodiscard]] ApiResult<ExecutionRequest> parse_execution_request(std::string_view body,
                                                                  const RequestRules& rules,
                                                                  std::shared_ptr<const Caller> caller);

}  // namespace sallyport::broker
