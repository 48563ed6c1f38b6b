#include "broker/request_rules.hpp"

#include "broker/seconds.hpp"
#include "broker/split_names.hpp"

namespace sallyport::broker {

RequestRules request_rules(const config::Config& config, const ImageCatalog& images,
                           const PolicyCatalog& policies) {
  RequestRules rules;
  rules.sandbox = config.sandbox;
  rules.may_switch_off = config.may_switch_off;
  rules.default_image = config.images.default_image;
  rules.sandbox_types = {config.runner.type};
  rules.max_priority = priority_from(config.admission.max_priority).value_or(Priority::normal);
  rules.max_files_bytes = config.runner.work_folder_mb * 1024 * 1024;
  rules.images = &images;
  rules.policies = &policies;
  rules.allowed_policies = split_names(config.policies.selectable);
  rules.may_call_back = config.webhooks.enabled;
  rules.may_call_back_by_http = config.webhooks.allow_http;
  rules.may_replace_imports = config.policies.may_replace_imports;
  return rules;
}

base::Clock::duration run_overhead(const config::Engine& engine) {
  return seconds(engine.start_timeout_seconds + 2 * engine.call_timeout_seconds);
}

}  // namespace sallyport::broker
