// A batch's body and a list's query: whatever comes, the answer is a request within its bounds or a clean
// refusal.
#include "broker/jobs/batch_request.hpp"
#include "broker/jobs/list_request.hpp"
#include "broker/jobs/moment.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace {

using namespace sallyport;

constexpr std::size_t kMostExecutions = 8;

void demand(bool condition) {
  if (!condition) std::abort();
}

void check_batch(std::string_view text) {
  const auto batch = broker::parse_batch_request(text, kMostExecutions, 8);
  if (batch.has_error()) {
    demand(batch.error().status == 400 || batch.error().status == 422);
    return;
  }
  demand(!batch->bodies.empty() && batch->bodies.size() <= kMostExecutions);
  // What was cut apart are the elements that a parser finds.
  const auto body = nlohmann::json::parse(text);
  demand(body["executions"].size() == batch->bodies.size());
  for (std::size_t i = 0; i < batch->bodies.size(); ++i) {
    demand(nlohmann::json::parse(batch->bodies[i]) == body["executions"][i]);
  }
}

void check_query(std::string_view text) {
  const auto query = broker::parse_list_request(text);
  if (query.has_error()) {
    demand(query.error().status == 400 || query.error().status == 422);
    return;
  }
  demand(query->most >= 1 && query->most <= broker::kMaxPage);
  demand(query->user_json.size() <= 2);
  for (const auto& user : query->user_json) demand(nlohmann::json::accept(user));
}

void check_moment(std::string_view text) {
  const auto moment = broker::parse_moment(text);
  // Offsets may lead out of the years of four digits.
  if (moment && *moment >= 0 && *moment < 253'402'300'800'000) {
    demand(broker::parse_moment(broker::format_moment(*moment)) == moment);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check_batch(text);
  check_query(text);
  check_moment(text);
  return 0;
}
