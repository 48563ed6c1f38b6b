// What the client's files share.
#pragma once

#include "docker/client.hpp"
#include "docker/transport.hpp"

#include <utility>

namespace sallyport::docker {

class Client::Impl {
 public:
  Impl(boost::asio::any_io_executor executor, const ClientOptions& options)
      : transport(std::move(executor), options) {}

  detail::Transport transport;
};

namespace detail {

/// What a parser made of an answer, with the call's name in its error.
template <class T>
Result<T> named(Result<T> parsed, const std::string& call) {
  if (parsed.has_error()) return with_call(std::move(parsed).error(), call);
  return parsed;
}

/// `invalid_request` for a name that must not go out. It is quoted, bounded and made one line.
[[nodiscard]] Error invalid_name(std::string_view what, std::string_view name);

/// "METHOD /containers/{id}{action}", or `invalid_request` for an id that would make another path of it.
[[nodiscard]] Result<Request> container_request(std::string_view method, const std::string& id,
                                                std::string_view action);
/// "METHOD /images/{name}{action}", likewise.
[[nodiscard]] Result<Request> image_request(std::string_view method, const std::string& name,
                                            std::string_view action);

/// What a stream that was moved from answers.
[[nodiscard]] Error moved_from();
template <class T>
boost::asio::awaitable<Result<T>> fail_with(Error error) {
  co_return error;
}

}  // namespace detail
}  // namespace sallyport::docker
