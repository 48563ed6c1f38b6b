#include "broker/routes/jobs.hpp"

#include "broker/http/error_response.hpp"
#include "broker/jobs/batch_request.hpp"
#include "broker/jobs/job_view.hpp"
#include "broker/jobs/list_request.hpp"
#include "broker/jobs/stored_error.hpp"
#include "broker/routes/reply_mode.hpp"

#include <algorithm>
#include <memory>
#include <stop_token>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace sallyport::broker {

namespace asio = boost::asio;
using base::CallBounds;
using base::Deadline;
using http::Request;
using http::Response;

namespace {

/// Results beyond are left out of a batch's reply; they can be asked for one by one.
constexpr std::size_t kMaxBatchReply = 64 * 1024 * 1024;

Response json_response(std::string body) {
  Response response;
  response.body = std::move(body);
  return response;
}

std::string refused_json(const ApiError& error) {
  return R"({"id":null,"state":"refused","result":null,"error":)" + stored_error(error) + "}";
}

class JobsRoutes {
 public:
  explicit JobsRoutes(JobsRoutesParts parts) : parts_(std::move(parts)) {}

  asio::awaitable<Response> show(Request request) {
    auto job = co_await parts_.jobs.find(request.path_parameters.at(0), request.caller->key_id);
    if (job.has_error()) co_return http::to_response(job.error());
    co_return json_response(job_json(std::move(*job)));
  }

  asio::awaitable<Response> cancel(Request request) {
    auto job = co_await parts_.jobs.cancel(request.path_parameters.at(0), request.caller->key_id);
    if (job.has_error()) co_return http::to_response(job.error());
    co_return json_response(job_json(*job));
  }

  asio::awaitable<Response> list(Request request) {
    auto query = parse_list_request(request.head.query);
    if (query.has_error()) co_return http::to_response(query.error());
    query->owner_key = request.caller->key_id;
    const std::size_t most = query->most;
    ++query->most;  // One more tells whether there are more.
    auto jobs = co_await parts_.jobs.list(std::move(*query));
    if (jobs.has_error()) co_return http::to_response(jobs.error());
    co_return json_response(job_list_json(*jobs, most));
  }

  asio::awaitable<Response> batch(Request request, std::stop_token stop) {
    const std::size_t depth = parts_.rules.sandbox.max_context_depth;
    auto parsed = parse_batch_request(request.body, parts_.max_batch, depth);
    if (parsed.has_error()) co_return http::to_response(parsed.error());
    const bool async = wants_async(request.head, parsed->mode);
    auto key = read_idempotency_key(request, async ? "async" : "sync");
    if (key.has_error()) co_return http::to_response(key.error());
    std::string().swap(request.body);

    base::Clock::duration longest = parts_.longest_beside_run;
    std::vector<BatchItem> items = read_items(std::move(parsed->bodies), request.caller, longest);
    const bool keyed = key->has_value();
    const std::string owner_key = request.caller->key_id;
    auto receipt =
        co_await parts_.jobs.accept(std::move(items), request.caller, std::move(*key), Jobs::Way::batch);
    if (receipt.has_error()) co_return http::to_response(receipt.error());
    if (async) co_return accepted(*receipt);
    CallBounds bounds(Deadline::after(longest), std::move(stop));
    co_return co_await results(std::move(*receipt), owner_key, std::move(bounds), keyed);
  }

 private:
  /// Adds the time limits of all to `longest`.
  std::vector<BatchItem> read_items(std::vector<std::string> bodies,
                                    const std::shared_ptr<const Caller>& caller,
                                    base::Clock::duration& longest) const {
    std::vector<BatchItem> items;
    for (std::string& body : bodies) {
      auto parsed = parse_execution_request(body, parts_.rules, caller);
      if (parsed.has_error()) {
        items.emplace_back(parsed.error());
      } else if (parsed->mode != ReplyMode::unsaid) {
        ApiError error;
        error.status = 422;
        error.error_type = error_type_of(422);
        error.message = "mode belongs to the batch, not to an execution in it";
        items.emplace_back(std::move(error));
      } else {
        longest += parsed->limits.timeout;
        items.emplace_back(CheckedRequest{std::move(*parsed), std::move(body), {}});
      }
    }
    return items;
  }

  static Response accepted(const Receipt& receipt) {
    std::string text = R"({"executions":[)";
    for (const auto& item : receipt.items) {
      if (text.back() != '[') text += ',';
      if (const auto* id = std::get_if<std::string>(&item)) {
        text += accepted_json(*id);
      } else {
        text += refused_json(std::get<ApiError>(item));
      }
    }
    Response response = json_response(text + "]}");
    response.status = 202;
    return response;
  }

  /// In order. Who goes away without a key cannot ask again, so its jobs are ended.
  asio::awaitable<Response> results(Receipt receipt, std::string owner_key, CallBounds bounds, bool keyed) {
    std::string text = R"({"executions":[)";
    for (std::size_t i = 0; i < receipt.items.size(); ++i) {
      if (i > 0) text += ',';
      const auto* const id = std::get_if<std::string>(&receipt.items[i]);
      if (id == nullptr) {
        text += refused_json(std::get<ApiError>(receipt.items[i]));
        continue;
      }
      auto job = co_await parts_.jobs.wait(*id, owner_key, bounds);
      if (job.has_error() && bounds.stop.stop_requested()) {
        const bool cutting = parts_.cutting();
        if (!keyed && !cutting) co_await cancel_from(receipt, i, owner_key);
        co_return http::to_response(cutting ? shutting_down() : job.error());
      }
      if (job.has_error()) {
        text += left_out_json(*id, job.error());
      } else if (text.size() + job->result_json.size() > kMaxBatchReply) {
        ApiError large;
        large.status = 413;
        large.error_type = error_type_of(413);
        large.message = "the results of this batch are too large for one reply; ask for this one by its id";
        text += left_out_json(*id, large);
      } else {
        text += job_json(std::move(*job));
      }
    }
    co_return json_response(text + "]}");
  }

  static std::string left_out_json(const std::string& id, const ApiError& error) {
    std::string text = R"({"id":")" + id + R"(","state":null,"result":null,"error":)";
    return text + stored_error(error) + "}";
  }

  asio::awaitable<void> cancel_from(const Receipt& receipt, std::size_t begin, const std::string& owner_key) {
    for (std::size_t i = begin; i < receipt.items.size(); ++i) {
      const auto* const id = std::get_if<std::string>(&receipt.items[i]);
      if (id == nullptr) continue;
      const auto ignored = co_await parts_.jobs.cancel(*id, owner_key);
      static_cast<void>(ignored);
    }
  }

  JobsRoutesParts parts_;
};

}  // namespace

void add_jobs_routes(http::Router& router, JobsRoutesParts parts) {
  const auto routes = std::make_shared<JobsRoutes>(std::move(parts));
  router.add(
      {"POST", "/v1/executions/batch", Scope::execute, true, [routes](Request request, std::stop_token stop) {
         return routes->batch(std::move(request), std::move(stop));
       }});
  router.add({"GET", "/v1/executions", Scope::read, false,
              [routes](Request request, std::stop_token) { return routes->list(std::move(request)); }});
  router.add({"GET", "/v1/executions/{id}", Scope::read, false,
              [routes](Request request, std::stop_token) { return routes->show(std::move(request)); }});
  router.add({"DELETE", "/v1/executions/{id}", Scope::read, false,
              [routes](Request request, std::stop_token) { return routes->cancel(std::move(request)); }});
}

}  // namespace sallyport::broker
