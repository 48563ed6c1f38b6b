// The body of `POST /v1/executions`: whatever comes, the answer is a checked request or a clean refusal.
#include "broker/api/execution_request.hpp"
#include "broker/api/input_path.hpp"
#include "broker/api/utf8.hpp"
#include "broker/policies.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace {

using namespace sallyport;

class Catalog : public broker::ImageCatalog {
 public:
  std::optional<broker::ImageInfo> find(std::string_view name) const override {
    if (name == "python") return broker::ImageInfo{"python", "", "3.11"};
    return std::nullopt;
  }
  std::vector<std::string> names() const override { return {"python"}; }
};

void demand(bool condition) {
  if (!condition) std::abort();
}

void check_accepted(std::string_view body, const broker::ExecutionRequest& request,
                    const broker::RequestRules& rules) {
  const nlohmann::json parsed = nlohmann::json::parse(body, nullptr, false);
  demand(parsed.is_object());
  demand(parsed["code"] == request.code);
  const nlohmann::json context = nlohmann::json::parse(request.context_json, nullptr, false);
  demand(context.is_object());
  // What is carried on as text means what the whole body means to another reader.
  demand(context == parsed.value("context", nlohmann::json::object()));

  const config::SandboxLimits& most = rules.sandbox.ceilings;
  demand(request.limits.timeout.count() >= 100);
  demand(request.limits.timeout.count() <= most.timeout_seconds * 1000);
  demand(request.limits.cpu_seconds >= 1 && request.limits.cpu_seconds <= most.max_cpu_seconds);
  demand(request.limits.max_memory_mb >= 64 && request.limits.max_memory_mb <= most.max_memory_mb);
  demand(request.limits.max_output_bytes >= 1 && request.limits.max_output_bytes <= most.max_output_bytes);
  demand(request.limits.cpus > 0 && request.limits.cpus <= most.cpus);
  demand(request.limits.max_processes >= 1 && request.limits.max_processes <= most.max_processes);
  demand(request.limits.max_file_mb >= 1 && request.limits.max_file_mb <= most.max_file_mb);
  demand(request.limits.max_artifacts <= most.max_artifacts);
  demand(request.limits.max_artifact_bytes <= most.max_artifact_bytes);
  demand(!request.limits.enable_network);
  demand(request.files.size() <= rules.sandbox.max_files);
  for (const runners::InputFile& file : request.files) demand(broker::path_mistake(file.path).empty());
  demand(request.layers.enable_syntax_validation);  // May not be switched off here.
  if (!request.layers.enable_ast_validation) demand(!request.adjustments.allowed_imports);
  if (!request.layers.enable_output_validation) demand(!request.layers.redact_sensitive_output);
}

void check_refused(const broker::ApiError& error) {
  demand(error.status == 400 || error.status == 403 || error.status == 422);
  demand(!error.message.empty() && error.message.size() < 4096);
  demand(broker::find_invalid_utf8(error.message) == std::string_view::npos);
  demand(nlohmann::json::parse(error.to_json(), nullptr, false).is_object());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Catalog catalog;
  static const broker::Policies policies("");
  broker::RequestRules rules;
  rules.may_switch_off.enable_syntax_validation = false;
  rules.sandbox.max_files = 4;
  rules.sandbox.max_context_depth = 8;
  rules.images = &catalog;
  rules.policies = &policies;
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  const auto result = broker::parse_execution_request(body, rules, nullptr);
  if (result.has_value()) {
    check_accepted(body, *result, rules);
  } else {
    check_refused(result.error());
  }
  return 0;
}
