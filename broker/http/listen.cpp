#include "broker/http/listen.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace sallyport::broker::http {

namespace asio = boost::asio;

namespace {

std::string reason() {
  return std::generic_category().message(errno);
}

/// Whether somebody accepts connections there, or might: only a refusal says that nobody does.
bool is_in_use(const std::string& path) {
  const int probe = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (probe < 0) return true;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  const bool refused = ::connect(probe, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0 &&
                       errno == ECONNREFUSED;
  ::close(probe);
  return !refused;
}

/// What stands in the way at `path`; empty if nothing does.
std::string obstacle(const std::string& path) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) return errno == ENOENT ? std::string() : reason();
  if (!S_ISSOCK(status.st_mode)) return "there is a file that is no socket";
  return is_in_use(path) ? "somebody listens there already" : std::string();
}

}  // namespace

boost::system::result<Acceptor, StartError> listen_tcp(const asio::any_io_executor& executor,
                                                       const std::string& address, std::uint16_t port) {
  boost::system::error_code error;
  const auto parsed = asio::ip::make_address(address, error);
  if (error) return StartError{"server.address: '" + address + "' is not an IP address"};
  const asio::ip::tcp::endpoint endpoint(parsed, port);
  Acceptor acceptor(executor);
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(asio::socket_base::reuse_address(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error) {
    return StartError{"cannot listen on " + address + ":" + std::to_string(port) + ": " + error.message()};
  }
  return acceptor;
}

boost::system::result<Acceptor, StartError> listen_unix(const asio::any_io_executor& executor,
                                                        const std::string& path, mode_t mode) {
  const auto failed = [&path](const std::string& why) {
    return StartError{"server.unix_socket.path: cannot listen on " + path + ": " + why};
  };
  // Under another name until it has its mode: between bind and chmod anybody could connect.
  const std::string temporary = path + ".new";
  if (temporary.size() >= sizeof(sockaddr_un::sun_path)) return failed("the path is too long");
  if (std::string why = obstacle(path); !why.empty()) return failed(why);
  ::unlink(temporary.c_str());
  boost::system::error_code error;
  const asio::local::stream_protocol::endpoint endpoint(temporary);
  Acceptor acceptor(executor);
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.bind(endpoint, error);
  if (error) return failed(error.message());
  acceptor.listen(asio::socket_base::max_listen_connections, error);
  const bool ready =
      !error && ::chmod(temporary.c_str(), mode) == 0 && std::rename(temporary.c_str(), path.c_str()) == 0;
  if (!ready) {
    StartError mistake = failed(error ? error.message() : reason());
    ::unlink(temporary.c_str());
    return mistake;
  }
  return acceptor;
}

SocketFile::SocketFile(std::string path) : path_(std::move(path)) {
  struct stat status {};
  if (::lstat(path_.c_str(), &status) == 0) inode_ = status.st_ino;
}

SocketFile& SocketFile::operator=(SocketFile&& other) noexcept {
  remove();
  path_ = std::exchange(other.path_, {});
  inode_ = other.inode_;
  return *this;
}

void SocketFile::remove() {
  if (path_.empty()) return;
  struct stat status {};
  // Another broker may have taken the path over.
  if (::lstat(path_.c_str(), &status) == 0 && status.st_ino == inode_) ::unlink(path_.c_str());
  path_.clear();
}

}  // namespace sallyport::broker::http
