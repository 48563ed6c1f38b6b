// The server's side of TLS: certificate and settings.
#pragma once

#include <boost/system/result.hpp>

#include <memory>
#include <string>

namespace boost::asio::ssl {
class context;
}

namespace sallyport::broker::http {

/// What connections are encrypted with; constant once it is made. A connection keeps the one that it began
/// with.
using TlsContext = std::shared_ptr<boost::asio::ssl::context>;

struct TlsError {
  std::string message;  ///< For people, with the configuration's key in front.
};

/// TLS 1.2 and 1.3, forward secrecy and authenticated encryption alone, no renegotiation and no compression;
/// the certificate file has the whole chain, its own first. The error says which file is wrong, also where
/// the key does not belong to the certificate, or others may read it. Blocks on the disk.
[[nodiscard]] boost::system::result<TlsContext, TlsError> load_tls(const std::string& certificate_file,
                                                                   const std::string& key_file);

}  // namespace sallyport::broker::http
