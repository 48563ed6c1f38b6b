// The engine is asked what it was told about a sandbox, and the sandbox what it sees.
#include "runner_fixture.hpp"

#include <boost/asio/detached.hpp>
#include <nlohmann/json.hpp>

#include <fstream>
#include <map>

namespace asio = boost::asio;

namespace sallyport::runners {
namespace {

using nlohmann::json;

class Hardening : public RunnerFixture {
 protected:
  /// What the engine says of the container of `job` while it runs.
  json inspect_running(Job job) {
    std::stop_source stop;
    bool ended = false;
    auto run = [&]() -> asio::awaitable<void> {
      const base::CallBounds bounds(base::Deadline::after(std::chrono::seconds(60)), stop.get_token());
      static_cast<void>(co_await runner().run(std::move(job), nullptr, bounds));
      ended = true;
    };
    asio::co_spawn(context_, run(), asio::detached);
    json details;
    for (int look = 0; look < 200 && details.is_null(); ++look) {
      context_.restart();
      context_.run_for(std::chrono::milliseconds(20));
      docker::Labels labels{{kInstanceLabel, identity_.instance}};
      const auto listed = await(client_.list_containers(std::move(labels), soon()));
      if (!listed || listed->empty() || listed->front().state != "running") continue;
      const auto container = await(client_.inspect(listed->front().id, soon()));
      if (container) details = json::parse(container->raw_json);
    }
    stop.request_stop();
    while (!ended) {
      context_.restart();
      context_.run_for(std::chrono::milliseconds(20));
    }
    return details;
  }
};

TEST_F(Hardening, TheEngineWasToldEachOption) {
  Job sleeper = job("import time\ntime.sleep(30)\n");
  sleeper.limits.max_memory_mb = 200;
  sleeper.limits.cpus = 0.5;
  sleeper.limits.max_processes = 33;
  sleeper.limits.max_file_mb = 5;
  const std::string execution_id = sleeper.execution_id;
  const json details = inspect_running(std::move(sleeper));
  ASSERT_FALSE(details.is_null()) << "the container was never seen running";

  const json& host = details["HostConfig"];
  EXPECT_EQ(host["Runtime"], "runsc");
  EXPECT_EQ(host["NetworkMode"], "none");
  EXPECT_EQ(host["IpcMode"], "private");
  EXPECT_EQ(host["LogConfig"]["Type"], "none");
  EXPECT_EQ(host["ReadonlyRootfs"], true);
  EXPECT_EQ(host["Privileged"], false);
  EXPECT_EQ(host["AutoRemove"], false);
  EXPECT_EQ(host["CapDrop"], json::array({"ALL"}));
  EXPECT_TRUE(host["CapAdd"].is_null() || host["CapAdd"].empty());
  EXPECT_EQ(host["SecurityOpt"], json::array({"no-new-privileges"}));
  EXPECT_TRUE(host["Binds"].is_null() || host["Binds"].empty());
  EXPECT_TRUE(host["Devices"].is_null() || host["Devices"].empty());
  EXPECT_TRUE(details["Mounts"].empty());
  EXPECT_EQ(host["Memory"], 200LL * 1024 * 1024);
  EXPECT_EQ(host["MemorySwap"], 200LL * 1024 * 1024);
  EXPECT_EQ(host["NanoCpus"], 500'000'000);
  EXPECT_EQ(host["PidsLimit"], 1024);
  EXPECT_NE(host["Tmpfs"]["/workspace"].get<std::string>().find("size=64m"), std::string::npos);
  EXPECT_NE(host["Tmpfs"]["/tmp"].get<std::string>().find("size=64m"), std::string::npos);

  std::map<std::string, std::int64_t> ulimits;
  for (const json& limit : host["Ulimits"]) {
    EXPECT_EQ(limit["Soft"], limit["Hard"]);
    ulimits[limit["Name"].get<std::string>()] = limit["Hard"].get<std::int64_t>();
  }
  const std::map<std::string, std::int64_t> expected = {
      {"core", 0}, {"fsize", 5 * 1024 * 1024}, {"nofile", 256}, {"nproc", 33}};
  EXPECT_EQ(ulimits, expected);

  const json& settings = details["Config"];
  EXPECT_EQ(settings["NetworkDisabled"], true);
  EXPECT_EQ(settings["User"], "65534:65534");
  EXPECT_EQ(settings["Labels"][kInstanceLabel], identity_.instance);
  EXPECT_EQ(settings["Labels"][kRunLabel], identity_.run);
  EXPECT_EQ(settings["Labels"][kExecutionLabel], execution_id);
  EXPECT_EQ(settings["StdinOnce"], true);
  EXPECT_EQ(settings["Tty"], false);
}

TEST_F(Hardening, NetworkJobsGetTheOtherRuntimeAndNetwork) {
  Job sleeper = job("import time\ntime.sleep(30)\n");
  sleeper.limits.enable_network = true;
  const json details = inspect_running(std::move(sleeper));
  ASSERT_FALSE(details.is_null());
  EXPECT_EQ(details["HostConfig"]["Runtime"], "runsc-net");
  EXPECT_EQ(details["HostConfig"]["NetworkMode"], "bridge");
  EXPECT_EQ(details["HostConfig"]["CapDrop"], json::array({"ALL"}));
}

TEST_F(Hardening, TheKernelInsideIsNotTheHosts) {
  const Outcome outcome =
      run("import os\nprint(os.uname().release)\nprint('gvisor' in open('/proc/version').read().lower() or "
          "os.uname().version)\n");
  std::ifstream host_version("/proc/sys/kernel/osrelease");
  std::string host_release;
  std::getline(host_version, host_release);
  EXPECT_EQ(outcome.verdict, Verdict::completed);
  EXPECT_NE(outcome.stdout_bytes.substr(0, outcome.stdout_bytes.find('\n')), host_release);
  EXPECT_EQ(outcome.stdout_bytes.substr(0, 4), "4.4.");  // What gVisor calls itself.
}

TEST_F(Hardening, TheProgramIsNobodyAndTheRootIsReadOnly) {
  const Outcome outcome =
      run("import os\nprint(os.getuid(), os.getgid())\n"
          "for path in ('/x', '/etc/x', '/usr/x', '/usr/lib/sallyport/x'):\n"
          "    try:\n        open(path, 'w')\n        print('wrote', path)\n"
          "    except OSError as e:\n        print(type(e).__name__)\n"
          "print(open('/proc/self/status').read())\n");
  EXPECT_EQ(outcome.stdout_bytes.substr(0, 12), "65534 65534\n");
  EXPECT_EQ(outcome.stdout_bytes.find("wrote"), std::string::npos) << outcome.stdout_bytes;
  EXPECT_NE(outcome.stdout_bytes.find("CapEff:\t0000000000000000"), std::string::npos)
      << outcome.stdout_bytes;
  EXPECT_NE(outcome.stdout_bytes.find("CapBnd:\t0000000000000000"), std::string::npos);
}

TEST_F(Hardening, NoNetworkMeansLoopbackAlone) {
  const Outcome outcome = run("import socket\nprint([name for _, name in socket.if_nameindex()])\n");
  EXPECT_EQ(outcome.stdout_bytes, "['lo']\n");
}

TEST_F(Hardening, NetworkMeansAnInterfaceOfItsOwn) {
  // In no fixed order: gVisor lists them as its map gives them.
  Job online = job("import socket\nprint(sorted(name for _, name in socket.if_nameindex()))\n");
  online.limits.enable_network = true;
  EXPECT_EQ(run(std::move(online)).stdout_bytes, "['eth0', 'lo']\n");
}

TEST_F(Hardening, NothingSecretIsInTheEnvironment) {
  const Outcome outcome =
      run("import os\nprint(sorted(os.environ))\nprint(open('/proc/1/cmdline').read())\n"
          "print(open('/proc/self/environ').read())\n");
  EXPECT_EQ(outcome.verdict, Verdict::completed);
  EXPECT_EQ(outcome.stdout_bytes.find("DOCKER"), std::string::npos);
  EXPECT_EQ(outcome.stdout_bytes.find("SALLYPORT_"), std::string::npos) << outcome.stdout_bytes;
}

}  // namespace
}  // namespace sallyport::runners
