#include "runners/sandbox_class.hpp"

#include <gtest/gtest.h>

namespace sallyport::runners {
namespace {

class SandboxClassTest : public testing::Test {
 protected:
  [[nodiscard]] SandboxClass shared(const Limits& limits) const {
    return shared_class("python", "sha256:abc", limits, runner_);
  }

  config::Runner runner_;
  Limits limits_;
};

TEST_F(SandboxClassTest, AnExactClassHasTheLimitsAsCeilings) {
  limits_.cpus = 0.5;
  const SandboxClass made = exact_class("python", "sha256:abc", limits_, runner_);
  EXPECT_EQ(made.max_memory_mb, 512U);
  EXPECT_EQ(made.nano_cpus, 500'000'000);
  EXPECT_EQ(made.max_file_mb, 32U);
  EXPECT_EQ(made.max_processes, 64U);
  EXPECT_EQ(made.folder_mb, 64U);
}

TEST_F(SandboxClassTest, WhatTheAgentSetsMakesNoOtherClass) {
  Limits other = limits_;
  other.timeout = std::chrono::seconds(1);
  other.cpu_seconds = 1;
  other.max_processes = 7;
  other.max_file_mb = 1;
  other.max_output_bytes = 1;
  other.max_artifacts = 0;
  EXPECT_EQ(shared(other), shared(limits_));
  EXPECT_TRUE(holds(shared(limits_), other));
}

TEST_F(SandboxClassTest, WhatIsFixedAtCreationMakesAnother) {
  Limits other = limits_;
  other.max_memory_mb = 511;
  EXPECT_NE(shared(other), shared(limits_));
  other = limits_;
  other.cpus = 0.99;
  EXPECT_NE(shared(other), shared(limits_));
  other = limits_;
  other.enable_network = true;
  EXPECT_NE(shared(other), shared(limits_));
  other = limits_;
  other.max_file_mb = 65;  // Larger than the folder.
  EXPECT_NE(shared(other), shared(limits_));
}

TEST_F(SandboxClassTest, MoreProcessesThanTheSandboxMayHaveAreNotHeld) {
  limits_.max_processes = runner_.pids_limit + 1;
  EXPECT_FALSE(holds(shared(limits_), limits_));
}

}  // namespace
}  // namespace sallyport::runners
