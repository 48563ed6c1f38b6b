// An HTTP request and its answer, as handlers see them.
#pragma once

#include "broker/caller.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::broker::http {

struct Header {
  std::string name;
  std::string value;
};

/// Everything before the body.
struct RequestHead {
  std::string method;  ///< "POST"
  std::string path;    ///< Without query; not percent-decoded.
  std::string query;   ///< Without the "?".
  std::vector<Header> headers;
  bool keep_alive = true;         ///< The client's wish, by its version and Connection field.
  bool expects_continue = false;  ///< It waits for "100 Continue" before it sends the body.
  bool has_body = false;

  /// Value of the first field of this name, in any case.
  [[nodiscard]] std::optional<std::string_view> header(std::string_view name) const;
};

struct Request {
  RequestHead head;
  std::string body;
  std::vector<std::string> path_parameters;  ///< What stood for the `{...}` segments of the route.
  std::shared_ptr<const Caller> caller = std::make_shared<Caller>();  ///< Never null.
};

struct Response {
  int status = 200;
  std::string content_type = "application/json";
  std::vector<Header> headers;  ///< Beyond those that the server sets: Date, Content-*, Connection.
  std::string body;
  std::string error_type;  ///< Of the body, for the metrics; empty for none.
};

/// The bytes up to and with the empty line. `keep_alive` false announces the end of the connection.
[[nodiscard]] std::string serialize_head(const Response& response, bool keep_alive);

/// "Sun, 06 Nov 1994 08:49:37 GMT"
[[nodiscard]] std::string http_date(std::int64_t unix_seconds);

/// Whether two field names or tokens are the same without regard to ASCII case.
[[nodiscard]] bool equal_ignoring_case(std::string_view a, std::string_view b);

}  // namespace sallyport::broker::http
