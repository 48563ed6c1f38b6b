// HMAC with SHA-256 (RFC 2104), by OpenSSL's libcrypto.
#pragma once

#include <string>
#include <string_view>

namespace sallyport::base {

/// The 32 bytes of the code; empty if the host's crypto library refuses. Safe from any thread.
[[nodiscard]] std::string hmac_sha256(std::string_view key, std::string_view message);

}  // namespace sallyport::base
