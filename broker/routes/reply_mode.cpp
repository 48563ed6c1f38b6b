#include "broker/routes/reply_mode.hpp"

#include <string_view>

namespace sallyport::broker {

bool wants_async(const http::RequestHead& head, ReplyMode mode) {
  if (mode != ReplyMode::unsaid) return mode == ReplyMode::async;
  for (const http::Header& header : head.headers) {
    if (!http::equal_ignoring_case(header.name, "Prefer")) continue;
    std::string_view rest = header.value;
    while (!rest.empty()) {
      const auto end = rest.find(',');
      std::string_view wish = rest.substr(0, rest.substr(0, end).find(';'));
      rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
      while (!wish.empty() && (wish.front() == ' ' || wish.front() == '\t')) wish.remove_prefix(1);
      while (!wish.empty() && (wish.back() == ' ' || wish.back() == '\t')) wish.remove_suffix(1);
      if (http::equal_ignoring_case(wish, "respond-async")) return true;
    }
  }
  return false;
}

}  // namespace sallyport::broker
