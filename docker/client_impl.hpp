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

/// `invalid_request` for a name or id that must not go into a path. It is quoted, bounded and made one line.
[[nodiscard]] Error invalid_name(std::string_view what, std::string_view name);

}  // namespace detail
}  // namespace sallyport::docker
