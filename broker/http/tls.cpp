#include "broker/http/tls.hpp"

#include <boost/asio/ssl/context.hpp>

#include <cerrno>
#include <openssl/ssl.h>
#include <string_view>
#include <sys/stat.h>
#include <system_error>

namespace sallyport::broker::http {

namespace ssl = boost::asio::ssl;

namespace {

/// Of TLS 1.2; those of 1.3 are all of this kind.
constexpr const char* kCiphers = "ECDHE+AESGCM:ECDHE+CHACHA20";

int choose_protocol(SSL* /*session*/, const unsigned char** chosen, unsigned char* length,
                    const unsigned char* offered, unsigned offered_length, void* /*argument*/) {
  static constexpr std::string_view kHttp = "\x08http/1.1";
  const auto* const wanted = reinterpret_cast<const unsigned char*>(kHttp.data());
  unsigned char* selected = nullptr;
  const int found = SSL_select_next_proto(&selected, length, wanted, kHttp.size(), offered, offered_length);
  if (found != OPENSSL_NPN_NEGOTIATED) return SSL_TLSEXT_ERR_NOACK;
  *chosen = selected;
  return SSL_TLSEXT_ERR_OK;
}

}  // namespace

boost::system::result<TlsContext, TlsError> load_tls(const std::string& certificate_file,
                                                     const std::string& key_file) {
  const auto wrong = [](const char* key, const std::string& file, const std::string& why) {
    return TlsError{std::string(key) + ": " + file + ": " + why};
  };
  constexpr const char* kCertificate = "server.tls.certificate_file";
  constexpr const char* kKey = "server.tls.key_file";
  struct stat status {};
  if (::stat(key_file.c_str(), &status) != 0) {
    return wrong(kKey, key_file, std::generic_category().message(errno));
  }
  if ((status.st_mode & 07U) != 0) {
    return wrong(kKey, key_file, "may be read or written by everybody; chmod 600 mends it");
  }
  boost::system::error_code error;
  auto context = std::make_shared<ssl::context>(ssl::context::tls_server);
  SSL_CTX* const native = context->native_handle();
  SSL_CTX_set_min_proto_version(native, TLS1_2_VERSION);
  SSL_CTX_set_options(native,
                      SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
  // Idle connections then hold no buffers of 16 KiB.
  SSL_CTX_set_mode(native, SSL_MODE_RELEASE_BUFFERS);
  if (SSL_CTX_set_cipher_list(native, kCiphers) != 1) {
    return TlsError{"server.tls: the crypto library of this host has none of the ciphers"};
  }
  SSL_CTX_set_alpn_select_cb(native, choose_protocol, nullptr);
  context->use_certificate_chain_file(certificate_file, error);
  if (error) {
    return wrong(kCertificate, certificate_file, "is no certificate chain in PEM: " + error.message());
  }
  context->use_private_key_file(key_file, ssl::context::pem, error);
  if (error) {
    return wrong(kKey, key_file, "is no key in PEM that belongs to the certificate: " + error.message());
  }
  if (SSL_CTX_check_private_key(native) != 1) {
    return wrong(kKey, key_file, "does not belong to the certificate");
  }
  return context;
}

}  // namespace sallyport::broker::http
