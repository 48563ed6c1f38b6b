#include "broker/webhooks/callback_url.hpp"

#include <curl/curl.h>
#include <memory>

namespace sallyport::broker::webhooks {
namespace {

constexpr std::size_t kMaxUrl = 2048;

struct FreeUrl {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};

/// Empty where there is none.
std::string part_of(CURLU* url, CURLUPart part) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, 0) != CURLUE_OK || text == nullptr) return {};
  std::string copy(text);
  curl_free(text);
  return copy;
}

}  // namespace

std::optional<std::string> callback_url_mistake(const std::string& url, bool allow_http) {
  if (url.size() > kMaxUrl) return "is longer than " + std::to_string(kMaxUrl) + " bytes";
  for (const char c : url) {
    if (static_cast<unsigned char>(c) <= 0x20 || static_cast<unsigned char>(c) >= 0x7F) {
      return "holds a space, a control character, or one beyond ASCII";
    }
  }
  const std::unique_ptr<CURLU, FreeUrl> parsed(curl_url());
  if (!parsed ||
      curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), CURLU_NON_SUPPORT_SCHEME) != CURLUE_OK) {
    return "is not an absolute URL";
  }
  const std::string scheme = part_of(parsed.get(), CURLUPART_SCHEME);
  if (scheme != "https" && (scheme != "http" || !allow_http)) {
    return allow_http ? "is neither http nor https" : "is not https";
  }
  if (part_of(parsed.get(), CURLUPART_HOST).empty()) return "has no host";
  if (!part_of(parsed.get(), CURLUPART_USER).empty() || !part_of(parsed.get(), CURLUPART_PASSWORD).empty()) {
    return "holds a user or a password";
  }
  return std::nullopt;
}

}  // namespace sallyport::broker::webhooks
