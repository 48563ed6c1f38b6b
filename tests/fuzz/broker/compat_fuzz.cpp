// Requests of other services: whatever comes, the answer is a body for the parser of submissions or a clean
// refusal.
#include "broker/api/utf8.hpp"
#include "broker/compat/dify_sandbox.hpp"
#include "broker/compat/judge0_token.hpp"
#include "broker/compat/piston.hpp"
#include "broker/compat/stored_reply.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace {

using namespace sallyport::broker;
using nlohmann::json;

void demand(bool condition) {
  if (!condition) std::abort();
}

void check_error(const ApiError& error) {
  demand(error.status == 400 || error.status == 422);
  demand(!error.message.empty() && error.message.size() < 4096);
  demand(find_invalid_utf8(error.message) == std::string_view::npos);
  demand(json::parse(compat::piston_error_body(compat::piston_error(error)), nullptr, false).is_object());
  demand(json::parse(compat::dify_sandbox_error(error), nullptr, false).is_object());
  demand(json::parse(compat::judge0_error(error), nullptr, false).is_object());
}

void check_body(const std::string& body) {
  const json parsed = json::parse(body, nullptr, false);
  demand(parsed.is_object() && parsed["code"].is_string());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::vector<compat::Runtime> known = {{"base", "python", {"py"}, "3.11.0"}};
  static const auto languages = compat::judge0_languages(known);
  const std::string_view text(reinterpret_cast<const char*>(data), size);

  const auto piston = compat::read_piston(text, known);
  if (piston.has_value()) {
    check_body(piston->body);
  } else {
    check_error(piston.error());
  }
  const auto dify = compat::read_dify_sandbox(text, true);
  if (dify.has_value()) {
    check_body(*dify);
  } else {
    check_error(dify.error());
  }
  for (const bool base64 : {false, true}) {
    const auto job = compat::read_judge0(text, base64, languages);
    if (job.has_value()) {
      check_body(job->body);
    } else {
      check_error(job.error());
    }
    const auto batch = compat::read_judge0_batch(text, base64, languages);
    if (batch.has_value()) demand(!batch->empty() && batch->size() <= compat::kMaxJudge0Batch);
  }
  (void)compat::takes(text, "3.11.0");
  (void)compat::read_judge0_fields(text);
  (void)compat::read_judge0_token(text);
  (void)compat::stored_reply(text);
  return 0;
}
