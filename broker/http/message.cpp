#include "broker/http/message.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <ctime>

namespace sallyport::broker::http {
namespace {

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

const char* reason_phrase(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 413:
      return "Content Too Large";
    case 415:
      return "Unsupported Media Type";
    case 417:
      return "Expectation Failed";
    case 422:
      return "Unprocessable Content";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 499:
      return "Client Closed Request";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 503:
      return "Service Unavailable";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "";
  }
}

void append_field(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append(": ");
  // A value may quote a client; a line break in it would start a field of the client's choosing.
  const auto begin = static_cast<std::ptrdiff_t>(out.size());
  out.append(value);
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; };
  std::replace_if(out.begin() + begin, out.end(), is_control, ' ');
  out.append("\r\n");
}

}  // namespace

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
}

std::optional<std::string_view> RequestHead::header(std::string_view name) const {
  for (const Header& field : headers) {
    if (equal_ignoring_case(field.name, name)) return field.value;
  }
  return std::nullopt;
}

std::string http_date(std::int64_t unix_seconds) {
  static constexpr std::array<const char*, 7> kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr std::array<const char*, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::time_t time = unix_seconds;
  std::tm parts{};
  gmtime_r(&time, &parts);
  std::array<char, 64> text{};
  // Not strftime: its names of days and months follow the locale.
  const int length = std::snprintf(text.data(), text.size(), "%s, %02d %s %04d %02d:%02d:%02d GMT",
                                   kDays.at(static_cast<std::size_t>(parts.tm_wday)), parts.tm_mday,
                                   kMonths.at(static_cast<std::size_t>(parts.tm_mon)), parts.tm_year + 1900,
                                   parts.tm_hour, parts.tm_min, parts.tm_sec);
  return {text.data(), static_cast<std::size_t>(length)};
}

namespace {

/// Mostly the one of the reply before.
const std::string& date_of_now() {
  thread_local std::int64_t second = 0;
  thread_local std::string date = http_date(second);
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const auto current = std::chrono::floor<std::chrono::seconds>(now).count();
  if (current != second) {
    second = current;
    date = http_date(second);
  }
  return date;
}

}  // namespace

std::string serialize_head(const Response& response, bool keep_alive, bool takes_chunks) {
  std::string head = "HTTP/1.1 " + std::to_string(response.status) + " " + reason_phrase(response.status);
  head += "\r\n";
  append_field(head, "Date", date_of_now());
  const bool may_have_body = response.status != 204;
  if (may_have_body) {
    append_field(head, "Content-Type", response.content_type);
    if (!response.produce) {
      append_field(head, "Content-Length", std::to_string(response.body.size()));
    } else if (takes_chunks) {
      append_field(head, "Transfer-Encoding", "chunked");
    }
  }
  // What a submission printed is never to be taken for a page.
  append_field(head, "X-Content-Type-Options", "nosniff");
  for (const Header& field : response.headers) append_field(head, field.name, field.value);
  append_field(head, "Connection", keep_alive ? "keep-alive" : "close");
  head += "\r\n";
  return head;
}

}  // namespace sallyport::broker::http
