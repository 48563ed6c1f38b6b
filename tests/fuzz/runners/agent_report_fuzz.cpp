// The agent's report: whatever it holds, parsing ends, and what is accepted keeps to the limits.
#include "runners/guest_protocol.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <variant>

namespace {

using namespace sallyport::runners;

void require(bool condition) {
  if (!condition) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Limits limits;
  limits.max_artifacts = 3;
  limits.max_artifact_bytes = 64;
  limits.max_displays = 2;
  limits.max_display_bytes = 64;
  const auto parsed = parse_report(std::string_view(reinterpret_cast<const char*>(data), size), limits);
  const auto* report = std::get_if<AgentReport>(&parsed);
  if (report == nullptr) return 0;
  require(report->exit_code >= 0 && report->exit_code <= 255);
  require(report->artifacts.size() <= limits.max_artifacts);
  std::uint64_t bytes = 0;
  for (const Artifact& artifact : report->artifacts) {
    require(is_safe_artifact_path(artifact.path));
    require(artifact.size == artifact.content.size());
    bytes += artifact.size;
  }
  require(bytes <= limits.max_artifact_bytes);
  require(report->displays.size() <= limits.max_displays);
  std::uint64_t shown = 0;
  const auto count = [&shown](const DisplayBundle& bundle) {
    for (const auto& [media_type, content] : bundle) shown += content.size();
  };
  if (report->result) count(*report->result);
  for (const DisplayBundle& bundle : report->displays) count(bundle);
  require(shown <= limits.max_display_bytes);
  return 0;
}
