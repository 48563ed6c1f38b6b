#include "broker/compat/judge0.hpp"

#include "broker/api/query.hpp"
#include "broker/compat/judge0_stored.hpp"
#include "broker/compat/judge0_token.hpp"
#include "broker/http/error_response.hpp"
#include "broker/jobs/stored_error.hpp"
#include "broker/routes/compat.hpp"

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

Response judge0_response(const ApiError& error) {
  Response response = http::to_response(error);
  response.body = compat::judge0_error(error);
  return response;
}

ApiError refusal(int status, std::string message) {
  ApiError error;
  error.status = status;
  error.error_type = error_type_of(status);
  error.message = std::move(message);
  return error;
}

struct Query {
  compat::Judge0View view;
  bool wait = false;
  std::string tokens;
};

/// Parameters that nobody knows are ignored, as the peer ignores them.
ApiResult<Query> read_query(const Request& request) {
  auto parameters = parse_query(request.head.query);
  if (parameters.has_error()) return parameters.error();
  Query query;
  for (const auto& [name, value] : *parameters) {
    if (name == "wait") query.wait = value == "true";
    if (name == "base64_encoded") query.view.base64 = value == "true";
    if (name == "tokens") query.tokens = value;
    if (name != "fields") continue;
    auto fields = compat::read_judge0_fields(value);
    if (fields.has_error()) return fields.error();
    query.view.fields = std::move(*fields);
  }
  return query;
}

std::string quoted_token(const std::string& token) {
  return R"({"token":")" + token + R"("})";  // Of characters that JSON takes as they are.
}

class Judge0Routes {
 public:
  Judge0Routes(Submissions& submissions, Jobs* jobs) : submissions_(submissions), jobs_(jobs) {}

  asio::awaitable<Response> create(Request request, std::stop_token stop) {
    const auto query = read_query(request);
    if (query.has_error()) co_return judge0_response(query.error());
    const auto known = languages();
    auto read = [&] { return compat::read_judge0(request.body, query->view.base64, known); };
    auto job = co_await submissions_.beside(request.body.size(), std::move(read));
    std::string().swap(request.body);
    if (job.has_error()) co_return judge0_response(job.error());
    auto submission = submissions_.parse(job->body, request);
    if (submission.has_error()) co_return judge0_response(submission.error());
    if (jobs_ == nullptr) {
      if (!submission->callback_url.empty())
        co_return judge0_response(refusal(400, "this broker keeps no jobs: nobody can be called back"));
      if (!query->wait)
        co_return judge0_response(refusal(400, "this broker keeps no jobs: only wait=true is served"));
      std::string().swap(job->body);
      co_return co_await run(std::move(*job), std::move(*submission), query->view, std::move(stop));
    }
    CallBounds bounds(Deadline::after(submissions_.longest(*submission)), std::move(stop));
    std::vector<BatchItem> items;
    items.emplace_back(checked(*job, std::move(*submission)));
    const Jobs::Way way = query->wait ? Jobs::Way::at_once : Jobs::Way::queued;
    std::optional<IdempotencyKey> no_key;
    auto receipt = co_await jobs_->accept(std::move(items), request.caller, std::move(no_key), way);
    if (receipt.has_error()) co_return judge0_response(receipt.error());
    if (const auto* error = std::get_if<ApiError>(&receipt->items.at(0))) co_return judge0_response(*error);
    const std::string id = std::get<std::string>(receipt->items.at(0));
    const std::string token = compat::judge0_token(id, *job);
    Response response;
    response.status = 201;
    if (!query->wait) {
      response.body = quoted_token(token);
      co_return response;
    }
    auto stored = co_await jobs_->wait(id, request.caller->key_id, std::move(bounds));
    if (stored.has_error()) {
      if (stored.error().status == 499 && submissions_.cutting()) co_return judge0_response(shutting_down());
      // Who goes away without the token cannot ask again.
      if (stored.error().status == 499) {
        const auto ignored = co_await jobs_->cancel(id, request.caller->key_id);
        static_cast<void>(ignored);
      }
      co_return judge0_response(stored.error());
    }
    if (stored->result_json.empty() && !stored->error_json.empty()) {
      co_return judge0_response(error_from_stored(stored->error_json));
    }
    response.body = co_await write(*job, token, *stored, query->view);
    co_return response;
  }

  asio::awaitable<Response> find(Request request) {
    const auto query = read_query(request);
    if (query.has_error()) co_return judge0_response(query.error());
    auto shown = co_await find_one(request.path_parameters.at(0), request.caller->key_id, query->view);
    if (shown.has_error()) co_return judge0_response(shown.error());
    Response response;
    response.body = std::move(*shown);
    co_return response;
  }

  /// Each item gets its token or what is wrong with it.
  asio::awaitable<Response> create_batch(Request request) {
    const auto query = read_query(request);
    if (query.has_error()) co_return judge0_response(query.error());
    const auto known = languages();
    auto read = [&] { return compat::read_judge0_batch(request.body, query->view.base64, known); };
    auto batch = co_await submissions_.beside(request.body.size(), std::move(read));
    std::string().swap(request.body);
    if (batch.has_error()) co_return judge0_response(batch.error());
    std::vector<BatchItem> items;
    std::vector<std::size_t> item_of(batch->size());  // Where the jobs that were not refused are in `items`.
    for (std::size_t i = 0; i < batch->size(); ++i) {
      auto& job = (*batch)[i];
      if (job.has_error()) continue;
      auto submission = submissions_.parse(job->body, request);
      if (submission.has_error()) {
        job = submission.error();
        continue;
      }
      item_of[i] = items.size();
      items.emplace_back(checked(*job, std::move(*submission)));
    }
    std::optional<Receipt> receipt;
    if (!items.empty()) {
      std::optional<IdempotencyKey> no_key;
      auto accepted =
          co_await jobs_->accept(std::move(items), request.caller, std::move(no_key), Jobs::Way::batch);
      if (accepted.has_error()) co_return judge0_response(accepted.error());
      receipt = std::move(*accepted);
    }
    Response response;
    response.status = 201;
    for (std::size_t i = 0; i < batch->size(); ++i) {
      response.body += i == 0 ? "[" : ",";
      const auto& job = (*batch)[i];
      if (job.has_error()) {
        response.body += compat::judge0_error(job.error());
      } else if (const auto& item = receipt->items.at(item_of[i]); std::holds_alternative<ApiError>(item)) {
        response.body += compat::judge0_error(std::get<ApiError>(item));
      } else {
        response.body += quoted_token(compat::judge0_token(std::get<std::string>(item), *job));
      }
    }
    response.body += "]";
    co_return response;
  }

  /// In the order of the tokens; null for one that stands for nothing.
  asio::awaitable<Response> find_batch(Request request) {
    const auto query = read_query(request);
    if (query.has_error()) co_return judge0_response(query.error());
    const std::string& tokens = query->tokens;
    std::vector<std::string> asked;
    for (std::size_t begin = 0; begin < tokens.size();) {
      const auto end = std::min(tokens.find(',', begin), tokens.size());
      asked.push_back(tokens.substr(begin, end - begin));
      begin = end + 1;
    }
    if (asked.empty() || asked.size() > compat::kMaxJudge0Batch) {
      co_return judge0_response(
          refusal(400, "tokens must be 1 to " + std::to_string(compat::kMaxJudge0Batch) + ", with commas"));
    }
    Response response;
    response.body = R"({"submissions":[)";
    for (std::size_t i = 0; i < asked.size(); ++i) {
      if (i > 0) response.body += ",";
      auto shown = co_await find_one(asked[i], request.caller->key_id, query->view);
      if (shown.has_error() && shown.error().status != 404) co_return judge0_response(shown.error());
      response.body += shown.has_error() ? "null" : *shown;
    }
    response.body += "]}";
    co_return response;
  }

  asio::awaitable<Response> list_languages() const {
    Response response;
    response.body = compat::judge0_languages_body(languages());
    co_return response;
  }

 private:
  [[nodiscard]] std::vector<compat::Judge0Language> languages() const {
    return compat::judge0_languages(compat::runtimes(submissions_.rules()));
  }

  static CheckedRequest checked(compat::Judge0Job& job, ExecutionRequest submission) {
    CheckedRequest request;
    if (!submission.callback_url.empty()) request.callback_form = compat::judge0_callback_form(job);
    request.request = std::move(submission);
    request.body = std::move(job.body);
    return request;
  }

  /// Without a store: the token of the reply stands for nothing.
  asio::awaitable<Response> run(compat::Judge0Job job, ExecutionRequest submission, compat::Judge0View view,
                                std::stop_token stop) {
    auto reply = co_await submissions_.run(std::move(submission), std::move(stop));
    if (reply.has_error()) co_return judge0_response(reply.error());
    Response response;
    response.status = 201;
    response.error_type = reply->error_type.value_or("");
    const std::string token = compat::judge0_token(reply->id, job);
    const std::size_t bytes = bytes_of(*reply);
    const compat::Judge0Times times;
    auto text = [&] { return compat::judge0_submission(job, token, std::move(*reply), times, view); };
    response.body = co_await submissions_.beside(bytes, std::move(text));
    co_return response;
  }

  asio::awaitable<std::string> write(const compat::Judge0Job& job, const std::string& token,
                                     const store::StoredJob& stored, const compat::Judge0View& view) const {
    auto text = [&] { return compat::judge0_stored(job, token, stored, view); };
    co_return co_await submissions_.beside(stored.result_json.size(), std::move(text));
  }

  asio::awaitable<ApiResult<std::string>> find_one(std::string token, std::string owner_key,
                                                   compat::Judge0View view) {
    const auto known = compat::read_judge0_token(token);
    if (!known) co_return refusal(404, "there is no submission of this token");
    auto stored = co_await jobs_->find(known->job_id, std::move(owner_key));
    if (stored.has_error()) co_return stored.error();
    co_return co_await write(known->job, token, *stored, view);
  }

  Submissions& submissions_;
  Jobs* jobs_;
};

}  // namespace

void add_judge0_routes(http::Router& router, Submissions& submissions, Jobs* jobs) {
  const auto routes = std::make_shared<Judge0Routes>(submissions, jobs);
  router.add({"POST", "/submissions", Scope::execute, true, [routes](Request request, std::stop_token stop) {
                return routes->create(std::move(request), std::move(stop));
              }});
  router.add({"GET", "/languages", Scope::execute, false,
              [routes](Request, std::stop_token) { return routes->list_languages(); }});
  if (jobs == nullptr) return;
  // Before that of one submission, whose token could be "batch".
  router.add({"POST", "/submissions/batch", Scope::execute, true, [routes](Request request, std::stop_token) {
                return routes->create_batch(std::move(request));
              }});
  router.add({"GET", "/submissions/batch", Scope::read, false,
              [routes](Request request, std::stop_token) { return routes->find_batch(std::move(request)); }});
  router.add({"GET", "/submissions/{token}", Scope::read, false,
              [routes](Request request, std::stop_token) { return routes->find(std::move(request)); }});
}

}  // namespace sallyport::broker
