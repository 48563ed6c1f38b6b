#include "broker/compat/judge0.hpp"

#include "broker/http/error_response.hpp"
#include "broker/http/query.hpp"
#include "broker/routes/compat.hpp"

#include <stop_token>
#include <string>
#include <utility>
#include <vector>

namespace sallyport::broker {

namespace asio = boost::asio;
using http::Request;
using http::Response;

namespace {

Response judge0_response(const ApiError& error) {
  Response response = http::to_response(error);
  response.body = compat::judge0_error(error);
  return response;
}

ApiError wait_only() {
  ApiError error;
  error.status = 400;
  error.error_type = error_type_of(400);
  error.message = "only wait=true is served";
  return error;
}

bool is_true(const Request& request, std::string_view name) {
  return http::query_parameter(request.head.query, name) == "true";
}

ApiResult<compat::Judge0View> read_view(const Request& request) {
  auto fields = compat::read_judge0_fields(http::query_parameter(request.head.query, "fields").value_or(""));
  if (fields.has_error()) return fields.error();
  compat::Judge0View view;
  view.fields = std::move(*fields);
  view.base64 = is_true(request, "base64_encoded");
  return view;
}

std::vector<compat::Judge0Language> languages(const Submissions& submissions) {
  return compat::judge0_languages(compat::runtimes(submissions.rules()));
}

asio::awaitable<Response> create(Submissions& submissions, Request request, std::stop_token stop) {
  const auto view = read_view(request);
  if (view.has_error()) co_return judge0_response(view.error());
  const auto known = languages(submissions);
  auto read = [&] { return compat::read_judge0(request.body, view->base64, known); };
  auto job = co_await submissions.beside(request.body.size(), std::move(read));
  std::string().swap(request.body);
  if (job.has_error()) co_return judge0_response(job.error());
  auto submission = submissions.parse(job->body, request);
  std::string().swap(job->body);
  if (submission.has_error()) co_return judge0_response(submission.error());
  if (!is_true(request, "wait")) co_return judge0_response(wait_only());
  auto reply = co_await submissions.run(std::move(*submission), std::move(stop));
  if (reply.has_error()) co_return judge0_response(reply.error());
  Response response;
  response.status = 201;
  response.error_type = reply->error_type.value_or("");
  const std::string token = reply->id;
  const std::size_t bytes = bytes_of(*reply);
  const compat::Judge0Times times;
  auto write = [&] { return compat::judge0_submission(*job, token, std::move(*reply), times, *view); };
  response.body = co_await submissions.beside(bytes, std::move(write));
  co_return response;
}

asio::awaitable<Response> list_languages(const Submissions& submissions) {
  Response response;
  response.body = compat::judge0_languages_body(languages(submissions));
  co_return response;
}

}  // namespace

void add_judge0_routes(http::Router& router, Submissions& submissions) {
  router.add(
      {"POST", "/submissions", Scope::execute, true, [&submissions](Request request, std::stop_token stop) {
         return create(submissions, std::move(request), std::move(stop));
       }});
  router.add({"GET", "/languages", Scope::execute, false,
              [&submissions](Request, std::stop_token) { return list_languages(submissions); }});
}

}  // namespace sallyport::broker
