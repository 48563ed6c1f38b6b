// Calls about the engine itself.
#include "docker/api_version.hpp"
#include "docker/client_impl.hpp"
#include "docker/reply_json.hpp"

#include <utility>

namespace asio = boost::asio;

namespace sallyport::docker {

asio::awaitable<Result<void>> Client::ping(base::CallBounds bounds) {
  detail::Request request("GET", "/_ping");
  request.versioned = false;
  auto answer = co_await impl_->transport.call(std::move(request), bounds);
  if (answer.has_error()) co_return std::move(answer).error();
  co_return Result<void>();
}

asio::awaitable<Result<Version>> Client::negotiate(base::CallBounds bounds) {
  detail::Request request("GET", "/version");
  request.versioned = false;
  const std::string call = request.call();
  auto answer = co_await impl_->transport.call(std::move(request), bounds);
  if (answer.has_error()) co_return std::move(answer).error();
  auto version = detail::parse_version(*answer);
  if (version.has_error()) co_return with_call(std::move(version).error(), call);
  auto chosen = detail::choose_api_version(*version);
  if (chosen.has_error()) co_return with_call(std::move(chosen).error(), call);
  impl_->transport.use_api_version(std::move(*chosen));
  co_return version;
}

asio::awaitable<Result<EngineInfo>> Client::info(base::CallBounds bounds) {
  detail::Request request("GET", "/info");
  const std::string call = request.call();
  auto answer = co_await impl_->transport.call(std::move(request), bounds);
  if (answer.has_error()) co_return std::move(answer).error();
  co_return detail::named(detail::parse_info(*answer), call);
}

}  // namespace sallyport::docker
