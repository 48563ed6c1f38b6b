// Which addresses the broker connects to on a client's behalf.
#pragma once

#include <boost/asio/ip/address.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::broker::webhooks {

/// Public unicast addresses, and what the operator lists. A client names a URL, and the broker stands where
/// the client does not: without this it would carry requests to the host's own services, to the
/// network behind it, and to the metadata services of clouds, which hand out credentials.
///
/// An address is asked about when a name has been resolved and the connection is about to be made, so it does
/// not matter what the name said a moment ago. Thread-safety: constant.
class EgressPolicy {
 public:
  /// `allowed`: addresses and networks with commas between them, "127.0.0.1, 10.1.0.0/16, fd00::/8". Nothing
  /// if one of them is none; `mistake` then says which.
  static std::optional<EgressPolicy> parse(std::string_view allowed, std::string& mistake);

  [[nodiscard]] bool permits(const boost::asio::ip::address& address) const;

 private:
  struct Network {
    boost::asio::ip::address_v6::bytes_type bytes{};  // IPv4 as IPv4-mapped.
    unsigned bits = 128;
  };
  static std::optional<Network> parse_network(std::string_view text);
  static bool contains(const Network& network, const boost::asio::ip::address_v6::bytes_type& bytes);

  std::vector<Network> allowed_;
};

/// Whether an address is one of the public Internet's: neither loopback, private, link-local, shared (CGNAT),
/// multicast, reserved, for documentation, nor one that only a cloud's hosts can reach. IPv6 forms that hold
/// an IPv4 address are as public as that; those that a gateway translates are not.
[[nodiscard]] bool is_public(const boost::asio::ip::address& address);

}  // namespace sallyport::broker::webhooks
