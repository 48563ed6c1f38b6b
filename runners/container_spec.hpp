// What the engine is told about one sandbox: every hardening option in one place.
#pragma once

#include "config/config.hpp"
#include "docker/types.hpp"
#include "runners/sandbox_class.hpp"

#include <string>

namespace sallyport::runners {

/// Labels of every container of the broker, by which a later start finds what an earlier one left.
inline constexpr const char* kInstanceLabel = "sallyport.instance";  ///< config: instance.name
inline constexpr const char* kRunLabel = "sallyport.run";            ///< One start of the broker.
inline constexpr const char* kExecutionLabel =
    "sallyport.execution";  ///< The submission's id; not in the pool.

/// Folders inside a sandbox; the guest agent knows the same.
inline constexpr const char* kWorkFolder = "/workspace";
inline constexpr const char* kTemporaryFolder = "/tmp";

struct InstanceIdentity {
  std::string instance;
  std::string run;
};

/// Everything about a container of `sandbox_class`, except what is in the image. A pure function; a test
/// compares it with what the engine says it was told. `execution_id` is empty for one that waits in the pool.
[[nodiscard]] docker::ContainerSpec make_container_spec(const SandboxClass& sandbox_class,
                                                        const config::Runner& runner,
                                                        const InstanceIdentity& identity, std::string name,
                                                        const std::string& execution_id);

}  // namespace sallyport::runners
