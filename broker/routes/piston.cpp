#include "broker/compat/piston.hpp"

#include "broker/http/error_response.hpp"
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

Response piston_response(const ApiError& given) {
  const ApiError error = compat::piston_error(given);
  Response response = http::to_response(error);
  response.body = compat::piston_error_body(error);
  return response;
}

asio::awaitable<Response> execute(Submissions& submissions, Request request, std::stop_token stop) {
  const std::vector<compat::Runtime> known = compat::runtimes(submissions.rules());
  auto read = [&request, &known] { return compat::read_piston(request.body, known); };
  auto job = co_await submissions.beside(request.body.size(), std::move(read));
  std::string().swap(request.body);
  if (job.has_error()) co_return piston_response(job.error());
  auto submission = submissions.parse(job->body, request);
  std::string().swap(job->body);
  if (submission.has_error()) co_return piston_response(submission.error());
  auto reply = co_await submissions.run(std::move(*submission), std::move(stop));
  if (reply.has_error()) co_return piston_response(reply.error());
  Response response;
  response.error_type = reply->error_type.value_or("");
  const std::size_t bytes = bytes_of(*reply);
  auto write = [&job, &reply] { return compat::piston_reply(*job, std::move(*reply)); };
  response.body = co_await submissions.beside(bytes, std::move(write));
  co_return response;
}

asio::awaitable<Response> list_runtimes(const Submissions& submissions) {
  Response response;
  response.body = compat::piston_runtimes(compat::runtimes(submissions.rules()));
  co_return response;
}

}  // namespace

void add_piston_routes(http::Router& router, Submissions& submissions) {
  for (const std::string prefix : {"/api/v2", "/api/v2/piston"}) {
    router.add({"POST", prefix + "/execute", Scope::execute, true,
                [&submissions](Request request, std::stop_token stop) {
                  return execute(submissions, std::move(request), std::move(stop));
                }});
    router.add({"GET", prefix + "/runtimes", Scope::execute, false,
                [&submissions](Request, std::stop_token) { return list_runtimes(submissions); }});
  }
}

}  // namespace sallyport::broker
