#include "docker/client.hpp"

#include "docker/client_impl.hpp"
#include "docker/names.hpp"

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

Result<Request> container_request(std::string_view method, const std::string& id, std::string_view action) {
  Request request(method, "/containers/" + id + std::string(action));
  request.route = "/containers/{id}" + std::string(action);
  if (valid_container_reference(id)) return request;
  return with_call(invalid_name("container id or name", id),
                   Request(method, "/containers/{id}" + std::string(action)).call());
}

Result<Request> image_request(std::string_view method, const std::string& name, std::string_view action) {
  Request request(method, "/images/" + name + std::string(action));
  request.route = "/images/{name}" + std::string(action);
  if (valid_image_reference(name)) return request;
  return with_call(invalid_name("image name or id", name),
                   Request(method, "/images/{name}" + std::string(action)).call());
}

Error moved_from() {
  return make_error(ErrorKind::closed, "the stream was moved from");
}

}  // namespace detail
}  // namespace sallyport::docker
