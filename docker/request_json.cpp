#include "docker/request_json.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <optional>

namespace sallyport::docker::detail {

namespace {

using Json = nlohmann::json;

// The one place where nlohmann may throw: on text that is not UTF-8.
Result<std::string> write(const Json& json) {
  try {
    return json.dump();
  } catch (const Json::exception&) {
    return make_error(ErrorKind::invalid_request, "text that is not UTF-8 cannot be sent to the engine");
  }
}

void put_text(Json& object, const char* key, const std::string& value) {
  if (!value.empty()) object[key] = value;
}

void put_list(Json& object, const char* key, const std::vector<std::string>& values) {
  if (!values.empty()) object[key] = values;
}

void put_number(Json& object, const char* key, const std::optional<std::int64_t>& value) {
  if (value) object[key] = *value;
}

Json host_config(const ContainerSpec& spec) {
  Json host = Json::object();
  put_text(host, "Runtime", spec.runtime);
  put_text(host, "NetworkMode", spec.network_mode);
  put_text(host, "IpcMode", spec.ipc_mode);
  if (!spec.log_driver.empty()) host["LogConfig"] = {{"Type", spec.log_driver}, {"Config", Json::object()}};
  host["ReadonlyRootfs"] = spec.read_only_root;
  host["CapDrop"] = spec.cap_drop;
  host["SecurityOpt"] = spec.security_options;
  host["Tmpfs"] = spec.tmpfs;
  host["Ulimits"] = Json::array();
  for (const Ulimit& limit : spec.ulimits) {
    host["Ulimits"].push_back({{"Name", limit.name}, {"Soft", limit.soft}, {"Hard", limit.hard}});
  }
  host["Memory"] = spec.memory_bytes;
  host["MemorySwap"] = spec.memory_swap_bytes;
  host["NanoCpus"] = spec.nano_cpus;
  host["PidsLimit"] = spec.pids_limit;
  host["CpuShares"] = spec.cpu_shares;
  host["ShmSize"] = spec.shm_bytes;
  // Said outright, though they are the engine's defaults: what a sandbox must never have.
  host["Privileged"] = false;
  host["AutoRemove"] = false;
  host["Binds"] = Json::array();
  host["Devices"] = Json::array();
  host["PublishAllPorts"] = false;
  host["RestartPolicy"] = {{"Name", "no"}};
  return host;
}

}  // namespace

Result<std::string> container_spec_json(const ContainerSpec& spec) {
  Json json = Json::object();
  json["Image"] = spec.image;
  put_list(json, "Cmd", spec.command);
  put_list(json, "Entrypoint", spec.entrypoint);
  json["Env"] = spec.environment;
  put_text(json, "WorkingDir", spec.working_directory);
  put_text(json, "User", spec.user);
  put_text(json, "Hostname", spec.hostname);
  json["NetworkDisabled"] = spec.network_disabled;
  json["Labels"] = spec.labels;
  json["AttachStdin"] = spec.open_stdin;
  json["AttachStdout"] = true;
  json["AttachStderr"] = true;
  json["OpenStdin"] = spec.open_stdin;
  json["StdinOnce"] = spec.stdin_once;
  json["Tty"] = false;  // A terminal would merge the two streams and end the framing.
  json["HostConfig"] = host_config(spec);
  return write(json);
}

Result<std::string> container_update_json(const ContainerUpdate& update) {
  Json json = Json::object();
  put_number(json, "Memory", update.memory_bytes);
  put_number(json, "MemorySwap", update.memory_swap_bytes);
  put_number(json, "NanoCpus", update.nano_cpus);
  put_number(json, "PidsLimit", update.pids_limit);
  put_number(json, "CpuShares", update.cpu_shares);
  return write(json);
}

Result<std::string> label_filter_json(const Labels& labels) {
  return event_filter_json(EventFilter(labels));
}

Result<std::string> event_filter_json(const EventFilter& filter) {
  Json json = Json::object();
  for (const auto& [key, value] : filter.labels) {
    json["label"].push_back(value.empty() ? key : key + "=" + value);
  }
  for (const std::string& action : filter.actions) json["event"].push_back(action);
  if (json.empty()) return std::string();
  return write(json);
}

Result<std::string> string_map_json(const Labels& values) {
  if (values.empty()) return std::string();
  return write(Json(values));
}

}  // namespace sallyport::docker::detail
