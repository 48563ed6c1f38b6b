// Requests and replies of Judge0's API.
#pragma once

#include "broker/api/execution_reply.hpp"
#include "broker/api_error.hpp"
#include "broker/compat/runtimes.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::broker::compat {

/// What a submission says beyond what the sandbox has to know.
struct Judge0Job {
  std::string body;  ///< For parse_execution_request.
  std::int64_t language_id = 0;
  std::string source_code;
  std::optional<std::string> stdin_text;
  std::optional<std::string> expected_output;
  std::string expected_digest;  ///< SHA-256 of the expected output where that itself is no longer known.
  std::optional<double>
      cpu_time_limit;  ///< Seconds; finer than the sandbox's own, so it is looked at afterwards.
  bool redirect_stderr = false;
};

/// Where a submission is.
struct Judge0Status {
  int id = 0;
  const char* description = "";
};

inline constexpr std::size_t kMaxJudge0Batch = 20;  ///< As the peer's default.

struct Judge0Language {
  std::int64_t id = 0;
  std::string name;
};

/// The ids that are served, all by the default image: that of its Python's version, and 71, which most
/// clients have written into them. Empty if there is no default image.
[[nodiscard]] std::vector<Judge0Language> judge0_languages(const std::vector<Runtime>& known);

/// One submission. `base64`: its texts are encoded.
[[nodiscard]] ApiResult<Judge0Job> read_judge0(std::string_view body, bool base64,
                                               const std::vector<Judge0Language>& languages);

/// `{"submissions": [...]}`: each one's job or its error.
[[nodiscard]] ApiResult<std::vector<ApiResult<Judge0Job>>> read_judge0_batch(
    std::string_view body, bool base64, const std::vector<Judge0Language>& languages);

/// Which members a reply has, from the parameter `fields`: empty for those that the peer sends by itself; 400
/// for one that there is not.
[[nodiscard]] ApiResult<std::vector<std::string>> read_judge0_fields(std::string_view fields);

/// How a submission is shown.
struct Judge0View {
  std::vector<std::string> fields;
  bool base64 = false;
};

/// When it came and when it ended, "2026-01-31T12:00:00.000Z"; empty if not known.
struct Judge0Times {
  std::string created;
  std::string finished;
};

/// A submission that has ended.
[[nodiscard]] std::string judge0_submission(const Judge0Job& job, const std::string& token,
                                            ExecutionReply reply, const Judge0Times& times,
                                            const Judge0View& view);

/// One that has not ended, or was not served: then `message` says why.
[[nodiscard]] std::string judge0_submission(const Judge0Job& job, const std::string& token,
                                            Judge0Status status, const std::string& message,
                                            const Judge0Times& times, const Judge0View& view);

/// The list of `GET /languages`.
[[nodiscard]] std::string judge0_languages_body(const std::vector<Judge0Language>& languages);

/// `{"wall_time_limit": ["..."]}` for a field that is wrong, else `{"error"}`.
[[nodiscard]] std::string judge0_error(const ApiError& error);

}  // namespace sallyport::broker::compat
