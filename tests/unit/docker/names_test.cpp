#include "docker/names.hpp"

#include "docker/limits.hpp"

#include <gtest/gtest.h>

namespace sallyport::docker::detail {
namespace {

TEST(NamesTest, ContainerReferences) {
  for (const char* good : {"a", "4f5e", "my_container-1.2", "0"})
    EXPECT_TRUE(valid_container_reference(good)) << good;
  for (const char* bad :
       {"", ".", "..", "-a", "a/b", "a b", "a?b", "a#b", "a%2fb", "a\n", "é", "../../info"}) {
    EXPECT_FALSE(valid_container_reference(bad)) << bad;
  }
  EXPECT_FALSE(valid_container_reference(std::string_view("a\0b", 3)));
  EXPECT_TRUE(valid_container_reference(std::string(max_identifier_bytes, 'a')));
  EXPECT_FALSE(valid_container_reference(std::string(max_identifier_bytes + 1, 'a')));
}

TEST(NamesTest, ImageReferences) {
  for (const char* good : {"alpine", "alpine:3.18", "library/alpine:3", "localhost:5000/a/b:c_d",
                           "sha256:0123", "a@sha256:0123", "gcr.io/distroless/static"}) {
    EXPECT_TRUE(valid_image_reference(good)) << good;
  }
  for (const char* bad : {"", "/a", "a/", "a//b", "a/../b", "a/./b", "..", "a?b", "a b", "a%b", "a\r\nb"}) {
    EXPECT_FALSE(valid_image_reference(bad)) << bad;
  }
}

TEST(NamesTest, TagsAndSignals) {
  EXPECT_TRUE(valid_tag("1.0-beta_2"));
  EXPECT_TRUE(valid_tag("_a"));
  for (const char* bad : {"", ".a", "-a", "a:b", "a/b", "a b"}) EXPECT_FALSE(valid_tag(bad)) << bad;
  EXPECT_FALSE(valid_tag(std::string(129, 'a')));
  for (const char* good : {"KILL", "SIGTERM", "9", "SIGRTMIN+3"}) EXPECT_TRUE(valid_signal(good)) << good;
  for (const char* bad : {"", "KILL&x=y", "A B"}) EXPECT_FALSE(valid_signal(bad)) << bad;
}

TEST(NamesTest, PercentEncoding) {
  EXPECT_EQ(percent_encode("AZaz09-._~"), "AZaz09-._~");
  EXPECT_EQ(percent_encode("a b&c=d/e?f#g%h+i"), "a%20b%26c%3Dd%2Fe%3Ff%23g%25h%2Bi");
  EXPECT_EQ(percent_encode("é\n\xff"), "%C3%A9%0A%FF");
  QueryValues values;
  values.emplace_back("a", "1 2");
  values.emplace_back("empty", "");
  values.emplace_back("b", "&");
  EXPECT_EQ(query_string(values), "a=1%202&b=%26");
  EXPECT_EQ(query_string({}), "");
}

TEST(NamesTest, PullReferences) {
  const auto check = [](std::string_view name, std::string_view repository, std::string_view tag) {
    const PullReference reference = split_pull_reference(name);
    EXPECT_EQ(reference.repository, repository) << name;
    EXPECT_EQ(reference.tag, tag) << name;
  };
  check("alpine", "alpine", "latest");
  check("alpine:3", "alpine", "3");
  check("localhost:5000/a", "localhost:5000/a", "latest");
  check("localhost:5000/a:b", "localhost:5000/a", "b");
  check("a@sha256:12", "a", "sha256:12");
  check("localhost:5000/a:b@sha256:12", "localhost:5000/a", "sha256:12");
}

}  // namespace
}  // namespace sallyport::docker::detail
