#include "validators/output/checks.hpp"

#include <gtest/gtest.h>

#include <string>

namespace sallyport::validators::output {
namespace {

TEST(Checks, CardNumbers) {
  for (const auto* const text :
       {"4024 5887 4739 9788", "3716 255596 26507", "2720151011198336", "36574200956011"}) {
    EXPECT_TRUE(passes(Check::luhn, text)) << text;
  }
  for (const auto* const text :
       {"9999999999999999", "1234567890123456", "4024588747399789", "0000000000000000", "402458874739"}) {
    EXPECT_FALSE(passes(Check::luhn, text)) << text;
  }
}

TEST(Checks, SocialSecurityNumbers) {
  for (const auto* const text : {"401-77-2265", "772094418"}) {
    EXPECT_TRUE(passes(Check::ssn, text)) << text;
  }
  for (const auto* const text : {"000-12-3456", "666-12-3456", "901-12-3456", "123-00-4567", "123-45-0000",
                                 "078-05-1120", "12345678"}) {
    EXPECT_FALSE(passes(Check::ssn, text)) << text;
  }
}

TEST(Checks, Ibans) {
  EXPECT_TRUE(passes(Check::iban, "DE89 3704 0044 0532 0130 00"));
  EXPECT_TRUE(passes(Check::iban, "GB29NWBK60161331926819"));
  EXPECT_FALSE(passes(Check::iban, "DE89370400440532013001"));
  EXPECT_FALSE(passes(Check::iban, "DE8937040044053201300"));
  EXPECT_FALSE(passes(Check::iban, "XX89370400440532013000"));
}

TEST(Checks, Shapes) {
  EXPECT_TRUE(passes(Check::jwt, "eyJhbGciOiJIUzI1NiJ9.e30.x"));
  EXPECT_FALSE(passes(Check::jwt, "eyJmb28iOiJiYXIifQ.e30.x"));
  EXPECT_FALSE(passes(Check::not_hex_digest, "0cc175b9c0f1b6a831c399e269772661"));
  EXPECT_TRUE(passes(Check::not_hex_digest, "0cc175b9c0f1b6a831c399e26977266"));
  EXPECT_FALSE(passes(Check::not_uuid, "922cafdd-1e1d-4c77-b0ba-1ea7f798d498"));
  EXPECT_TRUE(passes(Check::basic_auth, "YW5uOnMzY3JldA=="));
  EXPECT_FALSE(passes(Check::basic_auth, "YW5uIHMzY3JldA=="));
}

TEST(Checks, Placeholders) {
  for (const auto* const text :
       {"", "xxxxxxxx", "********", "<password>", "${TOKEN}", "{{ secret }}", "None", "changeme",
        "your-api-key", "[REDACTED]", "...", "$TOKEN", "my_secret", "12345678", "%(password)s"}) {
    EXPECT_FALSE(passes(Check::not_placeholder, text)) << text;
  }
  for (const auto* const text : {"hunter22", "Tr0ub4dor&3", "correct horse", "sw0rdfish"}) {
    EXPECT_TRUE(passes(Check::not_placeholder, text)) << text;
  }
}

TEST(Checks, Entropy) {
  EXPECT_EQ(entropy(""), 0);
  EXPECT_EQ(entropy("aaaa"), 0);
  EXPECT_DOUBLE_EQ(entropy("abcd"), 2);
  EXPECT_NEAR(entropy("aab"), 0.918, 0.001);
}

TEST(Checks, Names) {
  EXPECT_EQ(check_from("luhn"), Check::luhn);
  EXPECT_EQ(check_from("random"), Check::random);
  EXPECT_FALSE(check_from("lun"));
}

}  // namespace
}  // namespace sallyport::validators::output
