#include "broker/compat/dify_sandbox.hpp"

#include "broker/http/error_response.hpp"
#include "broker/routes/compat.hpp"

#include <stop_token>
#include <string>
#include <utility>

namespace sallyport::broker {

namespace asio = boost::asio;
using http::Request;
using http::Response;

namespace {

Response dify_response(const ApiError& given) {
  ApiError error = given;
  if (error.status == 422) error.status = 400;
  Response response = http::to_response(error);
  response.body = compat::dify_sandbox_error(error);
  return response;
}

asio::awaitable<Response> run(Submissions& submissions, Request request, std::stop_token stop) {
  const bool network = submissions.rules().sandbox.ceilings.enable_network;
  auto read = [&request, network] { return compat::read_dify_sandbox(request.body, network); };
  auto body = co_await submissions.beside(request.body.size(), std::move(read));
  std::string().swap(request.body);
  if (body.has_error()) co_return dify_response(body.error());
  auto submission = submissions.parse(*body, request);
  std::string().swap(*body);
  if (submission.has_error()) co_return dify_response(submission.error());
  auto reply = co_await submissions.run(std::move(*submission), std::move(stop));
  if (reply.has_error()) co_return dify_response(reply.error());
  Response response;
  response.error_type = reply->error_type.value_or("");
  const std::size_t bytes = bytes_of(*reply);
  auto write = [&reply] { return compat::dify_sandbox_reply(std::move(*reply)); };
  response.body = co_await submissions.beside(bytes, std::move(write));
  co_return response;
}

}  // namespace

void add_dify_sandbox_routes(http::Router& router, Submissions& submissions) {
  router.add({"POST", "/v1/sandbox/run", Scope::execute, true,
              [&submissions](Request request, std::stop_token stop) {
                return run(submissions, std::move(request), std::move(stop));
              }});
}

}  // namespace sallyport::broker
