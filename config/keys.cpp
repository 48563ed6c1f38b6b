#include "config/keys.hpp"

#include "config/forms.hpp"
#include "config/nearest.hpp"
#include "config/value.hpp"

#include <algorithm>
#include <set>
#include <type_traits>
#include <utility>

namespace sallyport::config {
namespace {

constexpr std::string_view variable_prefix = "SALLYPORT_";

constexpr Range seconds{0.001, 86'400};
constexpr std::string_view count;

// The path of a key is the spelling of its field, so that the two cannot drift apart.
#define SALLYPORT_KEY(member) #member, [](Config & c) -> Field { return &c.member; }

std::vector<Key> server_keys() {
  return {
      {SALLYPORT_KEY(server.address), ip_address(), "", "Address that the broker listens on."},
      {SALLYPORT_KEY(server.port), Range{0, 65'535}, "",
       "TCP port; 0 is any free one, which the log then names."},
      {SALLYPORT_KEY(server.tcp),
       {},
       "",
       "Whether the broker listens on address and port; false: on the Unix socket alone."},
      {SALLYPORT_KEY(server.host_names), any_text(), "",
       "Names, with commas, that the field Host of a request without an API key may hold beside localhost, "
       "127.0.0.1 and [::1]."},
      {SALLYPORT_KEY(server.behind_tls_proxy),
       {},
       "",
       "Permits an address other hosts can reach; says that a proxy in front speaks TLS with the callers."},
      {SALLYPORT_KEY(server.max_connections), Range{1, 1'000'000}, count, "Client connections at one time."},
      {SALLYPORT_KEY(server.max_header_bytes), Range{1024, 1'048'576}, "bytes",
       "Header of one request; beyond: 431."},
      {SALLYPORT_KEY(server.max_body_bytes), Range{1024, 1'073'741'824}, "bytes",
       "Body of one request; beyond: 413."},
      {SALLYPORT_KEY(server.max_buffered_bytes), Range{1024, 1'099'511'627'776}, "bytes",
       "Bodies and replies of all connections together; beyond: 503 for a request with a body."},
      {SALLYPORT_KEY(server.header_timeout_seconds), seconds, "seconds",
       "From the first byte of a request to the end of its header."},
      {SALLYPORT_KEY(server.body_timeout_seconds), seconds, "seconds",
       "From the end of the header to the end of the body."},
      {SALLYPORT_KEY(server.idle_timeout_seconds), seconds, "seconds",
       "How long a connection is kept without a request."},
      {SALLYPORT_KEY(server.write_timeout_seconds), seconds, "seconds", "For the client to take a reply."},
      {SALLYPORT_KEY(server.shutdown_seconds), seconds, "seconds",
       "For running submissions to end after SIGTERM."},
      {SALLYPORT_KEY(server.tls.certificate_file), any_text(), "",
       "Certificate chain in PEM; empty: no TLS. SIGHUP reads it again."},
      {SALLYPORT_KEY(server.tls.key_file), any_text(), "", "Private key of the certificate, in PEM."},
      {SALLYPORT_KEY(server.tls.handshake_timeout_seconds), seconds, "seconds",
       "From the beginning of a connection to the end of its TLS handshake."},
      {SALLYPORT_KEY(server.unix_socket.path), any_text(), "",
       "Unix socket that the broker listens on beside the address; empty: none."},
      {SALLYPORT_KEY(server.unix_socket.mode), file_mode(), "", "Mode of the socket: who may connect."},
  };
}

std::vector<Key> api_key_keys() {
  return {
      {SALLYPORT_KEY(keys.file), any_text(), "",
       "File with the API keys; empty: keys.json in instance.state_folder."},
      {SALLYPORT_KEY(keys.required),
       {},
       "",
       "Every caller needs a key, even while there are none; else only from the first key on, and on an "
       "address "
       "that other hosts can reach."},
      {SALLYPORT_KEY(keys.max_failures_per_minute), Range{0, 1e6}, "per minute",
       "Requests of one address without a valid key that are answered 401; beyond: 429; 0 is any number."},
      {SALLYPORT_KEY(keys.max_tracked_peers), Range{1, 1'000'000}, count,
       "Addresses whose failures are counted singly at one time; any beyond share one count."},
  };
}

std::vector<Key> engine_keys() {
  return {
      {SALLYPORT_KEY(engine.socket), socket_path(), "", "Unix socket of the container engine."},
      {SALLYPORT_KEY(engine.call_timeout_seconds), seconds, "seconds",
       "For calls that only ask or register."},
      {SALLYPORT_KEY(engine.start_timeout_seconds), seconds, "seconds",
       "For a container to start and its agent to say that it is ready."},
      {SALLYPORT_KEY(engine.remove_timeout_seconds), seconds, "seconds",
       "For the removal of a container after its run."},
      {SALLYPORT_KEY(engine.max_connections), Range{1, 65'536}, count,
       "Connections to the engine at one time."},
  };
}

std::vector<Key> runner_keys() {
  return {
      {SALLYPORT_KEY(runner.type), OneOf{{"gvisor"}}, "", "Kind of sandbox."},
      {SALLYPORT_KEY(runner.runtime), name(), "", "Engine runtime of jobs without network."},
      {SALLYPORT_KEY(runner.runtime_network), name(), "", "Engine runtime of jobs with network."},
      {SALLYPORT_KEY(runner.network), network(), "", "Engine network of jobs with network."},
      {SALLYPORT_KEY(runner.user), user(), "", "uid:gid of submissions inside the sandbox; never 0."},
      {SALLYPORT_KEY(runner.pids_limit), Range{512, 4'194'304}, count,
       "Host threads of one sandbox, its kernel's included: too few kill the sandbox, so at least 512."},
      {SALLYPORT_KEY(runner.work_folder_mb), Range{1, 1'048'576}, "MiB",
       "Size of the working directory, and of /tmp, each in memory."},
      {SALLYPORT_KEY(runner.max_open_files), Range{16, 1'048'576}, count,
       "Open files of one process inside."},
      {SALLYPORT_KEY(runner.reuse), OneOf{{"none", "user"}}, "",
       "Whose further submissions a used sandbox serves: none, or those of the same user_id."},
      {SALLYPORT_KEY(runner.reuse_max_jobs), Range{1, 1'000'000}, count,
       "Submissions that one sandbox serves."},
      {SALLYPORT_KEY(runner.reuse_max_age_seconds), seconds, "seconds",
       "A sandbox that is older serves no further submission."},
      {SALLYPORT_KEY(runner.reuse_idle_seconds), seconds, "seconds",
       "How long a sandbox waits for a further submission of its user."},
      {SALLYPORT_KEY(runner.reuse_max_sandboxes), Range{1, 1024}, count,
       "Sandboxes that wait for a further submission of their user."},
      {SALLYPORT_KEY(runner.pool.enabled), {}, "", "Keep sandboxes that wait for submissions."},
      {SALLYPORT_KEY(runner.pool.floor), Range{0, 1024}, count,
       "Of an image and size that is in use, at least so many wait."},
      {SALLYPORT_KEY(runner.pool.ceiling), Range{0, 1024}, count,
       "Of one image and size, at most so many wait."},
      {SALLYPORT_KEY(runner.pool.images), image_ranges(), "",
       "Floor and ceiling of single images, with commas: science=0-2,python=2-8."},
      {SALLYPORT_KEY(runner.pool.max_slots), Range{0, 4096}, count,
       "Of all images and sizes together, at most so many wait."},
      {SALLYPORT_KEY(runner.pool.max_age_seconds), Range{1, 86'400}, "seconds",
       "A sandbox that has waited so long is replaced."},
      {SALLYPORT_KEY(runner.pool.demand_memory_seconds), seconds, "seconds",
       "In which the memory of a burst of submissions fades to half."},
      {SALLYPORT_KEY(runner.pool.busy_starts), Range{0, 64}, count,
       "Sandboxes that are started at one time while submissions run, theirs included."},
      {SALLYPORT_KEY(runner.pool.idle_starts), Range{1, 64}, count,
       "Sandboxes that are started at one time while none runs."},
  };
}

// The same limits twice: as what a request gets that does not ask, and as the most that one may ask for.
std::vector<Key> limit_keys(std::string_view section, SandboxLimits Sandbox::*limits, std::string_view role) {
  std::vector<Key> result;
  const auto add = [&](std::string_view name, auto member, Rule rule, std::string_view unit,
                       std::string_view meaning) {
    auto field = [limits, member](Config& c) -> Field { return &(c.sandbox.*limits.*member); };
    result.push_back({std::string(section) + "." + std::string(name), std::move(field), std::move(rule), unit,
                      std::string(role) + std::string(meaning)});
  };
#define SALLYPORT_LIMIT(member) #member, &SandboxLimits::member
  add(SALLYPORT_LIMIT(timeout_seconds), seconds, "seconds", "wall-clock time of the code.");
  add(SALLYPORT_LIMIT(max_cpu_seconds), Range{0, 1e6}, "seconds",
      "CPU time; 0 is a little more than timeout_seconds times cpus.");
  add(SALLYPORT_LIMIT(max_memory_mb), Range{64, 1'048'576}, "MiB", "memory of the sandbox.");
  add(SALLYPORT_LIMIT(max_output_bytes), Range{1, 1'073'741'824}, "bytes", "stdout and stderr together.");
  add(SALLYPORT_LIMIT(cpus), Range{0.01, 1024}, count, "processors; fractions are shares of one.");
  add(SALLYPORT_LIMIT(max_processes), Range{1, 65'536}, count, "processes and threads inside.");
  add(SALLYPORT_LIMIT(max_file_mb), Range{1, 1'048'576}, "MiB", "size of one file that the code writes.");
  add(SALLYPORT_LIMIT(enable_network), Rule{}, "", "network.");
  add(SALLYPORT_LIMIT(max_artifacts), Range{0, 65'536}, count, "files in a reply.");
  add(SALLYPORT_LIMIT(max_artifact_bytes), Range{0, 1'073'741'824}, "bytes", "files in a reply, together.");
#undef SALLYPORT_LIMIT
  return result;
}

std::vector<Key> sandbox_keys() {
  return {
      {SALLYPORT_KEY(sandbox.max_files), Range{0, 65'536}, count, "Input files of one request."},
      {SALLYPORT_KEY(sandbox.max_context_depth), Range{1, 1000}, count, "Nesting of a request's `context`."},
  };
}

std::vector<Key> admission_keys() {
  return {
      {SALLYPORT_KEY(admission.max_concurrent), Range{1, 65'536}, count, "Sandboxes that run at one time."},
      {SALLYPORT_KEY(admission.max_queued), Range{0, 1'000'000}, count,
       "Submissions that wait for one; beyond: 503."},
      {SALLYPORT_KEY(admission.queue_timeout_seconds), seconds, "seconds",
       "Longest wait in the queue; beyond: 503."},
      {SALLYPORT_KEY(admission.max_priority), OneOf{{"low", "normal", "high"}}, "",
       "The highest priority that a request may ask for: low, normal or high."},
  };
}

std::vector<Key> owner_limit_keys() {
  return {
      {SALLYPORT_KEY(limits.rate_per_minute), Range{0, 1e6}, "per minute",
       "Requests of one user; beyond: 429; 0 is any number."},
      {SALLYPORT_KEY(limits.burst), Range{1, 1'000'000}, count,
       "Requests that one user may send at once within its rate."},
      {SALLYPORT_KEY(limits.key_rate_per_minute), Range{0, 1e7}, "per minute",
       "Requests of all users together; beyond: 429; 0 is any number."},
      {SALLYPORT_KEY(limits.key_burst), Range{1, 10'000'000}, count,
       "Requests that all users together may send at once within their rate."},
      {SALLYPORT_KEY(limits.max_concurrent_per_user), Range{0, 65'536}, count,
       "Submissions of one user that run at one time; further ones wait; 0 is any number."},
      {SALLYPORT_KEY(limits.max_queued_per_user), Range{0, 1'000'000}, count,
       "Submissions of one user that wait; beyond: 429; 0 is any number."},
      {SALLYPORT_KEY(limits.max_tracked_users), Range{1, 1'000'000}, count,
       "Users whose rate is counted singly at one time; any beyond share one rate."},
  };
}

std::vector<Key> streaming_keys() {
  return {
      {SALLYPORT_KEY(streaming.heartbeat_seconds), seconds, "seconds",
       "Longest silence of a stream: a heartbeat is sent when nothing happens."},
      {SALLYPORT_KEY(streaming.max_event_bytes), Range{1024, 1'073'741'824}, "bytes",
       "Events kept of one execution, beside its result; a reader further behind is cut."},
      {SALLYPORT_KEY(streaming.kept_seconds), seconds, "seconds",
       "How long the events of a job are kept after its end, for readers whose connection broke."},
      {SALLYPORT_KEY(streaming.max_kept_bytes), Range{0, 1'099'511'627'776}, "bytes",
       "Events of jobs that have ended, together; beyond, the oldest are dropped."},
  };
}

std::vector<Key> cache_keys() {
  return {
      {SALLYPORT_KEY(cache.enabled),
       {},
       "",
       "Gives the result of a successful submission again to the same user, if the request says that it is "
       "deterministic."},
      {SALLYPORT_KEY(cache.max_entries), Range{1, 10'000'000}, count, "Results that are kept."},
      {SALLYPORT_KEY(cache.max_bytes), Range{1024, 1'099'511'627'776}, "bytes",
       "Results that are kept, together; one larger than an eighth of it is not."},
      {SALLYPORT_KEY(cache.ttl_seconds), seconds, "seconds", "How long a result is given again."},
  };
}

std::vector<Key> store_keys() {
  return {
      {SALLYPORT_KEY(store.backend), OneOf{{"sqlite", "postgresql"}}, "",
       "sqlite: a file of this broker alone; postgresql: a database that brokers share."},
      {SALLYPORT_KEY(store.file), any_text(), "",
       "The file of SQLite; empty: instance.name with .db in instance.state_folder."},
      {SALLYPORT_KEY(store.postgresql), any_text(), "", "Connection string of PostgreSQL, as libpq takes it.",
       true},
      {SALLYPORT_KEY(store.timeout_seconds), seconds, "seconds", "For one call to the store; beyond: 503."},
      {SALLYPORT_KEY(store.max_waiting), Range{1, 1'000'000}, count,
       "Calls that wait for the store; beyond: 503."},
  };
}

std::vector<Key> webhook_keys() {
  return {
      {SALLYPORT_KEY(webhooks.enabled),
       {},
       "",
       "Whether a job may name a URL that is called when it has ended (callback_url)."},
      {SALLYPORT_KEY(webhooks.secret_file), any_text(), "",
       "File whose first line is the secret that webhooks are signed with."},
      {SALLYPORT_KEY(webhooks.allow_http), {}, "", "Permits http URLs beside https."},
      {SALLYPORT_KEY(webhooks.allowed_networks), any_text(), "",
       "Addresses and networks that may be called beyond public ones, with commas between them."},
      {SALLYPORT_KEY(webhooks.ca_file), any_text(), "",
       "Certificates of authorities in place of the system's (PEM)."},
      {SALLYPORT_KEY(webhooks.timeout_seconds), seconds, "seconds", "For one attempt."},
      {SALLYPORT_KEY(webhooks.max_attempts), Range{1, 1000}, count,
       "After so many failed attempts a delivery is dead."},
      {SALLYPORT_KEY(webhooks.first_retry_seconds), seconds, "seconds",
       "Before the second attempt; doubles each time, less up to a half at random."},
      {SALLYPORT_KEY(webhooks.longest_retry_seconds), seconds, "seconds", "Between two attempts at most."},
      {SALLYPORT_KEY(webhooks.max_concurrent), Range{1, 64}, count, "Attempts at one time."},
      {SALLYPORT_KEY(webhooks.dead_seconds), Range{1, 31'536'000}, "seconds",
       "How long a dead delivery is kept."},
  };
}

std::vector<Key> job_keys() {
  constexpr Range days{1, 31'536'000};
  return {
      {SALLYPORT_KEY(jobs.max_queued), Range{0, 1'000'000}, count, "Jobs that wait; beyond: 503."},
      {SALLYPORT_KEY(jobs.max_queued_bytes), Range{0, 1'099'511'627'776}, "bytes",
       "Requests of all jobs that wait, together; beyond: 503."},
      {SALLYPORT_KEY(jobs.max_running), Range{0, 10'000}, count,
       "Jobs that this broker runs at one time; 0 is admission.max_concurrent."},
      {SALLYPORT_KEY(jobs.max_wait_seconds), days, "seconds", "A job that has waited longer expires."},
      {SALLYPORT_KEY(jobs.result_seconds), days, "seconds", "How long a job that has ended is kept."},
      {SALLYPORT_KEY(jobs.max_result_bytes), Range{1024, 1'099'511'627'776}, "bytes",
       "Jobs that have ended, together; beyond, the oldest are dropped."},
      {SALLYPORT_KEY(jobs.idempotency_seconds), days, "seconds",
       "How long an Idempotency-Key is remembered; at most jobs.result_seconds."},
      {SALLYPORT_KEY(jobs.lease_seconds), Range{1, 3600}, "seconds",
       "A broker that has said nothing for so long loses its jobs to another."},
      {SALLYPORT_KEY(jobs.max_interruptions), Range{0, 1'000'000}, count,
       "A job fails whose broker has died more often while it ran."},
      {SALLYPORT_KEY(jobs.max_batch), Range{1, 1000}, count, "Executions in one batch."},
  };
}

std::vector<Key> session_keys() {
  return {
      {SALLYPORT_KEY(sessions.enabled), {}, "", "Serve sessions: interpreters that stay between cells."},
      {SALLYPORT_KEY(sessions.max_sessions), Range{1, 65'536}, count,
       "Sessions at one time, each with a sandbox of its own; beyond: 503."},
      {SALLYPORT_KEY(sessions.max_per_key), Range{0, 65'536}, count,
       "Sessions of one API key; beyond: 429; 0 is any number."},
      {SALLYPORT_KEY(sessions.max_per_user), Range{0, 65'536}, count,
       "Sessions of one user; beyond: 429; 0 is any number."},
      {SALLYPORT_KEY(sessions.idle_seconds), seconds, "seconds",
       "A session that asked for nothing else ends after so long without a cell."},
      {SALLYPORT_KEY(sessions.max_idle_seconds), seconds, "seconds",
       "The most idle time that a request may ask for."},
      {SALLYPORT_KEY(sessions.lifetime_seconds), seconds, "seconds",
       "A session that asked for nothing else ends so long after its begin."},
      {SALLYPORT_KEY(sessions.max_lifetime_seconds), seconds, "seconds",
       "The longest lifetime that a request may ask for."},
      {SALLYPORT_KEY(sessions.max_code_bytes), Range{1024, 1'073'741'824}, "bytes",
       "Code of one session that the AST policy has judged, and judges each further cell with."},
      {SALLYPORT_KEY(sessions.max_displays), Range{0, 1024}, count,
       "Values and figures that one cell shows, beside its result."},
      {SALLYPORT_KEY(sessions.max_display_bytes), Range{0, 1'073'741'824}, "bytes",
       "Result, values and figures of one cell together, as JSON."},
  };
}

std::vector<Key> image_keys() {
  return {
      {SALLYPORT_KEY(images.default_image), name(), "", "Runner image of requests that name none."},
      {SALLYPORT_KEY(images.recipes), path(), "", "Folder with one folder a recipe."},
      {SALLYPORT_KEY(images.record), path(), "", "File with the built images' names and verified digests."},
  };
}

std::vector<Key> policy_keys() {
  return {
      {SALLYPORT_KEY(policies.folder), any_text(), "",
       "Folder with your own policies, NAME.json each; empty: those that are shipped."},
      {SALLYPORT_KEY(policies.selectable), names(), "",
       "Policies that requests may name, beside default; with commas; empty: all that are loaded."},
      {SALLYPORT_KEY(policies.may_replace_imports),
       {},
       "",
       "A request's allowed_imports takes the place of the policy's list; if not, it only narrows it."},
  };
}

std::vector<Key> output_keys() {
  return {
      {SALLYPORT_KEY(output.rules_file), any_text(), "",
       "File with your own output rules; empty: those that are shipped."},
  };
}

std::vector<Key> mcp_keys() {
  return {
      {SALLYPORT_KEY(mcp.enabled), {}, "", "Serves the Model Context Protocol at /mcp."},
      {SALLYPORT_KEY(mcp.allowed_origins), any_text(), "",
       "Origins of web pages that may use /mcp, with commas: https://chat.example; those on this host always "
       "may."},
  };
}

std::vector<Key> compat_keys() {
  return {
      {SALLYPORT_KEY(compat.piston), {}, "", "Serves clients of Piston at /api/v2 and /api/v2/piston."},
      {SALLYPORT_KEY(compat.dify_sandbox), {}, "", "Serves clients of dify-sandbox at /v1/sandbox/run."},
      {SALLYPORT_KEY(compat.judge0), {}, "", "Serves clients of Judge0 at /submissions."},
  };
}

std::vector<Key> log_keys() {
  return {
      {SALLYPORT_KEY(log.level), OneOf{{"trace", "debug", "info", "warning", "error"}}, "",
       "Least level of operational records: trace, debug, info, warning or error."},
      {SALLYPORT_KEY(log.file), any_text(), "", "Operational log; empty: standard error."},
      {SALLYPORT_KEY(log.audit_file), any_text(), "",
       "Audit records, chained; empty: where the operational log goes, and no chain."},
      {SALLYPORT_KEY(log.max_file_bytes), Range{4096, 1e12}, "bytes",
       "A log file that would grow beyond is rotated."},
      {SALLYPORT_KEY(log.max_files), Range{1, 1000}, count, "Rotated files that are kept."},
      {SALLYPORT_KEY(log.audit_max_files), Range{1, 1000}, count,
       "Rotated files of audit records that are kept, where these have a file of their own."},
      {SALLYPORT_KEY(log.audit_max_age_days), Range{0, 36'500}, "days",
       "Rotated files of audit records that are older are removed; 0 is any age."},
      {SALLYPORT_KEY(log.include_code), {}, "", "Whether audit records hold the submitted code."},
      {SALLYPORT_KEY(log.max_code_bytes), Range{0, 1'073'741'824}, "bytes",
       "The most of the code in an audit record; the rest is cut off."},
      {SALLYPORT_KEY(log.max_queued_records), Range{16, 1'000'000}, count,
       "Operational records that wait for the disk; beyond, the oldest are lost and counted."},
      {SALLYPORT_KEY(log.max_queued_audit_records), Range{16, 1'000'000}, count,
       "Audit records that wait for the disk; beyond, executions wait too."},
  };
}

std::vector<Key> switch_keys() {
  return {
      {SALLYPORT_KEY(may_switch_off.enable_syntax_validation),
       {},
       "",
       "Callers may switch syntax validation off."},
      {SALLYPORT_KEY(may_switch_off.enable_ast_validation), {}, "", "Callers may switch the AST policy off."},
      {SALLYPORT_KEY(may_switch_off.enable_output_validation),
       {},
       "",
       "Callers may switch output validation off."},
      {SALLYPORT_KEY(may_switch_off.redact_sensitive_output), {}, "", "Callers may switch redaction off."},
      {SALLYPORT_KEY(may_switch_off.log_executions),
       {},
       "",
       "Callers may keep user and code out of the audit record; that there was an execution stays in it."},
  };
}

std::vector<Key> instance_keys() {
  return {
      {SALLYPORT_KEY(instance.name), name(), "",
       "Labels the containers; unique among the brokers of one host and engine."},
      {SALLYPORT_KEY(instance.state_folder), path(), "", "Folder of what the broker keeps across restarts."},
  };
}
#undef SALLYPORT_KEY

std::vector<Key> all_keys() {
  std::vector<Key> all;
  const auto append = [&all](std::vector<Key> section) {
    std::move(section.begin(), section.end(), std::back_inserter(all));
  };
  append(server_keys());
  append(api_key_keys());
  append(engine_keys());
  append(runner_keys());
  append(limit_keys("sandbox.defaults", &Sandbox::defaults, "What a request gets that does not ask: "));
  append(limit_keys("sandbox.ceilings", &Sandbox::ceilings, "The most that a request may ask for: "));
  append(sandbox_keys());
  append(admission_keys());
  append(owner_limit_keys());
  append(cache_keys());
  append(store_keys());
  append(job_keys());
  append(streaming_keys());
  append(webhook_keys());
  append(session_keys());
  append(image_keys());
  append(policy_keys());
  append(output_keys());
  append(mcp_keys());
  append(compat_keys());
  append(log_keys());
  append(switch_keys());
  append(instance_keys());
  return all;
}

std::string_view parent_of(std::string_view path) {
  const auto dot = path.rfind('.');
  return dot == std::string_view::npos ? std::string_view() : path.substr(0, dot);
}

std::string_view leaf_of(std::string_view path) {
  return path.substr(path.rfind('.') + 1);
}

// "server", "sandbox", "sandbox.defaults", ...: all that a path of the table passes through.
const std::set<std::string, std::less<>>& sections() {
  static const auto all = [] {
    std::set<std::string, std::less<>> result;
    for (const auto& key : keys()) {
      for (auto section = parent_of(key.path); !section.empty(); section = parent_of(section))
        result.emplace(section);
    }
    return result;
  }();
  return all;
}

std::string joined(std::string_view section, std::string_view leaf) {
  return section.empty() ? std::string(leaf) : std::string(section) + "." + std::string(leaf);
}

// Keys and sections right below `section`, in the order of the table.
std::vector<std::string_view> names_in(std::string_view section) {
  std::vector<std::string_view> names;
  for (const auto& key : keys()) {
    std::string_view rest = key.path;
    if (!section.empty()) {
      if (!rest.starts_with(section) || rest[section.size()] != '.') continue;
      rest.remove_prefix(section.size() + 1);
    }
    const auto name = rest.substr(0, rest.find('.'));
    if (names.empty() || names.back() != name) names.push_back(name);
  }
  return names;
}

std::string variable_tail(std::string_view path) {
  std::string tail(path);
  for (auto& c : tail) c = c == '.' ? '_' : (c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c);
  return tail;
}

}  // namespace

std::span<const Key> keys() {
  static const auto all = all_keys();
  return all;
}

const Key* find_key(std::string_view path) {
  const auto all = keys();
  const auto found =
      std::find_if(all.begin(), all.end(), [path](const Key& key) { return key.path == path; });
  return found == all.end() ? nullptr : &*found;
}

bool is_section(std::string_view path) {
  return sections().contains(path);
}

std::string variable_of(std::string_view path) {
  return std::string(variable_prefix) + variable_tail(path);
}

const Key* find_variable(std::string_view variable) {
  const auto all = keys();
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const Key& key) { return variable_of(key.path) == variable; });
  return found == all.end() ? nullptr : &*found;
}

std::optional<std::string> nearest_key(std::string_view path) {
  if (path == "server.allow_remote") return "server.behind_tls_proxy";  // What it became.
  const auto section = parent_of(path);
  const auto leaf = leaf_of(path);
  // The section is right and the name in it is not: whole paths would look alike by their sections alone.
  if (section.empty() || is_section(section)) {
    const auto names = names_in(section);
    if (const auto name = nearest(leaf, names)) return joined(section, *name);
  }
  // The name is right and stands in the wrong section.
  const auto all = keys();
  const auto same_leaf = [leaf](const Key& key) { return leaf_of(key.path) == leaf; };
  if (const auto found = std::find_if(all.begin(), all.end(), same_leaf); found != all.end())
    return found->path;
  return std::nullopt;
}

std::optional<std::string> nearest_variable(std::string_view variable) {
  if (!variable.starts_with(variable_prefix) || variable.size() > longest_name) return std::nullopt;
  const auto tail = variable.substr(variable_prefix.size());
  std::string_view section;
  for (const auto& candidate : sections()) {
    const auto beginning = variable_tail(candidate) + "_";
    if (candidate.size() > section.size() && tail.starts_with(beginning)) section = candidate;
  }
  if (!section.empty()) {
    const auto names = names_in(section);
    if (const auto name = nearest(tail.substr(section.size() + 1), names)) {
      if (const auto path = joined(section, *name); find_key(path) != nullptr) return variable_of(path);
    }
  }
  std::vector<std::string> tails;
  for (const auto& key : keys()) tails.push_back(variable_tail(key.path));
  const std::vector<std::string_view> candidates(tails.begin(), tails.end());
  const auto found = section.empty() ? nearest(tail, candidates) : std::nullopt;
  return found ? std::optional(std::string(variable_prefix) + std::string(*found)) : std::nullopt;
}

std::string value_text(const Key& key, const Config& config) {
  Config copy = config;  // The accessor gives write access; a copy keeps the caller's object out of it.
  const auto text = [&key](const auto* field) -> std::string {
    using Type = std::remove_cvref_t<decltype(*field)>;
    if constexpr (std::is_same_v<Type, bool>) {
      return *field ? "true" : "false";
    } else if constexpr (std::is_same_v<Type, std::string>) {
      return key.secret && !field->empty() ? "\"***\"" : json_string(*field);
    } else if constexpr (std::is_same_v<Type, double>) {
      return number_text(*field);
    } else {
      return std::to_string(*field);
    }
  };
  return std::visit(text, key.field(copy));
}

}  // namespace sallyport::config
