#include "broker/http/query_parameters.hpp"

#include "broker/api/utf8.hpp"

#include <algorithm>

namespace sallyport::broker::http {
namespace {

std::optional<unsigned> digit(char c) {
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a' + 10);
  if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A' + 10);
  return std::nullopt;
}

std::optional<std::string> decode(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%') {
      if (i + 2 >= text.size()) return std::nullopt;
      const auto high = digit(text[i + 1]);
      const auto low = digit(text[i + 2]);
      if (!high || !low) return std::nullopt;
      decoded += static_cast<char>(*high << 4U | *low);
      i += 2;
    } else {
      decoded += text[i] == '+' ? ' ' : text[i];
    }
  }
  if (find_invalid_utf8(decoded) != std::string_view::npos) return std::nullopt;
  return decoded;
}

}  // namespace

std::optional<QueryParameters> parse_query(std::string_view query) {
  QueryParameters parameters;
  for (auto begin = query.begin(); begin != query.end();) {
    const auto end = std::find(begin, query.end(), '&');
    const auto equals = std::find(begin, end, '=');
    const bool empty = begin == end;
    auto name = decode({begin, equals});
    auto value = equals == end ? std::optional(std::string()) : decode({equals + 1, end});
    begin = end == query.end() ? end : end + 1;
    if (empty) continue;
    if (!name || !value || name->empty() || parameters.size() >= kMaxQueryParameters) return std::nullopt;
    const auto same = [&name](const auto& other) { return other.first == *name; };
    if (std::any_of(parameters.begin(), parameters.end(), same)) return std::nullopt;
    parameters.emplace_back(std::move(*name), std::move(*value));
  }
  return parameters;
}

}  // namespace sallyport::broker::http
