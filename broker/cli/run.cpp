#include "broker/admission.hpp"
#include "broker/api/execution_reply.hpp"
#include "broker/api/execution_request.hpp"
#include "broker/cli/assembly.hpp"
#include "broker/cli/command_line.hpp"
#include "broker/cli/commands.hpp"
#include "broker/cli/load_or_complain.hpp"
#include "broker/cli/log_adapters.hpp"
#include "broker/cli/python_source.hpp"
#include "broker/log/logs.hpp"
#include "broker/pipeline.hpp"
#include "broker/request_rules.hpp"
#include "broker/second_door.hpp"

#include <nlohmann/json.hpp>

#include <chrono>
#include <iostream>
#include <string>

namespace sallyport::broker::cli {
namespace {

/// The request as a client would send it, so that the same rules hold.
std::string request_body(const std::string& code, const RunOptions& options) {
  nlohmann::json body = {{"code", code}};
  if (options.image) body["image"] = *options.image;
  if (options.policy) body["policy"] = *options.policy;
  if (options.timeout_seconds) body["sandbox_config"]["timeout_seconds"] = *options.timeout_seconds;
  if (options.no_syntax_validation) body["enable_syntax_validation"] = false;
  if (options.no_ast_validation) body["enable_ast_validation"] = false;
  if (options.no_output_validation) body["enable_output_validation"] = false;
  return body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

int print_error(const ApiError& error, bool json) {
  if (json) {
    std::cout << error.to_json() << "\n";
  } else {
    std::cerr << "sallyport: " << error.error_type << ": " << error.message << "\n";
  }
  return kNotExecuted;
}

int print_reply(ExecutionReply reply, bool json) {
  int status = reply.success ? kSuccess : kFailure;
  if (reply.timed_out) status = kTimedOut;
  if (!reply.success && reply.exit_code && *reply.exit_code != 0) status = *reply.exit_code;
  if (json) {
    std::cout << to_json(reply) << "\n";
    return status;
  }
  std::cout << reply.stdout_text << std::flush;
  std::cerr << reply.stderr_text;
  if (!reply.success) {
    std::cerr << "sallyport: " << reply.error_type.value_or("failed") << ": "
              << reply.error_message.value_or("") << "\n";
  }
  // What stopped a submission is in its error message.
  for (const ValidationViolation& violation : reply.validation_violations) {
    if (!reply.usage) break;
    std::cerr << "sallyport: line " << violation.line << ": " << violation.message << " [" << violation.rule
              << "]\n";
  }
  for (const runners::Artifact& artifact : reply.artifacts) {
    std::cerr << "sallyport: artifact " << artifact.path << " (" << artifact.size
              << " bytes; --json has its content)\n";
  }
  return status;
}

}  // namespace

int run_submission(const config::Loaded& loaded, const RunOptions& options) {
  config::Config config = loaded.config;
  // Beside a serving broker of the same name, not in its place: its orphan search must not take ours.
  config.instance.name += ".run";
  const auto code = read_source(options.file);
  if (!code) return kUsage;
  config.log.file.clear();
  config.log.level = "error";
  OutputRules output_rules(config.output.rules_file);
  if (!load_or_complain(output_rules)) return kUsage;
  const RedactingOutputDoor output_door(output_rules);
  log::LogsResult logs =
      log::Logs::open(config.log, std::chrono::system_clock::now, secrets_filter(output_rules));
  if (!logs.logs) {
    std::cerr << "sallyport: " << logs.error << "\n";
    return kUsage;
  }
  LogEvents events(logs.logs->operational());
  LogAudit audit(logs.logs->audit());
  Assembly assembly(config, [&](const std::string& message) {
    events.write(Severity::warning, "container_removal", message);
  });

  if (!load_or_complain(assembly.policies())) return kUsage;
  auto request = parse_execution_request(
      request_body(*code, options), request_rules(config, assembly.images(), assembly.policies()), nullptr);
  if (!request) return print_error(request.error(), options.json);

  Admission admission(assembly.context().get_executor(), config.admission);
  PipelineParts parts(assembly.runner(), admission, audit);
  parts.doors = assembly.doors(output_door);
  parts.workers = assembly.workers();
  parts.run_overhead = run_overhead(config.engine);
  Pipeline pipeline(std::move(parts));
  auto reply = assembly.await(
      pipeline.execute(std::move(*request), nullptr, base::CallBounds(base::Deadline::never())));
  assembly.clean_up();
  return reply ? print_reply(std::move(*reply), options.json) : print_error(reply.error(), options.json);
}

}  // namespace sallyport::broker::cli
