#include "broker/routes/audit.hpp"

#include "base/run_on.hpp"
#include "broker/http/error_response.hpp"

#include <string>
#include <utility>

namespace sallyport::broker {
namespace {

namespace asio = boost::asio;

asio::awaitable<http::Response> show_audit(const AuditSource& source, asio::any_io_executor workers,
                                           http::Request request) {
  auto read = [&source, &request] { return source.page(request.head.query); };
  ApiResult<std::string> page = ApiError();
  if (workers) {
    page = co_await base::run_on(workers, std::move(read));
  } else {
    page = read();
  }
  if (page.has_error()) co_return http::to_response(page.error());
  http::Response response;
  response.body = std::move(*page);
  co_return response;
}

}  // namespace

void add_audit_routes(http::Router& router, const AuditSource& source, asio::any_io_executor workers) {
  router.add({"GET", "/v1/audit", Scope::admin, false,
              [&source, workers = std::move(workers)](http::Request request, std::stop_token) {
                return show_audit(source, workers, std::move(request));
              }});
}

}  // namespace sallyport::broker
