// What is fixed when a sandbox is created: two submissions of one class can be served by the same sandbox.
#pragma once

#include "config/config.hpp"
#include "runners/image_resolver.hpp"
#include "runners/runner.hpp"

#include <compare>
#include <cstdint>
#include <string>

namespace sallyport::runners {

/// Image, network and everything that cannot be changed later. gVisor cannot update a container that runs, so
/// memory and CPUs are of the class and hold exactly; what the guest agent sets at the job's delivery (time,
/// processes, files) is here only as its ceiling.
struct SandboxClass {
  std::string image;   ///< Name of the runner image.
  std::string digest;  ///< What it stood for when the class was made.
  bool enable_network = false;
  std::uint64_t max_memory_mb = 0;
  std::int64_t nano_cpus = 0;
  std::uint64_t folder_mb = 0;      ///< Of the working folder, and of the temporary one.
  std::uint64_t max_file_mb = 0;    ///< Ceiling of the job's own limit.
  std::uint64_t max_processes = 0;  ///< Ceiling of the job's own limit.

  // NOLINTNEXTLINE(modernize-use-nullptr): the check takes the generated comparison with 0 for a pointer.
  friend auto operator<=>(const SandboxClass&, const SandboxClass&) = default;
};

/// The class of a sandbox for this one submission: the ceilings are its limits.
[[nodiscard]] SandboxClass exact_class(const std::string& image, const std::string& digest,
                                       const Limits& limits, const config::Runner& runner);

/// The class of a sandbox that waits for submissions with such memory, CPUs and network: the ceilings are as
/// high as they can be. The smallest number of classes, so that few sandboxes serve many submissions.
[[nodiscard]] SandboxClass shared_class(const std::string& image, const std::string& digest,
                                        const Limits& limits, const config::Runner& runner);

/// Whether a sandbox of `sandbox_class`, which is the limits' shared class, can hold these limits too.
[[nodiscard]] bool holds(const SandboxClass& sandbox_class, const Limits& limits);

}  // namespace sallyport::runners
