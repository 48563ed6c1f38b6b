#include "broker/webhooks/egress_policy.hpp"

#include <gtest/gtest.h>

#include <string>

namespace sallyport::broker::webhooks {
namespace {

boost::asio::ip::address address(const char* text) {
  return boost::asio::ip::make_address(text);
}

EgressPolicy policy(const char* allowed) {
  std::string mistake;
  auto parsed = EgressPolicy::parse(allowed, mistake);
  EXPECT_TRUE(parsed.has_value()) << mistake;
  return std::move(parsed).value();
}

TEST(EgressPolicy, PublicAddressesAreReached) {
  for (const char* text :
       {"1.1.1.1", "8.8.8.8", "93.184.215.14", "100.63.255.255", "100.128.0.0", "172.15.0.1", "172.32.0.1",
        "192.167.255.255", "198.17.0.1", "198.20.0.1", "223.255.255.255", "169.253.1.1",
        "2606:4700:4700::1111", "2a00:1450:4001::1", "::ffff:1.1.1.1"}) {
    EXPECT_TRUE(is_public(address(text))) << text;
    EXPECT_TRUE(policy("").permits(address(text))) << text;
  }
}

TEST(EgressPolicy, WhatIsNotPublicIsNot) {
  for (const char* text : {"0.0.0.0",
                           "0.1.2.3",
                           "10.0.0.1",
                           "10.255.255.255",
                           "100.64.0.1",
                           "100.100.100.200",
                           "100.127.255.255",
                           "127.0.0.1",
                           "127.255.0.1",
                           "168.63.129.16",
                           "169.254.169.254",
                           "169.254.170.2",
                           "172.16.0.1",
                           "172.31.255.255",
                           "192.0.0.192",
                           "192.0.2.1",
                           "192.88.99.1",
                           "192.168.0.1",
                           "198.18.0.1",
                           "198.19.255.255",
                           "198.51.100.7",
                           "203.0.113.9",
                           "224.0.0.1",
                           "239.255.255.255",
                           "240.0.0.1",
                           "255.255.255.255",
                           "::",
                           "::1",
                           "::ffff:127.0.0.1",
                           "::ffff:10.0.0.1",
                           "::ffff:169.254.169.254",
                           "::127.0.0.1",
                           "64:ff9b::a00:1",
                           "64:ff9b:1::1",
                           "100::1",
                           "2001::1",
                           "2001:10::1",
                           "2001:20::1",
                           "2001:db8::1",
                           "2002:7f00:1::",
                           "2002:a00:1::",
                           "3fff::1",
                           "4000::1",
                           "fc00::1",
                           "fd00:ec2::254",
                           "fe80::1",
                           "fec0::1",
                           "ff02::1",
                           "ff0e::1"}) {
    EXPECT_FALSE(is_public(address(text))) << text;
    EXPECT_FALSE(policy("").permits(address(text))) << text;
  }
}

TEST(EgressPolicy, TheOperatorListsExceptions) {
  const EgressPolicy listed = policy(" 127.0.0.1,10.1.0.0/16 , fd00::/8,::1");
  for (const char* text :
       {"127.0.0.1", "::ffff:127.0.0.1", "10.1.0.0", "10.1.255.255", "::ffff:10.1.2.3", "fd12::1", "::1"}) {
    EXPECT_TRUE(listed.permits(address(text))) << text;
  }
  for (const char* text : {"127.0.0.2", "10.2.0.0", "10.0.255.255", "fc00::1", "169.254.169.254", "::2"}) {
    EXPECT_FALSE(listed.permits(address(text))) << text;
  }
  EXPECT_TRUE(policy("0.0.0.0/0").permits(address("10.0.0.1")));
  EXPECT_FALSE(policy("0.0.0.0/0").permits(address("fe80::1")));
  EXPECT_TRUE(policy("10.0.0.0/9").permits(address("10.127.0.1")));
  EXPECT_FALSE(policy("10.0.0.0/9").permits(address("10.128.0.1")));
}

TEST(EgressPolicy, AMistakeIsNamed) {
  for (const char* text : {"localhost", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/x", "1.1.1.1,,2.2.2.2",
                           "::/129", "/8", "10.0.0.0/-1"}) {
    std::string mistake;
    EXPECT_FALSE(EgressPolicy::parse(text, mistake).has_value()) << text;
    EXPECT_NE(mistake, "") << text;
  }
}

}  // namespace
}  // namespace sallyport::broker::webhooks
