// What the engine is told about one sandbox: every hardening option in one place.
#pragma once

#include "config/config.hpp"
#include "docker/types.hpp"
#include "runners/image_resolver.hpp"
#include "runners/runner.hpp"

#include <string>

namespace sallyport::runners {

/// Labels of every container of the broker, by which a later start finds what an earlier one left.
inline constexpr const char* kInstanceLabel = "sallyport.instance";    ///< config: instance.name
inline constexpr const char* kRunLabel = "sallyport.run";              ///< One start of the broker.
inline constexpr const char* kExecutionLabel = "sallyport.execution";  ///< The submission's id.

/// Folders inside a sandbox; the guest agent knows the same.
inline constexpr const char* kWorkFolder = "/workspace";
inline constexpr const char* kTemporaryFolder = "/tmp";

struct InstanceIdentity {
  std::string instance;
  std::string run;
};

/// Everything about the container for `job`, except what is in the image. A pure function; a test compares it
/// with what the engine says it was told.
[[nodiscard]] docker::ContainerSpec make_container_spec(const Job& job, const ResolvedImage& image,
                                                        const config::Runner& runner,
                                                        const InstanceIdentity& identity, std::string name);

}  // namespace sallyport::runners
