// The broker's configuration: every key with its default, its unit and its meaning.
//
// The file is JSON with comments; its layout is that of the structs below: `server.port`,
// `sandbox.defaults.cpus`. docs/operations/configuration.md lists the same keys for operators, and a test
// keeps both in step.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::config {

/// TLS of the broker's own. On while there is a certificate.
struct Tls {
  std::string certificate_file;  ///< PEM, the whole chain, its own first.
  std::string key_file;          ///< PEM.
  double handshake_timeout_seconds = 10;
};

/// A Unix socket beside the address. Who connects there counts as one of this host.
struct UnixSocket {
  std::string path;           ///< Empty: none.
  std::string mode = "0660";  ///< Octal: who may connect.
};

struct Server {
  std::string address = "127.0.0.1";
  std::uint16_t port = 8080;  ///< 0: any free port; the log says which.
  bool tcp = true;            ///< False: on the Unix socket alone.
  /// Names that clients without an API key may call the broker by, with commas, beside those of this host.
  std::string host_names;
  /// The operator's word that a proxy in front speaks TLS with the callers. Without it only a loopback
  /// address is accepted: keys and code would go over the network in the clear.
  bool behind_tls_proxy = false;
  Tls tls;
  UnixSocket unix_socket;
  std::uint64_t max_connections = 1024;
  std::uint64_t max_header_bytes = 16'384;
  std::uint64_t max_body_bytes = 10'485'760;
  std::uint64_t max_buffered_bytes = 1'073'741'824;
  double header_timeout_seconds = 10;  ///< From a request's first byte to the end of its header.
  double body_timeout_seconds = 30;    ///< From the end of the header to the end of the body.
  double idle_timeout_seconds = 75;    ///< A kept-alive connection without a request.
  double write_timeout_seconds = 30;   ///< For a reply to be taken by the client.
  double shutdown_seconds = 40;        ///< After SIGTERM, for what runs to finish.
};

struct Engine {
  std::string socket = "/var/run/docker.sock";
  double call_timeout_seconds = 20;    ///< Calls that only ask or register.
  double start_timeout_seconds = 30;   ///< Start of a container, and its agent's first word.
  double remove_timeout_seconds = 60;  ///< Removal behind a run.
  std::uint64_t max_connections = 256;
};

/// How many of one image's sandboxes wait.
struct ImagePool {
  std::string image;
  std::uint64_t floor = 0;
  std::uint64_t ceiling = 0;
};

/// The entries of `Pool::images`, which is well-formed ("python=2-8,science=0-2").
std::vector<ImagePool> image_pools(const std::string& images);

/// The sandboxes that wait for submissions.
struct Pool {
  bool enabled = true;
  std::uint64_t floor = 2;             ///< At least so many wait, of an image and size that is in use.
  std::uint64_t ceiling = 4;           ///< At most so many wait, of one image and size.
  std::string images;                  ///< Other floors and ceilings: "science=0-2,python=2-8".
  std::uint64_t max_slots = 4;         ///< That wait, of all images and sizes together.
  double max_age_seconds = 1800;       ///< One that has waited so long is replaced.
  double demand_memory_seconds = 120;  ///< In which the memory of a burst fades to half.
  std::uint64_t busy_starts = 1;       ///< Sandboxes started at one time while submissions run.
  std::uint64_t idle_starts = 2;       ///< Sandboxes started at one time while none runs.
};

/// How sandboxes are made. The runtimes are names registered with the engine.
struct Runner {
  std::string type = "gvisor";
  std::string runtime = "runsc";              ///< For jobs without network.
  std::string runtime_network = "runsc-net";  ///< For jobs with network.
  std::string network = "bridge";             ///< Engine network of jobs with network.
  std::string user = "65534:65534";           ///< uid:gid inside; never 0.
  std::uint64_t pids_limit = 1024;     ///< Host threads of the sandbox, its kernel's included; at least 512.
  std::uint64_t work_folder_mb = 64;   ///< Size of the working directory, and of /tmp, each a tmpfs.
  std::uint64_t max_open_files = 256;  ///< RLIMIT_NOFILE inside.
  /// "none": each sandbox serves one submission. "user": further ones of the same `user_id` too.
  std::string reuse = "none";
  std::uint64_t reuse_max_jobs = 100;     ///< Of one sandbox.
  double reuse_max_age_seconds = 600;     ///< Of one sandbox.
  double reuse_idle_seconds = 60;         ///< Longest wait for the next submission.
  std::uint64_t reuse_max_sandboxes = 8;  ///< That wait for another submission of their user.
  Pool pool;
};

/// Limits of one execution; names and units as in a request's `sandbox_config`.
struct SandboxLimits {
  double timeout_seconds = 30;
  double max_cpu_seconds = 0;  ///< 0: a little more than timeout_seconds times cpus.
  std::uint64_t max_memory_mb = 512;
  std::uint64_t max_output_bytes = 1'000'000;
  double cpus = 1.0;
  std::uint64_t max_processes = 64;
  std::uint64_t max_file_mb = 32;
  bool enable_network = false;
  std::uint64_t max_artifacts = 32;
  std::uint64_t max_artifact_bytes = 10'000'000;
};

struct Sandbox {
  SandboxLimits defaults;
  /// The most that a request may ask for. `enable_network` false: no request may have network.
  SandboxLimits ceilings{.timeout_seconds = 300,
                         .max_cpu_seconds = 600,
                         .max_memory_mb = 2048,
                         .max_output_bytes = 10'000'000,
                         .cpus = 2.0,
                         .max_processes = 256,
                         .max_file_mb = 256,
                         .enable_network = false,
                         .max_artifacts = 128,
                         .max_artifact_bytes = 50'000'000};
  std::uint64_t max_files = 64;          ///< Input files of one request.
  std::uint64_t max_context_depth = 64;  ///< Nesting of `context`.
};

struct Admission {
  std::uint64_t max_concurrent = 4;     ///< Sandboxes that run at the same time.
  std::uint64_t max_queued = 64;        ///< Submissions that wait for one; beyond: 503.
  double queue_timeout_seconds = 30;    ///< Longest wait in the queue; beyond: 503.
  std::string max_priority = "normal";  ///< The highest that a request may ask for: low, normal or high.
};

/// API keys, and who needs one.
struct Keys {
  std::string file;       ///< Empty: keys.json in instance.state_folder.
  bool required = false;  ///< Every caller needs one, even where there are none and the address is loopback.
  double max_failures_per_minute = 30;       ///< Of one address; beyond: 429 and no log line. 0: any number.
  std::uint64_t max_tracked_peers = 10'000;  ///< Addresses whose failures are counted singly.
};

/// What one user, and all users of one API key together, may take. Beyond: 429.
struct Limits {
  double rate_per_minute = 0;                 ///< Requests of one user; 0: any number.
  std::uint64_t burst = 10;                   ///< Of these, at once.
  double key_rate_per_minute = 0;             ///< Requests of all users of one key; 0: any number.
  std::uint64_t key_burst = 100;              ///< Of these, at once.
  std::uint64_t max_concurrent_per_user = 0;  ///< Running at one time; 0: any number. Further ones wait.
  std::uint64_t max_queued_per_user = 0;      ///< Waiting at one time; 0: any number.
  std::uint64_t max_tracked_users = 10'000;   ///< Whose rate is counted singly; further ones share one rate.
};

/// Results of successful submissions that said that they are deterministic.
struct Cache {
  bool enabled = false;
  std::uint64_t max_entries = 1000;
  std::uint64_t max_bytes = 67'108'864;  ///< Of all kept replies together.
  double ttl_seconds = 300;              ///< How long a result is given again.
};

/// Where jobs, their results and idempotency keys are kept.
struct Store {
  std::string backend = "sqlite";    ///< sqlite: a file of this broker alone; postgresql: shared by brokers.
  std::string file;                  ///< Of SQLite; empty: NAME.db in instance.state_folder.
  std::string postgresql;            ///< How to connect: a libpq connection string or URI.
  double timeout_seconds = 10;       ///< For one call; beyond: 503.
  std::uint64_t max_waiting = 1024;  ///< Calls that wait for the store; beyond: 503.
};

/// Executions that are answered before they have ended.
struct Jobs {
  std::uint64_t max_queued = 10'000;               ///< Jobs that wait; beyond: 503.
  std::uint64_t max_queued_bytes = 1'073'741'824;  ///< Requests of all that wait together; beyond: 503.
  std::uint64_t max_running = 0;   ///< Of this broker, at one time; 0: admission.max_concurrent.
  double max_wait_seconds = 3600;  ///< A job that has waited longer expires.
  double result_seconds = 86'400;  ///< How long an ended job is kept.
  std::uint64_t max_result_bytes = 1'073'741'824;  ///< Of all ended jobs together; the oldest go first.
  double idempotency_seconds = 86'400;             ///< How long an Idempotency-Key is remembered.
  double lease_seconds = 30;                       ///< A broker silent for so long loses its jobs to another.
  std::uint64_t max_interruptions = 10;            ///< A job whose broker died more often fails.
  std::uint64_t max_batch = 32;                    ///< Executions in one batch.
};

/// Replies that are sent while the submission runs.
struct Streaming {
  double heartbeat_seconds = 15;              ///< Longest silence of a stream.
  std::uint64_t max_event_bytes = 2'097'152;  ///< Events kept of one execution, beside its result.
  double kept_seconds = 60;                   ///< Events of a job that has ended.
  std::uint64_t max_kept_bytes = 67'108'864;  ///< Of all jobs that have ended.
};

/// Calls to URLs that clients name, with what became of their jobs.
struct Webhooks {
  bool enabled = false;
  std::string secret_file;         ///< What they are signed with: the first line. Needed where enabled.
  bool allow_http = false;         ///< Plain HTTP too.
  std::string allowed_networks;    ///< Beyond public addresses: "10.1.0.0/16,127.0.0.1".
  std::string ca_file;             ///< Authorities in place of the system's; empty: the system's.
  double timeout_seconds = 10;     ///< For one attempt.
  std::uint64_t max_attempts = 8;  ///< Then a delivery is dead.
  double first_retry_seconds = 5;  ///< Doubles each time, less up to a half at random.
  double longest_retry_seconds = 3600;
  std::uint64_t max_concurrent = 4;  ///< Attempts at one time.
  double dead_seconds = 604'800;     ///< How long a dead delivery is kept.
};

/// Interpreters that stay between cells.
struct Sessions {
  bool enabled = true;
  std::uint64_t max_sessions = 8;  ///< At one time, each with a sandbox of its own; beyond: 503.
  std::uint64_t max_per_key = 0;   ///< Of these, of one API key; 0: any number. Beyond: 429.
  std::uint64_t max_per_user = 2;  ///< Of these, of one user of one key; 0: any number. Beyond: 429.
  double idle_seconds = 300;  ///< Without a cell for so long, a session that asked for nothing else ends.
  double max_idle_seconds = 3600;               ///< The most that a request may ask for.
  double lifetime_seconds = 3600;               ///< After so long a session that asked for nothing else ends.
  double max_lifetime_seconds = 86'400;         ///< The most that a request may ask for.
  std::uint64_t max_code_bytes = 1'048'576;     ///< Of all cells of one session that the AST policy judged.
  std::uint64_t max_displays = 32;              ///< Values and figures that one cell shows.
  std::uint64_t max_display_bytes = 5'000'000;  ///< Of these and the result together, as JSON.
};

struct Images {
  std::string default_image = "python";
  std::string recipes = "/usr/share/sallyport/images";    ///< Folder with one folder a recipe.
  std::string record = "/var/lib/sallyport/images.json";  ///< Names and verified digests.
};

struct Policies {
  std::string folder;      ///< The operator's own policies, one NAME.json each; empty: those shipped alone.
  std::string selectable;  ///< Names that requests may give, with commas; empty: all that are loaded.
  bool may_replace_imports = false;  ///< A request's allowed_imports takes the place of the policy's list.
};

/// What the second door looks for.
struct Output {
  std::string rules_file;  ///< The operator's own output rules; empty: those shipped alone.
};

/// Endpoints in the form of other services, for clients that exist already.
struct Compat {
  bool piston = false;
  bool dify_sandbox = false;
  bool judge0 = false;
};

/// `POST /mcp`: tools for language models.
struct Mcp {
  bool enabled = true;
  /// Origins of web pages that may use it, with commas, beside those on this host.
  std::string allowed_origins;
};

struct Log {
  std::string level = "info";                  ///< trace, debug, info, warning, error
  std::string file;                            ///< Operational log; empty: standard error.
  std::string audit_file;                      ///< Audit records; empty: the operational log's place.
  std::uint64_t max_file_bytes = 104'857'600;  ///< A log file beyond is rotated.
  std::uint64_t max_files = 5;                 ///< Rotated files kept.
  std::uint64_t audit_max_files = 20;          ///< Rotated files of audit records kept.
  double audit_max_age_days = 0;  ///< Rotated files of audit records older than this are removed; 0: none.
  bool include_code = false;      ///< Whether audit records hold the submission's code.
  std::uint64_t max_code_bytes = 65'536;         ///< The most of it; the rest is cut off and marked so.
  std::uint64_t max_queued_records = 4096;       ///< Operational records that wait for the disk.
  std::uint64_t max_queued_audit_records = 512;  ///< Audit records that wait for the disk.
};

/// Which switches a caller may turn off.
struct Switches {
  bool enable_syntax_validation = true;
  bool enable_ast_validation = true;
  bool enable_output_validation = true;
  bool redact_sensitive_output = true;
  bool log_executions = true;
};

struct Instance {
  std::string name = "default";  ///< Labels the containers; one broker a name, host and engine at a time.
  std::string state_folder = "/var/lib/sallyport";
};

struct Config {
  Server server;
  Keys keys;
  Engine engine;
  Runner runner;
  Sandbox sandbox;
  Admission admission;
  Limits limits;
  Cache cache;
  Store store;
  Jobs jobs;
  Streaming streaming;
  Webhooks webhooks;
  Sessions sessions;
  Images images;
  Policies policies;
  Output output;
  Mcp mcp;
  Compat compat;
  Log log;
  Switches may_switch_off;
  Instance instance;
};

/// Whether an IP address, in its usual notation, is one that only this host reaches.
[[nodiscard]] bool is_loopback(std::string_view address);

/// Whether other hosts can reach the broker.
[[nodiscard]] inline bool is_reachable(const Server& server) {
  return server.tcp && !is_loopback(server.address);
}

/// The key file, as configured or at its usual place.
[[nodiscard]] inline std::string key_file_of(const Config& config) {
  return config.keys.file.empty() ? config.instance.state_folder + "/keys.json" : config.keys.file;
}

}  // namespace sallyport::config
