#include "broker/api/caller_rules.hpp"

#include <algorithm>
#include <cmath>

namespace sallyport::broker {
namespace {

using Limits = config::SandboxLimits;

template <class T>
void lower(T Limits::*member, config::Sandbox& sandbox, const Limits& most) {
  sandbox.ceilings.*member = std::min(sandbox.ceilings.*member, most.*member);
  sandbox.defaults.*member = std::min(sandbox.defaults.*member, sandbox.ceilings.*member);
}

/// 0 stands for timeout times CPUs, as a default and as a ceiling.
void lower_cpu_seconds(config::Sandbox& sandbox, const Limits& most) {
  if (!std::isfinite(most.max_cpu_seconds)) return;
  double& ceiling = sandbox.ceilings.max_cpu_seconds;
  if (ceiling <= 0) ceiling = std::ceil(sandbox.ceilings.timeout_seconds * sandbox.ceilings.cpus);
  ceiling = std::min(ceiling, most.max_cpu_seconds);
  double& normal = sandbox.defaults.max_cpu_seconds;
  normal = std::min(normal, ceiling);  // A 0 stays one; what comes of it is held to the ceiling.
}

void lower_limits(config::Sandbox& sandbox, const Limits& most) {
  lower(&Limits::timeout_seconds, sandbox, most);
  lower(&Limits::max_memory_mb, sandbox, most);
  lower(&Limits::max_output_bytes, sandbox, most);
  lower(&Limits::cpus, sandbox, most);
  lower(&Limits::max_processes, sandbox, most);
  lower(&Limits::max_file_mb, sandbox, most);
  lower(&Limits::enable_network, sandbox, most);
  lower(&Limits::max_artifacts, sandbox, most);
  lower(&Limits::max_artifact_bytes, sandbox, most);
  lower_cpu_seconds(sandbox, most);
}

void lower_switches(config::Switches& switches, const config::Switches& may) {
  switches.enable_syntax_validation = switches.enable_syntax_validation && may.enable_syntax_validation;
  switches.enable_ast_validation = switches.enable_ast_validation && may.enable_ast_validation;
  switches.enable_output_validation = switches.enable_output_validation && may.enable_output_validation;
  switches.redact_sensitive_output = switches.redact_sensitive_output && may.redact_sensitive_output;
  switches.log_executions = switches.log_executions && may.log_executions;
}

bool contains(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

void lower_policies(RequestRules& rules, const std::vector<std::string>& permitted) {
  std::vector<std::string> both;
  for (const std::string& name : permitted) {
    const bool selectable = name == rules.default_policy || rules.allowed_policies.empty() ||
                            contains(rules.allowed_policies, name);
    if (selectable) both.push_back(name);
  }
  // Never empty, which would mean all: where nothing is left, the key's own word decides.
  if (both.empty()) both = permitted;
  if (!contains(both, rules.default_policy)) rules.default_policy = both.front();
  rules.allowed_policies = std::move(both);
}

}  // namespace

RequestRules rules_for(const RequestRules& rules, const Caller& caller) {
  RequestRules own = rules;
  lower_limits(own.sandbox, caller.ceilings);
  lower_switches(own.may_switch_off, caller.may_switch_off);
  own.may_call_back = own.may_call_back && caller.may_call_back;
  if (caller.policies && !caller.policies->empty()) lower_policies(own, *caller.policies);
  return own;
}

}  // namespace sallyport::broker
