// What Judge0 says about a submission that is a job of the store.
#pragma once

#include "broker/compat/judge0.hpp"
#include "broker/store/values.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace sallyport::broker::compat {

/// A submission wherever it is: one that waits, runs, has ended or was not served.
[[nodiscard]] std::string judge0_stored(const Judge0Job& job, const std::string& token,
                                        const store::StoredJob& stored, const Judge0View& view);

/// For `callback_form` of a job whose `callback_url` is told as the peer tells it.
[[nodiscard]] std::string judge0_callback_form(const Judge0Job& job);

/// What is sent there: what the peer shows by itself, with texts in base64. None for another form.
[[nodiscard]] std::optional<std::string> judge0_callback_body(std::string_view form,
                                                              const store::StoredJob& stored);

}  // namespace sallyport::broker::compat
