#include "docker/reply_json.hpp"

#include <gmock/gmock.h>

#include <limits>

namespace sallyport::docker::detail {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

template <class T>
void expect_malformed(const Result<T>& parsed, const std::string& place = "") {
  ASSERT_TRUE(parsed.has_error());
  EXPECT_EQ(parsed.error().kind, ErrorKind::malformed);
  EXPECT_THAT(parsed.error().message, HasSubstr(place));
}

TEST(ReplyJsonTest, Version) {
  const auto version =
      parse_version(R"({"Version":"20.10.24","ApiVersion":"1.41","MinAPIVersion":"1.12","Components":[]})");
  ASSERT_TRUE(version.has_value());
  EXPECT_EQ(version->engine_version, "20.10.24");
  EXPECT_EQ(version->api_version, "1.41");
  EXPECT_EQ(version->min_api_version, "1.12");
  expect_malformed(parse_version(R"({"Version":"20.10.24"})"), "ApiVersion");
}

TEST(ReplyJsonTest, Info) {
  const auto info = parse_info(R"({"Name":"vm","ServerVersion":"20","Driver":"overlay2","CgroupVersion":"1",
    "CgroupDriver":"cgroupfs","Runtimes":{"runc":{"path":"runc"},"runsc":{}},"DefaultRuntime":"runc",
    "KernelVersion":"6.1","OperatingSystem":"Debian","Architecture":"x86_64","DockerRootDir":"/d","NCPU":2,
    "MemTotal":1024,"MemoryLimit":true,"CpuCfsQuota":true,"PidsLimit":true,"Warnings":null})");
  ASSERT_TRUE(info.has_value());
  EXPECT_THAT(info->runtimes, ElementsAre("runc", "runsc"));
  EXPECT_EQ(info->cpus, 2);
  EXPECT_EQ(info->memory_bytes, 1024);
  EXPECT_TRUE(info->memory_limit && info->cpu_cfs_quota && info->pids_limit);
  EXPECT_THAT(info->warnings, IsEmpty());
  expect_malformed(parse_info(R"({"Runtimes":[]})"), "Runtimes");
  expect_malformed(parse_info(R"({"MemoryLimit":"yes"})"), "MemoryLimit");
}

TEST(ReplyJsonTest, CreatedContainer) {
  const auto created = parse_created_container(R"({"Id":"ab","Warnings":["no swap limit"]})");
  ASSERT_TRUE(created.has_value());
  EXPECT_EQ(created->id, "ab");
  EXPECT_THAT(created->warnings, ElementsAre("no swap limit"));
  expect_malformed(parse_created_container(R"({"Warnings":[]})"), "Id");
  expect_malformed(parse_created_container(R"({"Id":""})"), "Id");
  expect_malformed(parse_created_container(R"({"Id":"ab","Warnings":[1]})"), "Warnings");
  expect_malformed(parse_created_container(R"({"Id":"ab","Warnings":"x"})"), "Warnings");
}

TEST(ReplyJsonTest, ContainerDetails) {
  const std::string text = R"({"Id":"ab","Name":"/n","Image":"sha256:1","State":{"Status":"exited",
    "Running":false,"OOMKilled":true,"Dead":false,"Pid":0,"ExitCode":137,"Error":"e",
    "StartedAt":"2026-01-01T00:00:00Z","FinishedAt":"2026-01-01T00:00:01Z"},"Config":{"Labels":{"k":"v"}}})";
  const auto details = parse_container_details(text);
  ASSERT_TRUE(details.has_value());
  EXPECT_EQ(details->name, "n");
  EXPECT_EQ(details->status, "exited");
  EXPECT_TRUE(details->oom_killed);
  EXPECT_EQ(details->exit_code, 137);
  EXPECT_EQ(details->error, "e");
  EXPECT_EQ(details->labels.at("k"), "v");
  EXPECT_EQ(details->raw_json, text);
  expect_malformed(parse_container_details(R"({"Id":"ab"})"), "State.Status");
  expect_malformed(parse_container_details(R"({"Id":"ab","State":{"Status":"exited"}})"), "State.ExitCode");
  expect_malformed(parse_container_details(R"({"Id":"ab","State":[]})"), "State");
  expect_malformed(parse_container_details(R"({"Id":"ab","State":{"Status":"x","ExitCode":1.5}})"),
                   "ExitCode");
  expect_malformed(parse_container_details(R"({"Id":"ab","State":{"Status":"x","ExitCode":"1"}})"),
                   "ExitCode");
  expect_malformed(
      parse_container_details(R"({"Id":"ab","State":{"Status":"x","ExitCode":18446744073709551615}})"),
      "ExitCode");
}

TEST(ReplyJsonTest, ContainerList) {
  const auto list = parse_container_list(
      R"([{"Id":"a","Names":["/x"],"Image":"i","State":"running","Created":5,"Labels":{"k":"v"}},{"Id":"b"}])");
  ASSERT_TRUE(list.has_value());
  ASSERT_EQ(list->size(), 2U);
  EXPECT_THAT(list->front().names, ElementsAre("x"));
  EXPECT_EQ(list->front().created_unix, 5);
  EXPECT_EQ(list->front().labels.at("k"), "v");
  EXPECT_THAT(parse_container_list("[]").value(), IsEmpty());
  EXPECT_THAT(parse_container_list("null").value(), IsEmpty());
  expect_malformed(parse_container_list("{}"));
  expect_malformed(parse_container_list(R"([{"Id":"a"},7])"), "[1]");
  expect_malformed(parse_container_list(R"([{"Id":"a"},{"Id":"b","Labels":{"k":1}}])"), "[1].Labels");
}

TEST(ReplyJsonTest, ContainerStats) {
  const auto stats = parse_container_stats(
      R"({"memory_stats":{"usage":1,"max_usage":2,"limit":18446744073709551615},
          "cpu_stats":{"cpu_usage":{"total_usage":3}},"pids_stats":{"current":4}})");
  ASSERT_TRUE(stats.has_value());
  EXPECT_EQ(stats->memory_usage_bytes, 1U);
  EXPECT_EQ(stats->memory_max_usage_bytes, 2U);
  EXPECT_EQ(stats->memory_limit_bytes, std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(stats->cpu_total_nanoseconds, 3U);
  EXPECT_EQ(stats->pids_current, 4U);
  EXPECT_EQ(parse_container_stats("{}").value().pids_current, 0U);
  expect_malformed(parse_container_stats(R"({"memory_stats":{"usage":-1}})"), "memory_stats.usage");
}

TEST(ReplyJsonTest, Exit) {
  const auto plain = parse_exit(R"({"Error":null,"StatusCode":137})");
  ASSERT_TRUE(plain.has_value());
  EXPECT_EQ(plain->status_code, 137);
  EXPECT_EQ(plain->error, "");
  EXPECT_EQ(parse_exit(R"({"Error":{"Message":"m"},"StatusCode":0})").value().error, "m");
  expect_malformed(parse_exit(R"({"Error":null})"), "StatusCode");
  expect_malformed(parse_exit(R"({"StatusCode":null})"), "StatusCode");
  expect_malformed(parse_exit(""));
}

TEST(ReplyJsonTest, Images) {
  const auto list = parse_image_list(
      R"([{"Id":"sha256:1","RepoTags":["a:1","<none>:<none>"],"Created":1,"Size":2,"Labels":null}])");
  ASSERT_TRUE(list.has_value());
  EXPECT_THAT(list->front().tags, ElementsAre("a:1"));
  const auto details = parse_image_details(
      R"({"Id":"sha256:1","RepoTags":["a:1"],"Architecture":"amd64","Os":"linux","Size":2,"Config":{"Labels":{"k":"v"}}})");
  ASSERT_TRUE(details.has_value());
  EXPECT_EQ(details->labels.at("k"), "v");
  expect_malformed(parse_image_details(R"({"Id":1})"), "Id");
  expect_malformed(parse_image_list(R"([{"RepoTags":[]}])"), "[0].Id");
}

TEST(ReplyJsonTest, Events) {
  const auto event = parse_event(
      R"({"status":"die","Type":"container","Action":"die","Actor":{"ID":"ab","Attributes":{"exitCode":"4"}},
          "scope":"local","time":1,"timeNano":1000000001})");
  ASSERT_TRUE(event.has_value());
  EXPECT_EQ(event->action, "die");
  EXPECT_EQ(event->actor_id, "ab");
  EXPECT_EQ(event->attributes.at("exitCode"), "4");
  EXPECT_EQ(event->time_nanoseconds, 1000000001);
  expect_malformed(parse_event(R"({"Type":"container"})"), "Action");
}

TEST(ReplyJsonTest, Progress) {
  EXPECT_EQ(parse_progress(R"({"stream":"Step 1\n"})").value().text, "Step 1\n");
  EXPECT_EQ(parse_progress(R"({"status":"Pulling","id":"x","progress":"[=>]"})").value().text,
            "x: Pulling [=>]");
  EXPECT_EQ(parse_progress(R"({"status":"sha256:1"})").value().status, "sha256:1");
  EXPECT_EQ(parse_progress(R"({"aux":{"ID":"sha256:1"}})").value().image_id, "sha256:1");
  EXPECT_EQ(parse_progress("{}").value().text, "");
  expect_malformed(parse_progress("Step 1"));
  expect_malformed(parse_progress(R"({"stream":1})"), "stream");
}

TEST(ReplyJsonTest, ErrorInsideProgressIsAnError) {
  for (const char* text : {R"({"errorDetail":{"code":5,"message":"no"},"error":"no"})", R"({"error":"no"})",
                           R"({"errorDetail":{"message":"no"}})"}) {
    const auto entry = parse_progress(text);
    ASSERT_TRUE(entry.has_error()) << text;
    EXPECT_EQ(entry.error().kind, ErrorKind::engine);
    EXPECT_EQ(entry.error().message, "no");
  }
  EXPECT_TRUE(parse_progress(R"({"error":""})").has_error()) << "an error without words is one";
}

TEST(ReplyJsonTest, ErrorMessage) {
  EXPECT_EQ(parse_error_message(R"({"message":"No such image"})"), "No such image");
  EXPECT_EQ(parse_error_message("404 page not found"), "404 page not found");
  EXPECT_EQ(parse_error_message(R"({"message":7})"), R"({"message":7})");
  EXPECT_EQ(parse_error_message(""), "");
}

TEST(ReplyJsonTest, HostileTextIsMalformedEverywhere) {
  const std::string deep = std::string(3'000'000, '[');
  const std::string deep_object = [] {
    std::string text;
    for (int i = 0; i < 100'000; ++i) text += "{\"a\":";
    return text;
  }();
  for (const std::string& text :
       {std::string(), std::string("null"), std::string("7"), std::string("\"x\""), std::string("{"),
        std::string("{\"Id\":\"\xff\"}"), std::string("{}{}"), std::string("\0", 1), deep, deep_object}) {
    expect_malformed(parse_version(text));
    expect_malformed(parse_created_container(text));
    expect_malformed(parse_container_details(text));
    expect_malformed(parse_exit(text));
    expect_malformed(parse_image_details(text));
    expect_malformed(parse_event(text));
    expect_malformed(parse_info(text));
    expect_malformed(parse_warnings(text));
    expect_malformed(parse_progress(text));
  }
  expect_malformed(parse_container_list(deep));
  EXPECT_EQ(parse_progress(R"({"stream":"[[[[[ \" [[["})").value().text, R"([[[[[ " [[[)");
}

}  // namespace
}  // namespace sallyport::docker::detail
