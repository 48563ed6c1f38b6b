#include "docker/client.hpp"

#include "docker/client_impl.hpp"

#include <utility>

namespace sallyport::docker {

Client::Client(boost::asio::any_io_executor executor, ClientOptions options)
    : impl_(std::make_unique<Impl>(std::move(executor), options)) {}

Client::~Client() = default;

void Client::close_idle() {
  impl_->transport.pool().close_idle();
}

namespace detail {

Error invalid_name(std::string_view what, std::string_view name) {
  std::string message = "not a valid ";
  message += what;
  message += ": '";
  message += name.substr(0, 100);
  message += "'";
  return make_error(ErrorKind::invalid_request, message);
}

}  // namespace detail
}  // namespace sallyport::docker
