// Calls about containers that are answered at once. Attach and wait have files of their own.
#include "docker/client_impl.hpp"
#include "docker/names.hpp"
#include "docker/reply_json.hpp"
#include "docker/request_json.hpp"

#include <utility>

namespace asio = boost::asio;

namespace sallyport::docker {

asio::awaitable<Result<CreatedContainer>> Client::create_container(ContainerSpec spec,
                                                                   base::CallBounds bounds) {
  detail::Request request("POST", "/containers/create");
  const std::string call = request.call();
  if (!spec.name.empty()) {
    if (!detail::valid_container_reference(spec.name)) {
      co_return with_call(detail::invalid_name("container name", spec.name), call);
    }
    request.query = "name=" + detail::percent_encode(spec.name);
  }
  auto body = detail::container_spec_json(spec);
  if (body.has_error()) co_return with_call(std::move(body).error(), call);
  request.body = std::move(*body);
  auto answer = co_await impl_->transport.call(std::move(request), bounds);
  if (answer.has_error()) co_return std::move(answer).error();
  co_return detail::named(detail::parse_created_container(*answer), call);
}

asio::awaitable<Result<void>> Client::start(std::string id, base::CallBounds bounds) {
  auto made = detail::container_request("POST", id, "/start");
  if (made.has_error()) co_return std::move(made).error();
  detail::Request request = std::move(*made);
  auto answer = co_await impl_->transport.call(std::move(request), bounds);
  if (answer.has_error()) co_return std::move(answer).error();
  co_return Result<void>();
}

asio::awaitable<Result<ContainerDetails>> Client::inspect(std::string id, base::CallBounds bounds) {
  auto made = detail::container_request("GET", id, "/json");
  if (made.has_error()) co_return std::move(made).error();
  detail::Request request = std::move(*made);
  const std::string call = request.call();
  auto answer = co_await impl_->transport.call(std::move(request), bounds);
  if (answer.has_error()) co_return std::move(answer).error();
  co_return detail::named(detail::parse_container_details(*answer), call);
}

asio::awaitable<Result<ContainerStats>> Client::stats(std::string id, base::CallBounds bounds) {
  auto made = detail::container_request("GET", id, "/stats");
  if (made.has_error()) co_return std::move(made).error();
  detail::Request request = std::move(*made);
  request.query = "stream=false&one-shot=true";
  const std::string call = request.call();
  auto answer = co_await impl_->transport.call(std::move(request), bounds);
  if (answer.has_error()) co_return std::move(answer).error();
  co_return detail::named(detail::parse_container_stats(*answer), call);
}

asio::awaitable<Result<std::vector<std::string>>> Client::update(std::string id, ContainerUpdate update,
                                                                 base::CallBounds bounds) {
  auto made = detail::container_request("POST", id, "/update");
  if (made.has_error()) co_return std::move(made).error();
  detail::Request request = std::move(*made);
  request.repeatable = true;  // Setting the same limits twice is setting them once.
  const std::string call = request.call();
  auto body = detail::container_update_json(update);
  if (body.has_error()) co_return with_call(std::move(body).error(), call);
  request.body = std::move(*body);
  auto answer = co_await impl_->transport.call(std::move(request), bounds);
  if (answer.has_error()) co_return std::move(answer).error();
  co_return detail::named(detail::parse_warnings(*answer), call);
}

asio::awaitable<Result<void>> Client::kill(std::string id, std::string signal, base::CallBounds bounds) {
  auto made = detail::container_request("POST", id, "/kill");
  if (made.has_error()) co_return std::move(made).error();
  detail::Request request = std::move(*made);
  if (!detail::valid_signal(signal)) {
    co_return with_call(detail::invalid_name("signal", signal), request.call());
  }
  request.query = "signal=" + detail::percent_encode(signal);
  auto answer = co_await impl_->transport.call(std::move(request), bounds);
  if (answer.has_error()) co_return std::move(answer).error();
  co_return Result<void>();
}

asio::awaitable<Result<void>> Client::remove(std::string id, base::CallBounds bounds) {
  auto made = detail::container_request("DELETE", id, "");
  if (made.has_error()) co_return std::move(made).error();
  detail::Request request = std::move(*made);
  request.query = "force=true&v=true";
  auto answer = co_await impl_->transport.call(std::move(request), bounds);
  if (answer.has_error()) {
    auto error = std::move(answer).error();
    if (!error.is_not_found()) co_return error;
  }
  co_return Result<void>();
}

asio::awaitable<Result<std::vector<ContainerSummary>>> Client::list_containers(Labels labels,
                                                                               base::CallBounds bounds) {
  detail::Request request("GET", "/containers/json");
  const std::string call = request.call();
  auto filter = detail::label_filter_json(labels);
  if (filter.has_error()) co_return with_call(std::move(filter).error(), call);
  detail::QueryValues query;
  query.emplace_back("all", "true");
  query.emplace_back("filters", std::move(*filter));
  request.query = detail::query_string(query);
  auto answer = co_await impl_->transport.call(std::move(request), bounds);
  if (answer.has_error()) co_return std::move(answer).error();
  co_return detail::named(detail::parse_container_list(*answer), call);
}

}  // namespace sallyport::docker
