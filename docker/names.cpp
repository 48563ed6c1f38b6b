#include "docker/names.hpp"

#include "docker/limits.hpp"

#include <algorithm>

namespace sallyport::docker::detail {

namespace {

// Not <cctype>: its answers depend on the locale.
bool is_alphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool is_name_character(char c) {
  return is_alphanumeric(c) || c == '_' || c == '.' || c == '-';
}

}  // namespace

bool valid_container_reference(std::string_view text) {
  if (text.empty() || text.size() > max_identifier_bytes || !is_alphanumeric(text.front())) return false;
  return std::ranges::all_of(text, is_name_character);
}

bool valid_image_reference(std::string_view text) {
  if (text.empty() || text.size() > max_identifier_bytes || !is_alphanumeric(text.front())) return false;
  const auto allowed = [](char c) { return is_name_character(c) || c == '/' || c == ':' || c == '@'; };
  if (!std::ranges::all_of(text, allowed)) return false;
  std::size_t begin = 0;
  while (begin <= text.size()) {
    const std::size_t end = std::min(text.find('/', begin), text.size());
    const std::string_view segment = text.substr(begin, end - begin);
    if (segment.empty() || segment == "." || segment == "..") return false;
    begin = end + 1;
  }
  return true;
}

bool valid_tag(std::string_view text) {
  if (text.empty() || text.size() > 128) return false;
  if (!is_alphanumeric(text.front()) && text.front() != '_') return false;
  return std::ranges::all_of(text, is_name_character);
}

bool valid_signal(std::string_view text) {
  if (text.empty() || text.size() > 32) return false;
  return std::ranges::all_of(text, [](char c) { return is_alphanumeric(c) || c == '+' || c == '-'; });
}

std::string percent_encode(std::string_view text) {
  static constexpr std::string_view digits = "0123456789ABCDEF";
  std::string encoded;
  encoded.reserve(text.size());
  for (const char c : text) {
    if (is_name_character(c) || c == '~') {
      encoded += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    encoded += '%';
    encoded += digits[byte >> 4U];
    encoded += digits[byte & 0xFU];
  }
  return encoded;
}

std::string query_string(const QueryValues& values) {
  std::string query;
  for (const auto& [key, value] : values) {
    if (value.empty()) continue;
    if (!query.empty()) query += '&';
    query += key;
    query += '=';
    query += percent_encode(value);
  }
  return query;
}

PullReference split_pull_reference(std::string_view name) {
  PullReference reference;
  if (const auto at = name.find('@'); at != std::string_view::npos) {
    reference.tag = name.substr(at + 1);
    name = name.substr(0, at);
    // "repository:tag@digest": the digest alone decides.
    const auto colon = name.find(':', name.rfind('/') == std::string_view::npos ? 0 : name.rfind('/'));
    reference.repository = name.substr(0, colon);
    return reference;
  }
  // A colon before the last slash belongs to a registry's port.
  const auto slash = name.rfind('/');
  const auto colon = name.find(':', slash == std::string_view::npos ? 0 : slash);
  reference.repository = name.substr(0, colon);
  reference.tag = colon == std::string_view::npos ? "latest" : name.substr(colon + 1);
  return reference;
}

}  // namespace sallyport::docker::detail
