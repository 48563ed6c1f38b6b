// Tokens of Judge0's submissions.
#pragma once

#include "broker/compat/judge0.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace sallyport::broker::compat {

inline constexpr std::size_t kMaxJudge0Token = 512;

/// What a token stands for: a job, and what its submission said that no sandbox has to know. It is all in the
/// token, so nothing beside the job has to be kept. Whoever changes a token only changes what they are shown
/// of their own job.
struct Judge0Token {
  std::string job_id;
  Judge0Job job;  ///< Without the texts; of the expected output there is a digest.
};

[[nodiscard]] std::string judge0_token(std::string_view job_id, const Judge0Job& job);

/// None for what is no token.
[[nodiscard]] std::optional<Judge0Token> read_judge0_token(std::string_view token);

}  // namespace sallyport::broker::compat
