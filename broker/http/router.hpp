// Which handler serves which method and path.
#pragma once

#include "broker/http/message.hpp"
#include "broker/scope.hpp"

#include <boost/asio/awaitable.hpp>

#include <functional>
#include <stop_token>
#include <string>
#include <variant>
#include <vector>

namespace sallyport::broker::http {

/// Serves one request. The stop token is triggered when the client goes away or the server cuts what runs;
/// the handler then returns soon, and its answer is still sent if anybody is there to take it. An exception
/// that leaves a handler is a fault of the broker: it is logged and answered with 500.
using Handler = std::function<boost::asio::awaitable<Response>(Request request, std::stop_token stop)>;

struct Route {
  std::string method;
  std::string path;         ///< "/v1/executions", or with parameters: "/v1/jobs/{id}".
  Scope scope;              ///< What a key needs to use it; without a default, so that nobody forgets it.
  bool takes_json = false;  ///< A request without `Content-Type: application/json` gets 415.
  Handler handler;
};

/// The table of routes. GET routes serve HEAD too; OPTIONS is answered by the table itself.
/// Thread-safety: filled before it is used, then constant.
class Router {
 public:
  void add(Route route);

  struct Match {
    const Route* route = nullptr;
    std::vector<std::string> parameters;
  };

  /// The route for a request, or the answer when there is none: 404, 405, 415, or that to OPTIONS. Needs the
  /// head alone, so that a body nobody wants is not read.
  [[nodiscard]] std::variant<Match, Response> resolve(const RequestHead& head) const;

  /// All paths, in the order in which they were added, without duplicates.
  [[nodiscard]] std::vector<std::string> paths() const;

 private:
  std::vector<Route> routes_;
};

}  // namespace sallyport::broker::http
