#include "broker/api/query.hpp"

#include "broker/api/utf8.hpp"

#include <algorithm>
#include <optional>

namespace sallyport::broker {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::optional<std::string> decode(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+') {
      decoded += ' ';
    } else if (text[i] != '%') {
      decoded += text[i];
    } else {
      if (i + 2 >= text.size()) return std::nullopt;
      const int high = hex_digit(text[i + 1]);
      const int low = hex_digit(text[i + 2]);
      if (high < 0 || low < 0) return std::nullopt;
      decoded += static_cast<char>(high * 16 + low);
      i += 2;
    }
  }
  const bool text_only = decoded.find('\0') == std::string::npos;
  if (!text_only || find_invalid_utf8(decoded) != std::string::npos) return std::nullopt;
  return decoded;
}

ApiError mistake(std::string message) {
  ApiError error;
  error.status = 400;
  error.error_type = error_type_of(400);
  error.message = std::move(message);
  return error;
}

}  // namespace

ApiResult<std::vector<std::pair<std::string, std::string>>> parse_query(std::string_view query) {
  std::vector<std::pair<std::string, std::string>> parameters;
  while (!query.empty()) {
    const auto end = query.find('&');
    const std::string_view part = query.substr(0, end);
    query = end == std::string_view::npos ? std::string_view() : query.substr(end + 1);
    if (part.empty()) continue;
    const auto equals = part.find('=');
    auto name = decode(part.substr(0, equals));
    auto value = decode(equals == std::string_view::npos ? std::string_view() : part.substr(equals + 1));
    if (!name || !value) return mistake("the query is not percent-encoded UTF-8");
    const bool twice = std::any_of(parameters.begin(), parameters.end(),
                                   [&](const auto& known) { return known.first == *name; });
    if (twice) return mistake("a parameter of the query is given twice");
    if (parameters.size() >= kMaxQueryParameters) return mistake("the query has too many parameters");
    parameters.emplace_back(std::move(*name), std::move(*value));
  }
  return parameters;
}

}  // namespace sallyport::broker
