#include "broker/webhooks/egress_policy.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>

namespace sallyport::broker::webhooks {

namespace ip = boost::asio::ip;

namespace {

struct Range4 {
  std::uint32_t network;
  unsigned bits;
};

constexpr std::uint32_t v4(unsigned a, unsigned b, unsigned c, unsigned d) {
  return a << 24U | b << 16U | c << 8U | d;
}

// The special-purpose registry of IANA (RFC 6890 and its successors), multicast, and reserved space.
constexpr std::array kNotPublic4 = {
    Range4{v4(0, 0, 0, 0), 8},         // "this network"
    Range4{v4(10, 0, 0, 0), 8},        // private
    Range4{v4(100, 64, 0, 0), 10},     // shared: CGNAT, and a cloud's metadata service
    Range4{v4(127, 0, 0, 0), 8},       // loopback
    Range4{v4(168, 63, 129, 16), 32},  // a cloud's host services, at an address that looks public
    Range4{v4(169, 254, 0, 0), 16},    // link-local, with the metadata services
    Range4{v4(172, 16, 0, 0), 12},     // private
    Range4{v4(192, 0, 0, 0), 24},      // protocol assignments
    Range4{v4(192, 0, 2, 0), 24},      // documentation
    Range4{v4(192, 88, 99, 0), 24},    // 6to4 relays
    Range4{v4(192, 168, 0, 0), 16},    // private
    Range4{v4(198, 18, 0, 0), 15},     // benchmarks
    Range4{v4(198, 51, 100, 0), 24},   // documentation
    Range4{v4(203, 0, 113, 0), 24},    // documentation
    Range4{v4(224, 0, 0, 0), 3},       // multicast, reserved, broadcast
};

bool is_public4(std::uint32_t address) {
  return std::none_of(kNotPublic4.begin(), kNotPublic4.end(), [address](const Range4& range) {
    return (address ^ range.network) >> (32U - range.bits) == 0;
  });
}

bool is_public6(const ip::address_v6::bytes_type& bytes) {
  // Global unicast is 2000::/3; loopback, unique local, link-local, multicast and NAT64 are outside.
  if ((bytes[0] & 0xE0U) != 0x20) return false;
  const unsigned first = bytes[0] << 8U | bytes[1];
  const unsigned second = bytes[2] << 8U | bytes[3];
  if (first == 0x2001 && second < 0x0200) return false;   // protocol assignments, Teredo
  if (first == 0x2001 && second == 0x0DB8) return false;  // documentation
  if (first == 0x2002) return false;                      // 6to4: a gateway would take out an IPv4 address
  return first != 0x3FFF || second >= 0x1000;             // documentation
}

ip::address_v6::bytes_type bytes_of(const ip::address& address) {
  if (address.is_v6()) return address.to_v6().to_bytes();
  return ip::make_address_v6(ip::v4_mapped, address.to_v4()).to_bytes();
}

std::string_view trim(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

}  // namespace

bool is_public(const ip::address& address) {
  if (address.is_v4()) return is_public4(address.to_v4().to_uint());
  const ip::address_v6 v6 = address.to_v6();
  if (v6.is_v4_mapped()) return is_public4(ip::make_address_v4(ip::v4_mapped, v6).to_uint());
  return v6.scope_id() == 0 && is_public6(v6.to_bytes());
}

std::optional<EgressPolicy::Network> EgressPolicy::parse_network(std::string_view text) {
  const auto slash = text.find('/');
  boost::system::error_code error;
  const ip::address address = ip::make_address(std::string(text.substr(0, slash)), error);
  if (error) return std::nullopt;
  const unsigned most = address.is_v4() ? 32 : 128;
  unsigned bits = most;
  if (slash != std::string_view::npos) {
    const std::string_view number = text.substr(slash + 1);
    const auto [end, mistake] = std::from_chars(number.data(), number.data() + number.size(), bits);
    if (mistake != std::errc() || end != number.data() + number.size() || bits > most) return std::nullopt;
  }
  Network network;
  network.bytes = bytes_of(address);
  network.bits = bits + (128 - most);
  return network;
}

std::optional<EgressPolicy> EgressPolicy::parse(std::string_view allowed, std::string& mistake) {
  EgressPolicy policy;
  while (!trim(allowed).empty()) {
    const auto comma = allowed.find(',');
    const std::string_view entry = trim(allowed.substr(0, comma));
    allowed = comma == std::string_view::npos ? std::string_view() : allowed.substr(comma + 1);
    const auto network = parse_network(entry);
    if (!network) {
      mistake = "'" + std::string(entry) + "' is neither an address nor a network";
      return std::nullopt;
    }
    policy.allowed_.push_back(*network);
  }
  return policy;
}

bool EgressPolicy::contains(const Network& network, const ip::address_v6::bytes_type& bytes) {
  unsigned left = network.bits;
  for (std::size_t i = 0; i < bytes.size() && left > 0; ++i) {
    const unsigned bits = std::min(left, 8U);
    if (static_cast<unsigned>(network.bytes.at(i) ^ bytes.at(i)) >> (8U - bits) != 0) return false;
    left -= bits;
  }
  return true;
}

bool EgressPolicy::permits(const ip::address& address) const {
  if (is_public(address)) return true;
  const auto bytes = bytes_of(address);
  return std::any_of(allowed_.begin(), allowed_.end(),
                     [&bytes](const Network& network) { return contains(network, bytes); });
}

}  // namespace sallyport::broker::webhooks
