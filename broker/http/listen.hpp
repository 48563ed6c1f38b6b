// Sockets that listen.
#pragma once

#include "broker/http/start_error.hpp"
#include "config/config.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/system/result.hpp>

#include <cstdint>
#include <string>
#include <sys/types.h>

namespace sallyport::broker::http {

/// TCP and Unix sockets in one type, so that there is one way for both behind the accept.
using Stream = boost::asio::generic::stream_protocol;
using Socket = Stream::socket;
using Acceptor = boost::asio::basic_socket_acceptor<Stream>;

[[nodiscard]] boost::system::result<Acceptor, StartError> listen_tcp(
    const boost::asio::any_io_executor& executor, const std::string& address, std::uint16_t port);

/// A socket of this path and mode, which is never there with another. One that a broker left behind is
/// replaced; one that somebody listens on, or a file that is no socket, is an error.
[[nodiscard]] boost::system::result<Acceptor, StartError> listen_unix(
    const boost::asio::any_io_executor& executor, const std::string& path, mode_t mode);

/// The file of a listening Unix socket; removed at the end, if it is still the same.
class SocketFile {
 public:
  SocketFile() = default;
  explicit SocketFile(std::string path);
  ~SocketFile() { remove(); }
  SocketFile(const SocketFile&) = delete;
  SocketFile(SocketFile&&) = delete;
  SocketFile& operator=(const SocketFile&) = delete;
  SocketFile& operator=(SocketFile&& other) noexcept;

  void remove();

 private:
  std::string path_;
  std::uint64_t inode_ = 0;
};

}  // namespace sallyport::broker::http
