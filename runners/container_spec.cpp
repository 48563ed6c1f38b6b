#include "runners/container_spec.hpp"

#include <cstdint>

namespace sallyport::runners {
namespace {

constexpr std::int64_t kMiB = 1024 * 1024;

docker::Ulimit ulimit(const char* name, std::int64_t value) {
  docker::Ulimit limit;
  limit.name = name;
  limit.soft = value;
  limit.hard = value;
  return limit;
}

std::string tmpfs_options(std::uint64_t size_mb) {
  // Mode 1777: the mount belongs to root, the program does not run as root. The engine adds noexec to what it
  // mounts as tmpfs.
  return "rw,nosuid,nodev,mode=1777,size=" + std::to_string(size_mb) + "m";
}

}  // namespace

docker::ContainerSpec make_container_spec(const SandboxClass& sandbox_class, const config::Runner& runner,
                                          const InstanceIdentity& identity, std::string name,
                                          const std::string& execution_id) {
  docker::ContainerSpec spec;
  spec.name = std::move(name);
  spec.image = sandbox_class.digest;
  spec.user = runner.user;
  spec.working_directory = kWorkFolder;
  spec.hostname = "sandbox";
  spec.labels = {{kInstanceLabel, identity.instance}, {kRunLabel, identity.run}};
  if (!execution_id.empty()) spec.labels[kExecutionLabel] = execution_id;
  spec.open_stdin = true;
  spec.stdin_once = true;

  spec.runtime = sandbox_class.enable_network ? runner.runtime_network : runner.runtime;
  spec.network_mode = sandbox_class.enable_network ? runner.network : "none";
  // "none" alone still is a network to the engine, which joins and leaves it under locks that Docker 20.10
  // takes in two orders (libnetwork: watchLoop against sbLeave): under load all starts and ends then hang for
  // good.
  spec.network_disabled = !sandbox_class.enable_network;
  spec.ipc_mode = "private";
  spec.log_driver = "none";
  spec.read_only_root = true;
  spec.cap_drop = {"ALL"};
  spec.security_options = {"no-new-privileges"};
  const std::string folder = tmpfs_options(sandbox_class.folder_mb);
  spec.tmpfs = {{kWorkFolder, folder}, {kTemporaryFolder, folder}};

  spec.memory_bytes = static_cast<std::int64_t>(sandbox_class.max_memory_mb) * kMiB;
  spec.memory_swap_bytes = spec.memory_bytes;
  spec.nano_cpus = sandbox_class.nano_cpus;
  spec.pids_limit = static_cast<std::int64_t>(runner.pids_limit);
  spec.shm_bytes = kMiB;
  spec.ulimits = {ulimit("core", 0),
                  ulimit("fsize", static_cast<std::int64_t>(sandbox_class.max_file_mb) * kMiB),
                  ulimit("nofile", static_cast<std::int64_t>(runner.max_open_files)),
                  ulimit("nproc", static_cast<std::int64_t>(sandbox_class.max_processes))};
  return spec;
}

}  // namespace sallyport::runners
