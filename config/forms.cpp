#include "config/forms.hpp"

#include "config/config.hpp"
#include "config/value.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <netinet/in.h>
#include <optional>
#include <string>
#include <sys/un.h>
#include <system_error>
#include <utility>
#include <vector>

namespace sallyport::config {
namespace {

constexpr std::size_t longest_text = 4095;  // PATH_MAX, without its NUL.
constexpr std::size_t longest_name_form = 63;

bool is_path(std::string_view text) {
  return !text.empty() && is_text(text);
}

bool is_socket_path(std::string_view text) {
  return is_path(text) && text.size() < sizeof(sockaddr_un::sun_path);
}

// Spelled out, since the C library's classes depend on the locale.
bool is_alphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool is_name(std::string_view text) {
  const auto allowed = [](char c) { return is_alphanumeric(c) || c == '_' || c == '.' || c == '-'; };
  return !text.empty() && text.size() <= longest_name_form && is_alphanumeric(text.front()) &&
         std::all_of(text.begin(), text.end(), allowed);
}

bool is_names(std::string_view text) {
  while (!text.empty()) {
    const auto comma = text.find(',');
    if (!is_name(text.substr(0, comma))) return false;
    if (comma == std::string_view::npos) return true;
    text.remove_prefix(comma + 1);
    if (text.empty()) return false;
  }
  return true;
}

// "science=0-2": a name, and two numbers of which the second is not the smaller.
std::optional<ImagePool> as_image_pool(std::string_view text) {
  const auto equals = text.find('=');
  const auto dash = text.rfind('-');
  if (equals == std::string_view::npos || dash == std::string_view::npos || dash < equals)
    return std::nullopt;
  if (!is_name(text.substr(0, equals))) return std::nullopt;
  constexpr std::uint64_t most = 1024;
  ImagePool pool;
  pool.image = text.substr(0, equals);
  const auto read = [](std::string_view digits, std::uint64_t& number) {
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    return error == std::errc() && end == digits.data() + digits.size() && number <= most;
  };
  if (!read(text.substr(equals + 1, dash - equals - 1), pool.floor)) return std::nullopt;
  if (!read(text.substr(dash + 1), pool.ceiling) || pool.floor > pool.ceiling) return std::nullopt;
  return pool;
}

bool is_image_ranges(std::string_view text) {
  while (!text.empty()) {
    const auto comma = text.find(',');
    if (!as_image_pool(text.substr(0, comma))) return false;
    if (comma == std::string_view::npos) return true;
    text.remove_prefix(comma + 1);
    if (text.empty()) return false;
  }
  return true;
}

// "host" would give submissions the host's own network; with "none" a job that was promised network gets
// none.
bool is_network(std::string_view text) {
  return is_name(text) && text != "host" && text != "none";
}

std::optional<in_addr> as_ipv4(const std::string& text) {
  in_addr address{};
  if (inet_pton(AF_INET, text.c_str(), &address) != 1) return std::nullopt;
  return address;
}

std::optional<in6_addr> as_ipv6(const std::string& text) {
  in6_addr address{};
  if (inet_pton(AF_INET6, text.c_str(), &address) != 1) return std::nullopt;
  return address;
}

bool is_ip_address(std::string_view text) {
  const std::string terminated(text);
  return is_text(text) && (as_ipv4(terminated) || as_ipv6(terminated));
}

// 0 is root; the last number is the kernel's "no id".
bool is_unprivileged_id(std::string_view text) {
  std::uint32_t id = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  return error == std::errc() && end == text.data() + text.size() && id != 0 && id != UINT32_MAX;
}

bool is_file_mode(std::string_view text) {
  return text.size() == 4 && text.front() == '0' &&
         text.find_first_not_of("01234567") == std::string_view::npos;
}

bool is_user(std::string_view text) {
  const auto colon = text.find(':');
  return colon != std::string_view::npos && is_unprivileged_id(text.substr(0, colon)) &&
         is_unprivileged_id(text.substr(colon + 1));
}

}  // namespace

std::vector<ImagePool> image_pools(const std::string& images) {
  std::vector<ImagePool> pools;
  std::string_view rest = images;
  while (!rest.empty()) {
    const auto comma = rest.find(',');
    if (auto pool = as_image_pool(rest.substr(0, comma))) pools.push_back(std::move(*pool));
    if (comma == std::string_view::npos) break;
    rest.remove_prefix(comma + 1);
  }
  return pools;
}

bool is_text(std::string_view text) {
  return text.size() <= longest_text && is_plain_text(text);
}

bool is_loopback(std::string_view address) {
  const std::string terminated(address);
  if (const auto v4 = as_ipv4(terminated)) return (ntohl(v4->s_addr) >> 24U) == 127;
  if (const auto v6 = as_ipv6(terminated)) {
    return IN6_IS_ADDR_LOOPBACK(&*v6) || (IN6_IS_ADDR_V4MAPPED(&*v6) && v6->s6_addr[12] == 127);
  }
  return false;
}

Form any_text() {
  return {is_text, "a text of at most 4095 bytes without control characters"};
}

Form path() {
  return {is_path, "a path of 1 to 4095 bytes without control characters"};
}

Form socket_path() {
  return {is_socket_path, "the path of a socket, of 1 to 107 bytes without control characters"};
}

Form name() {
  return {is_name, "a name: a letter or a digit, then at most 62 letters, digits, '_', '.' and '-'"};
}

Form names() {
  return {is_names, "a list of names with commas between them, without spaces: strict,trusted"};
}

Form image_ranges() {
  return {is_image_ranges,
          "a list of NAME=FLOOR-CEILING with commas between them, without spaces: science=0-2,python=2-8"};
}

Form network() {
  return {is_network, "the name of an engine network other than \"host\" and \"none\""};
}

Form ip_address() {
  return {is_ip_address, "an IPv4 or IPv6 address in numbers"};
}

Form file_mode() {
  return {is_file_mode, "a mode of a file: four octal digits, the first of them 0, as in 0660"};
}

Form user() {
  return {is_user, "uid:gid in numbers, neither of them 0"};
}

}  // namespace sallyport::config
