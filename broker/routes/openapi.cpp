#include "broker/routes/openapi.hpp"

#include <string>

namespace sallyport::broker {
namespace {

boost::asio::awaitable<http::Response> show_document() {
  http::Response response;
  response.body = std::string(openapi_document());
  co_return response;
}

}  // namespace

void add_openapi_routes(http::Router& router) {
  router.add({"GET", "/openapi.json", Scope::open, false,
              [](http::Request, std::stop_token) { return show_document(); }});
}

}  // namespace sallyport::broker
