// What Judge0 says about a submission that has ended. Private to broker/compat: it shows nlohmann types.
#pragma once

#include "broker/compat/judge0.hpp"
#include "broker/compat/outcome.hpp"

#include <nlohmann/json.hpp>

#include <string>
#include <string_view>

namespace sallyport::broker::compat {

[[nodiscard]] Judge0Status judge0_status(const Judge0Job& job, const Outcome& outcome);

/// As the peer compares outputs: white space at the end does not count.
[[nodiscard]] std::string_view judge0_trimmed(std::string_view text);

/// Every member that there is, texts as they are.
[[nodiscard]] nlohmann::ordered_json judge0_members(const Judge0Job& job, const std::string& token,
                                                    Outcome outcome, const Judge0Times& times);

/// Only the members of the view, texts encoded if it says so.
[[nodiscard]] std::string judge0_text(nlohmann::ordered_json members, const Judge0View& view);

}  // namespace sallyport::broker::compat
