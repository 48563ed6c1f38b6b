#include "docker/request_json.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace sallyport::docker::detail {
namespace {

using Json = nlohmann::json;

TEST(RequestJsonTest, EveryFieldOfASpecIsSent) {
  ContainerSpec spec;
  spec.image = "sha256:12";
  spec.command = {"python3", "-c", "print('é')"};
  spec.entrypoint = {"/agent"};
  spec.environment = {"A=1"};
  spec.working_directory = "/work";
  spec.user = "1000:1000";
  spec.hostname = "sandbox";
  spec.labels["k"] = "v";
  spec.open_stdin = true;
  spec.stdin_once = true;
  spec.runtime = "runsc";
  spec.network_mode = "none";
  spec.network_disabled = true;
  spec.tmpfs["/work"] = "size=1m";
  spec.ulimits.push_back(Ulimit{"nofile", 64, 128});
  spec.memory_bytes = 1;
  spec.memory_swap_bytes = 2;
  spec.nano_cpus = 3;
  spec.pids_limit = 4;
  spec.cpu_shares = 5;
  spec.shm_bytes = 6;
  const Json expected = Json::parse(R"json({
    "Image": "sha256:12", "Cmd": ["python3", "-c", "print('é')"], "Entrypoint": ["/agent"], "Env": ["A=1"],
    "WorkingDir": "/work", "User": "1000:1000", "Hostname": "sandbox", "Labels": {"k": "v"},
    "AttachStdin": true, "AttachStdout": true, "AttachStderr": true, "OpenStdin": true, "StdinOnce": true,
    "Tty": false, "NetworkDisabled": true,
    "HostConfig": {
      "Runtime": "runsc", "NetworkMode": "none", "IpcMode": "private",
      "LogConfig": {"Type": "none", "Config": {}}, "ReadonlyRootfs": true, "CapDrop": ["ALL"],
      "SecurityOpt": ["no-new-privileges"], "Tmpfs": {"/work": "size=1m"},
      "Ulimits": [{"Name": "nofile", "Soft": 64, "Hard": 128}],
      "Memory": 1, "MemorySwap": 2, "NanoCpus": 3, "PidsLimit": 4, "CpuShares": 5, "ShmSize": 6,
      "Privileged": false, "AutoRemove": false, "Binds": [], "Devices": [], "PublishAllPorts": false,
      "RestartPolicy": {"Name": "no"}}})json");
  EXPECT_EQ(Json::parse(container_spec_json(spec).value()), expected);
}

TEST(RequestJsonTest, EventFilter) {
  EXPECT_EQ(event_filter_json(EventFilter()).value(), "");
  EXPECT_EQ(Json::parse(event_filter_json(EventFilter({{"k", "v"}, {"bare", ""}}, {"oom", "die"})).value()),
            Json::parse(R"({"label": ["bare", "k=v"], "event": ["oom", "die"]})"));
}

TEST(RequestJsonTest, WhatIsTheImagesIsLeftToTheImage) {
  const Json json = Json::parse(container_spec_json(ContainerSpec()).value());
  for (const char* key : {"Cmd", "Entrypoint", "WorkingDir", "User", "Hostname"})
    EXPECT_FALSE(json.contains(key)) << key;
  EXPECT_FALSE(json["HostConfig"].contains("Runtime"));
}

TEST(RequestJsonTest, TextThatIsNotUtf8IsRefused) {
  ContainerSpec spec;
  spec.environment = {"A=\xff"};
  auto json = container_spec_json(spec);
  ASSERT_TRUE(json.has_error());
  EXPECT_EQ(json.error().kind, ErrorKind::invalid_request);
  Labels labels;
  labels["k\xc3"] = "v";
  EXPECT_TRUE(label_filter_json(labels).has_error());
  EXPECT_TRUE(string_map_json(labels).has_error());
}

TEST(RequestJsonTest, UpdateSendsWhatIsSet) {
  EXPECT_EQ(container_update_json(ContainerUpdate()).value(), "{}");
  ContainerUpdate update;
  update.memory_bytes = 1;
  update.memory_swap_bytes = 2;
  update.nano_cpus = 0;
  update.pids_limit = 4;
  update.cpu_shares = 5;
  const Json expected = {
      {"Memory", 1}, {"MemorySwap", 2}, {"NanoCpus", 0}, {"PidsLimit", 4}, {"CpuShares", 5}};
  EXPECT_EQ(Json::parse(container_update_json(update).value()), expected);
}

TEST(RequestJsonTest, Filters) {
  Labels labels;
  EXPECT_EQ(label_filter_json(labels).value(), "");
  EXPECT_EQ(string_map_json(labels).value(), "");
  labels["a"] = "1";
  labels["b"] = "";
  EXPECT_EQ(label_filter_json(labels).value(), R"({"label":["a=1","b"]})");
  EXPECT_EQ(string_map_json(labels).value(), R"({"a":"1","b":""})");
}

}  // namespace
}  // namespace sallyport::docker::detail
