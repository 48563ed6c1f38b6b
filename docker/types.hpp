// Requests to the engine and replies from it, as far as this project uses them. Names follow the Engine API
// (https://docs.docker.com/engine/api/v1.41/); units are in the names.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace sallyport::docker {

using Labels = std::map<std::string, std::string>;

struct Version {
  std::string engine_version;   ///< "20.10.24"
  std::string api_version;      ///< Newest API that the engine speaks: "1.41"
  std::string min_api_version;  ///< Oldest API that the engine speaks: "1.12"
};

struct EngineInfo {
  std::string name;
  std::string engine_version;
  std::string storage_driver;
  std::string cgroup_version;  ///< "1" or "2"
  std::string cgroup_driver;
  std::vector<std::string> runtimes;
  std::string default_runtime;
  std::string kernel_version;
  std::string operating_system;
  std::string architecture;
  std::string root_dir;
  std::int64_t cpus = 0;
  std::int64_t memory_bytes = 0;
  bool memory_limit = false;   ///< The kernel supports memory limits.
  bool cpu_cfs_quota = false;  ///< The kernel supports CPU quotas.
  bool pids_limit = false;     ///< The kernel supports pids limits.
  std::vector<std::string> warnings;
};

struct Ulimit {
  std::string name;
  std::int64_t soft = 0;
  std::int64_t hard = 0;
};

/// A container to create. Every field here is sent; nothing is left to the engine's default silently.
struct ContainerSpec {
  std::string name;                      ///< Empty: the engine invents one.
  std::string image;                     ///< Name, tag or digest ("sha256:...").
  std::vector<std::string> command;      ///< Empty: the image's.
  std::vector<std::string> entrypoint;   ///< Empty: the image's.
  std::vector<std::string> environment;  ///< "NAME=value"
  std::string working_directory;
  std::string user;  ///< "uid:gid"
  std::string hostname;
  Labels labels;
  bool open_stdin = false;
  bool stdin_once = false;  ///< A half-close by the attached client becomes EOF in the container.

  std::string runtime;       ///< Empty: the engine's default.
  std::string network_mode;  ///< "none", "bridge", ...
  /// The engine leaves the container's network namespace as the runtime makes it (empty), and keeps no
  /// record of it: nothing to set up, nothing to tear down.
  bool network_disabled = false;
  std::string ipc_mode = "private";
  std::string log_driver = "none";
  bool read_only_root = true;
  std::vector<std::string> cap_drop = {"ALL"};
  std::vector<std::string> security_options = {"no-new-privileges"};
  std::map<std::string, std::string> tmpfs;  ///< Path to mount options.
  std::vector<Ulimit> ulimits;
  std::int64_t memory_bytes = 0;       ///< 0: no limit.
  std::int64_t memory_swap_bytes = 0;  ///< Memory and swap together; equal to `memory_bytes` for no swap.
                                       ///< 0: the engine's default, twice the memory.
  std::int64_t nano_cpus = 0;          ///< 1e9 is one CPU. 0: no limit.
  std::int64_t pids_limit = 0;         ///< 0: no limit.
  std::int64_t cpu_shares = 0;         ///< 0: the engine's default (1024).
  std::int64_t shm_bytes = 0;          ///< 0: the engine's default (64 MiB).
};

struct CreatedContainer {
  std::string id;
  std::vector<std::string> warnings;  ///< "Your kernel does not support ...": a limit that will not hold.
};

enum class WaitCondition { not_running, next_exit, removed };

struct ExitInfo {
  std::int64_t status_code = 0;
  std::string error;  ///< The engine's own trouble with the wait; empty in general.
};

struct ContainerDetails {
  std::string id;
  std::string name;
  std::string image_id;  ///< "sha256:..."
  std::string status;    ///< "created", "running", "exited", "dead", ...
  bool running = false;
  bool oom_killed = false;
  bool dead = false;
  std::int64_t exit_code = 0;
  std::int64_t pid = 0;
  std::string error;        ///< Why it did not start, in the engine's words.
  std::string started_at;   ///< RFC 3339; "0001-01-01T00:00:00Z" if never.
  std::string finished_at;  ///< RFC 3339; "0001-01-01T00:00:00Z" if never.
  Labels labels;
  std::string raw_json;  ///< The whole answer, for tests and for `doctor`.
};

struct ContainerSummary {
  std::string id;
  std::vector<std::string> names;
  std::string image;
  std::string state;
  std::int64_t created_unix = 0;
  Labels labels;
};

struct ContainerStats {
  std::uint64_t memory_usage_bytes = 0;
  std::uint64_t memory_max_usage_bytes = 0;  ///< 0 where the kernel does not say (cgroup 2).
  std::uint64_t memory_limit_bytes = 0;
  std::uint64_t cpu_total_nanoseconds = 0;
  std::uint64_t pids_current = 0;
};

/// Limits that the engine can change on a container that exists. Unset: left as it is.
struct ContainerUpdate {
  std::optional<std::int64_t> memory_bytes;
  std::optional<std::int64_t> memory_swap_bytes;
  std::optional<std::int64_t> nano_cpus;
  std::optional<std::int64_t> pids_limit;
  std::optional<std::int64_t> cpu_shares;
};

struct ImageSummary {
  std::string id;  ///< "sha256:..."
  std::vector<std::string> tags;
  std::int64_t created_unix = 0;
  std::int64_t size_bytes = 0;
  Labels labels;
};

struct ImageDetails {
  std::string
      id;  ///< "sha256:...", the digest of the image's configuration: what a container is started from.
  std::vector<std::string> tags;
  std::string architecture;
  std::string os;
  std::int64_t size_bytes = 0;
  Labels labels;
};

struct ImageBuildOptions {
  std::string tag;
  std::string dockerfile = "Dockerfile";
  std::string network_mode;  ///< Of the build's own containers. Empty: the engine's default.
  std::string runtime;       ///< Must be empty: no engine lets a build choose. Refused, not dropped.
  Labels labels;
  std::map<std::string, std::string> build_args;
  bool no_cache = false;
};

struct ImageImportOptions {
  std::string repository;
  std::string tag;
  std::vector<std::string> changes;  ///< Dockerfile instructions: "ENV A=b", "CMD [...]".
  std::string message;
};

/// One entry of the events stream.
/// Which events to hear of: those whose object carries all of these labels (empty value: the key alone) and
/// whose action is among these. Empty: all.
struct EventFilter {
  EventFilter() = default;
  explicit EventFilter(Labels labels_in, std::vector<std::string> actions_in = {})
      : labels(std::move(labels_in)), actions(std::move(actions_in)) {}

  Labels labels;
  std::vector<std::string> actions;
};

struct Event {
  std::string type;    ///< "container", "image", ...
  std::string action;  ///< "start", "die", "oom", ...
  std::string actor_id;
  Labels attributes;
  std::int64_t time_nanoseconds = 0;
};

}  // namespace sallyport::docker
