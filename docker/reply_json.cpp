#include "docker/reply_json.hpp"

#include "docker/json_fields.hpp"

#include <utility>

namespace sallyport::docker::detail {

Result<Version> parse_version(std::string_view text) {
  JsonDocument document(text);
  const JsonObject root = document.object();
  Version version;
  version.engine_version = root.string("Version");
  version.api_version = root.required_string("ApiVersion");
  version.min_api_version = root.string("MinAPIVersion");
  if (!document.ok()) return document.problem();
  return version;
}

Result<EngineInfo> parse_info(std::string_view text) {
  JsonDocument document(text);
  const JsonObject root = document.object();
  EngineInfo info;
  info.name = root.string("Name");
  info.engine_version = root.string("ServerVersion");
  info.storage_driver = root.string("Driver");
  info.cgroup_version = root.string("CgroupVersion");
  info.cgroup_driver = root.string("CgroupDriver");
  info.runtimes = root.keys("Runtimes");
  info.default_runtime = root.string("DefaultRuntime");
  info.kernel_version = root.string("KernelVersion");
  info.operating_system = root.string("OperatingSystem");
  info.architecture = root.string("Architecture");
  info.root_dir = root.string("DockerRootDir");
  info.cpus = root.integer("NCPU");
  info.memory_bytes = root.integer("MemTotal");
  info.memory_limit = root.boolean("MemoryLimit");
  info.cpu_cfs_quota = root.boolean("CpuCfsQuota");
  info.pids_limit = root.boolean("PidsLimit");
  info.warnings = root.strings("Warnings");
  if (!document.ok()) return document.problem();
  return info;
}

Result<CreatedContainer> parse_created_container(std::string_view text) {
  JsonDocument document(text);
  const JsonObject root = document.object();
  CreatedContainer created;
  created.id = root.required_string("Id");
  created.warnings = root.strings("Warnings");
  if (!document.ok()) return document.problem();
  return created;
}

Result<ContainerDetails> parse_container_details(std::string_view text) {
  JsonDocument document(text);
  const JsonObject root = document.object();
  const JsonObject state = root.object("State");
  ContainerDetails details;
  details.id = root.required_string("Id");
  details.name = root.string("Name");
  // The engine keeps the slash of its old links; nobody else writes names so.
  if (details.name.starts_with('/')) details.name.erase(0, 1);
  details.image_id = root.string("Image");
  details.status = state.required_string("Status");
  details.running = state.boolean("Running");
  details.oom_killed = state.boolean("OOMKilled");
  details.dead = state.boolean("Dead");
  details.exit_code = state.required_integer("ExitCode");
  details.pid = state.integer("Pid");
  details.error = state.string("Error");
  details.started_at = state.string("StartedAt");
  details.finished_at = state.string("FinishedAt");
  details.labels = root.object("Config").string_map("Labels");
  if (!document.ok()) return document.problem();
  details.raw_json = text;
  return details;
}

Result<std::vector<ContainerSummary>> parse_container_list(std::string_view text) {
  JsonDocument document(text);
  std::vector<ContainerSummary> containers;
  for (const JsonObject& item : document.objects()) {
    ContainerSummary& container = containers.emplace_back();
    container.id = item.required_string("Id");
    container.names = item.strings("Names");
    for (std::string& name : container.names) {
      if (name.starts_with('/')) name.erase(0, 1);
    }
    container.image = item.string("Image");
    container.state = item.string("State");
    container.created_unix = item.integer("Created");
    container.labels = item.string_map("Labels");
  }
  if (!document.ok()) return document.problem();
  return containers;
}

Result<ContainerStats> parse_container_stats(std::string_view text) {
  JsonDocument document(text);
  const JsonObject root = document.object();
  const JsonObject memory = root.object("memory_stats");
  ContainerStats stats;
  stats.memory_usage_bytes = memory.unsigned_integer("usage");
  stats.memory_max_usage_bytes = memory.unsigned_integer("max_usage");
  stats.memory_limit_bytes = memory.unsigned_integer("limit");
  stats.cpu_total_nanoseconds = root.object("cpu_stats").object("cpu_usage").unsigned_integer("total_usage");
  stats.pids_current = root.object("pids_stats").unsigned_integer("current");
  if (!document.ok()) return document.problem();
  return stats;
}

Result<ExitInfo> parse_exit(std::string_view text) {
  JsonDocument document(text);
  const JsonObject root = document.object();
  ExitInfo exit;
  exit.status_code = root.required_integer("StatusCode");
  exit.error = root.object("Error").string("Message");
  if (!document.ok()) return document.problem();
  return exit;
}

Result<std::vector<std::string>> parse_warnings(std::string_view text) {
  JsonDocument document(text);
  std::vector<std::string> warnings = document.object().strings("Warnings");
  if (!document.ok()) return document.problem();
  return warnings;
}

Result<std::vector<ImageSummary>> parse_image_list(std::string_view text) {
  JsonDocument document(text);
  std::vector<ImageSummary> images;
  for (const JsonObject& item : document.objects()) {
    ImageSummary& image = images.emplace_back();
    image.id = item.required_string("Id");
    image.tags = item.strings("RepoTags");
    std::erase(image.tags, "<none>:<none>");
    image.created_unix = item.integer("Created");
    image.size_bytes = item.integer("Size");
    image.labels = item.string_map("Labels");
  }
  if (!document.ok()) return document.problem();
  return images;
}

Result<ImageDetails> parse_image_details(std::string_view text) {
  JsonDocument document(text);
  const JsonObject root = document.object();
  ImageDetails details;
  details.id = root.required_string("Id");
  details.tags = root.strings("RepoTags");
  details.architecture = root.string("Architecture");
  details.os = root.string("Os");
  details.size_bytes = root.integer("Size");
  details.labels = root.object("Config").string_map("Labels");
  if (!document.ok()) return document.problem();
  return details;
}

Result<Event> parse_event(std::string_view text) {
  JsonDocument document(text);
  const JsonObject root = document.object();
  const JsonObject actor = root.object("Actor");
  Event event;
  event.type = root.required_string("Type");
  event.action = root.required_string("Action");
  event.actor_id = actor.string("ID");
  event.attributes = actor.string_map("Attributes");
  event.time_nanoseconds = root.integer("timeNano");
  if (!document.ok()) return document.problem();
  return event;
}

Result<ProgressEntry> parse_progress(std::string_view text) {
  JsonDocument document(text);
  const JsonObject root = document.object();
  std::string error = root.object("errorDetail").string("message");
  if (error.empty()) error = root.string("error");
  ProgressEntry entry;
  entry.status = root.string("status");
  entry.text = root.string("stream");
  if (entry.text.empty() && !entry.status.empty()) {
    const std::string id = root.string("id");
    entry.text = id.empty() ? entry.status : id + ": " + entry.status;
    if (const std::string bar = root.string("progress"); !bar.empty()) entry.text += " " + bar;
  }
  // Only the classic builder's aux is of interest; a pull or a push puts other things there.
  entry.image_id = root.object("aux").string("ID");
  if (!document.ok()) return document.problem();
  if (!error.empty() || root.has("error") || root.has("errorDetail")) return engine_error(0, error);
  return entry;
}

std::string parse_error_message(std::string_view text) {
  JsonDocument document(text);
  const std::string message = document.object().string("message");
  return document.ok() && !message.empty() ? message : std::string(text);
}

}  // namespace sallyport::docker::detail
