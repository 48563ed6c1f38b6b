#include "runners/sandbox_class.hpp"

#include <algorithm>
#include <cmath>

namespace sallyport::runners {
namespace {

constexpr double kNanoCpusPerCpu = 1e9;

}  // namespace

SandboxClass exact_class(const std::string& image, const std::string& digest, const Limits& limits,
                         const config::Runner& runner) {
  SandboxClass made;
  made.image = image;
  made.digest = digest;
  made.enable_network = limits.enable_network;
  made.max_memory_mb = limits.max_memory_mb;
  made.nano_cpus = std::llround(limits.cpus * kNanoCpusPerCpu);
  made.folder_mb = std::max(runner.work_folder_mb, limits.max_file_mb);
  made.max_file_mb = limits.max_file_mb;
  made.max_processes = limits.max_processes;
  return made;
}

SandboxClass shared_class(const std::string& image, const std::string& digest, const Limits& limits,
                          const config::Runner& runner) {
  SandboxClass made = exact_class(image, digest, limits, runner);
  made.max_file_mb = made.folder_mb;  // No file is larger than the folder that it is in.
  made.max_processes = runner.pids_limit;
  return made;
}

bool holds(const SandboxClass& sandbox_class, const Limits& limits) {
  return limits.max_file_mb <= sandbox_class.max_file_mb &&
         limits.max_processes <= sandbox_class.max_processes;
}

}  // namespace sallyport::runners
