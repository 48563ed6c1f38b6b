#include "broker/webhooks/sender.hpp"

#include "broker/webhooks/signature.hpp"

#include <array>
#include <chrono>
#include <cstring>
#include <curl/curl.h>
#include <memory>
#include <mutex>
#include <netinet/in.h>
#include <optional>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

namespace sallyport::broker::webhooks {

namespace ip = boost::asio::ip;

namespace {

constexpr std::size_t kMaxAnswer = 64 * 1024;
constexpr long kGone = 410;

struct FreeHandle {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};
struct FreeList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using Headers = std::unique_ptr<curl_slist, FreeList>;

/// What the callbacks of one transfer know.
struct Transfer {
  const EgressPolicy* egress = nullptr;
  std::size_t received = 0;
  std::optional<std::string> refused;  // The address.
};

std::optional<ip::address> address_of(const curl_sockaddr& given) {
  if (given.family == AF_INET && given.addrlen >= sizeof(sockaddr_in)) {
    sockaddr_in address{};
    std::memcpy(&address, &given.addr, sizeof(address));
    return ip::address_v4(ntohl(address.sin_addr.s_addr));
  }
  // curl_sockaddr ends with a sockaddr that is really as long as `addrlen` says.
  if (given.family == AF_INET6 && given.addrlen >= sizeof(sockaddr_in6)) {
    sockaddr_in6 address{};
    std::memcpy(&address, reinterpret_cast<const unsigned char*>(&given) + offsetof(curl_sockaddr, addr),
                sizeof(address));
    ip::address_v6::bytes_type bytes{};
    std::memcpy(bytes.data(), &address.sin6_addr, bytes.size());
    return ip::address_v6(bytes, address.sin6_scope_id);
  }
  return std::nullopt;
}

/// Opens the socket that is connected to this very address: what the name resolves to later is no matter.
curl_socket_t open_socket(void* context, curlsocktype purpose, curl_sockaddr* given) {
  auto& transfer = *static_cast<Transfer*>(context);
  const auto address = address_of(*given);
  if (purpose != CURLSOCKTYPE_IPCXN || !address || !transfer.egress->permits(*address)) {
    transfer.refused = address ? address->to_string() : "an address of an unknown kind";
    return CURL_SOCKET_BAD;
  }
  return ::socket(given->family, given->socktype | SOCK_CLOEXEC, given->protocol);
}

std::size_t drop_body(char* /*bytes*/, std::size_t size, std::size_t count, void* context) {
  auto& transfer = *static_cast<Transfer*>(context);
  transfer.received += size * count;
  return transfer.received > kMaxAnswer ? 0 : size * count;
}

bool add(Headers& headers, const std::string& line) {
  curl_slist* const longer = curl_slist_append(headers.get(), line.c_str());
  if (longer == nullptr) return false;
  static_cast<void>(headers.release());  // It is the beginning of the longer one.
  headers.reset(longer);
  return true;
}

std::int64_t unix_seconds_now() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::seconds>(now).count();
}

Attempt failed(std::string message) {
  Attempt attempt;
  attempt.message = std::move(message);
  return attempt;
}

}  // namespace

std::string_view to_string(Delivery result) {
  static constexpr std::array<std::string_view, kDeliveries> kNames = {"taken", "failed", "refused"};
  return kNames.at(static_cast<std::size_t>(result));
}

CurlSender::CurlSender(CurlSenderOptions options) : options_(std::move(options)) {
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
}

Attempt CurlSender::send(const Message& message) const {
  const std::unique_ptr<CURL, FreeHandle> handle(curl_easy_init());
  const std::int64_t now = unix_seconds_now();
  const std::string signed_as = signature(options_.secret, message.id, now, message.body);
  Headers headers;
  bool ready = handle && !signed_as.empty();
  for (const std::string& line : {std::string("Content-Type: application/json"), "webhook-id: " + message.id,
                                  "webhook-timestamp: " + std::to_string(now),
                                  "webhook-signature: " + signed_as, std::string("Expect:")}) {
    ready = ready && add(headers, line);
  }
  if (!ready) return failed("no memory, or no cryptography");

  Transfer transfer;
  transfer.egress = &options_.egress;
  std::array<char, CURL_ERROR_SIZE> why{};
  CURL* const curl = handle.get();
  bool set = true;
  const auto option = [curl, &set](CURLoption name, auto value) {
    set = set && curl_easy_setopt(curl, name, value) == CURLE_OK;
  };
  option(CURLOPT_URL, message.url.c_str());
  option(CURLOPT_PROTOCOLS_STR, options_.allow_http ? "http,https" : "https");
  option(CURLOPT_FOLLOWLOCATION, 0L);
  option(CURLOPT_PROXY, "");  // Not what the environment names either.
  option(CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
  option(CURLOPT_SSL_VERIFYPEER, 1L);
  option(CURLOPT_SSL_VERIFYHOST, 2L);
  option(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  if (!options_.ca_file.empty()) option(CURLOPT_CAINFO, options_.ca_file.c_str());
  option(CURLOPT_OPENSOCKETFUNCTION, &open_socket);
  option(CURLOPT_OPENSOCKETDATA, &transfer);
  option(CURLOPT_WRITEFUNCTION, &drop_body);
  option(CURLOPT_WRITEDATA, &transfer);
  option(CURLOPT_TIMEOUT_MS, static_cast<long>(options_.timeout.count()));
  option(CURLOPT_NOSIGNAL, 1L);
  option(CURLOPT_ERRORBUFFER, why.data());
  option(CURLOPT_USERAGENT, options_.user_agent.c_str());
  option(CURLOPT_HTTPHEADER, headers.get());
  option(CURLOPT_POST, 1L);
  option(CURLOPT_CUSTOMREQUEST, message.method);
  option(CURLOPT_POSTFIELDS, message.body.data());
  option(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(message.body.size()));
  if (!set) return failed("libcurl refuses an option");

  const CURLcode code = curl_easy_perform(curl);
  long status = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  Attempt attempt;
  attempt.status = static_cast<int>(status);
  // A host may have further addresses, of which one is permitted and answered.
  if (transfer.refused && status == 0) {
    attempt.result = Delivery::refused;
    attempt.message = "the egress policy does not permit " + *transfer.refused;
  } else if (code != CURLE_OK && transfer.received <= kMaxAnswer) {
    attempt.message = why[0] != '\0' ? why.data() : curl_easy_strerror(code);
  } else if (status >= 200 && status < 300) {
    attempt.result = Delivery::taken;
  } else {
    if (status == kGone) attempt.result = Delivery::refused;
    attempt.message = "the receiver answered " + std::to_string(status);
  }
  return attempt;
}

}  // namespace sallyport::broker::webhooks
