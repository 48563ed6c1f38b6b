#include "runners/container_spec.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace sallyport::runners {
namespace {

class ContainerSpecTest : public testing::Test {
 protected:
  [[nodiscard]] docker::ContainerSpec make() const {
    InstanceIdentity identity;
    identity.instance = "blue";
    identity.run = "run-1";
    const SandboxClass exact = exact_class("python", "sha256:abc", job_.limits, runner_);
    return make_container_spec(exact, runner_, identity, "name-1", job_.execution_id);
  }

  static std::int64_t ulimit(const docker::ContainerSpec& spec, const std::string& name) {
    const auto found = std::find_if(spec.ulimits.begin(), spec.ulimits.end(),
                                    [&](const docker::Ulimit& limit) { return limit.name == name; });
    if (found == spec.ulimits.end()) return -1;
    EXPECT_EQ(found->soft, found->hard);
    return found->hard;
  }

  Job job_;
  config::Runner runner_;
};

TEST_F(ContainerSpecTest, HardensWhateverTheJobSays) {
  const docker::ContainerSpec spec = make();
  EXPECT_EQ(spec.user, "65534:65534");
  EXPECT_EQ(spec.cap_drop, std::vector<std::string>{"ALL"});
  EXPECT_EQ(spec.security_options, std::vector<std::string>{"no-new-privileges"});
  EXPECT_TRUE(spec.read_only_root);
  EXPECT_EQ(spec.ipc_mode, "private");
  EXPECT_EQ(spec.log_driver, "none");
  EXPECT_TRUE(spec.environment.empty());
  EXPECT_EQ(ulimit(spec, "core"), 0);
}

TEST_F(ContainerSpecTest, IsolatedJobsHaveNoNetwork) {
  const docker::ContainerSpec spec = make();
  EXPECT_EQ(spec.runtime, "runsc");
  EXPECT_EQ(spec.network_mode, "none");
  EXPECT_TRUE(spec.network_disabled);
}

TEST_F(ContainerSpecTest, NetworkedJobsUseTheOtherRuntime) {
  job_.limits.enable_network = true;
  const docker::ContainerSpec spec = make();
  EXPECT_EQ(spec.runtime, "runsc-net");
  EXPECT_EQ(spec.network_mode, "bridge");
  EXPECT_FALSE(spec.network_disabled);
}

TEST_F(ContainerSpecTest, LimitsAreTheJobs) {
  job_.limits.max_memory_mb = 300;
  job_.limits.cpus = 0.5;
  job_.limits.max_processes = 17;
  job_.limits.max_file_mb = 3;
  const docker::ContainerSpec spec = make();
  EXPECT_EQ(spec.memory_bytes, 300 * 1024 * 1024);
  EXPECT_EQ(spec.memory_swap_bytes, spec.memory_bytes);
  EXPECT_EQ(spec.nano_cpus, 500'000'000);
  EXPECT_EQ(ulimit(spec, "nproc"), 17);
  EXPECT_EQ(ulimit(spec, "fsize"), 3 * 1024 * 1024);
  EXPECT_EQ(ulimit(spec, "nofile"), 256);
  EXPECT_EQ(spec.pids_limit, 1024);
}

TEST_F(ContainerSpecTest, FoldersHoldTheLargestFile) {
  job_.limits.max_file_mb = 200;
  EXPECT_NE(make().tmpfs.at("/workspace").find("size=200m"), std::string::npos);
  job_.limits.max_file_mb = 8;
  EXPECT_NE(make().tmpfs.at("/tmp").find("size=64m"), std::string::npos);
}

TEST_F(ContainerSpecTest, LabelsNameInstanceRunAndExecution) {
  job_.execution_id = "exec-9";
  const docker::Labels labels = make().labels;
  EXPECT_EQ(labels.at(kInstanceLabel), "blue");
  EXPECT_EQ(labels.at(kRunLabel), "run-1");
  EXPECT_EQ(labels.at(kExecutionLabel), "exec-9");
}

}  // namespace
}  // namespace sallyport::runners
