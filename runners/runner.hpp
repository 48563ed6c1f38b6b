// The interface between the broker and whatever runs a submission.
#pragma once

#include "base/deadline.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::runners {

/// A file that is placed in the working directory before the submission starts.
struct InputFile {
  std::string path;  ///< Relative, without "..", checked by the caller; checked again in the sandbox.
  std::string content;
};

/// Limits of one execution. All hold exactly or the run fails; see docs/security.md for what enforces each.
struct Limits {
  std::chrono::milliseconds timeout{
      30'000};                        ///< Wall time of the submission itself, after the sandbox start.
  double cpu_seconds = 30;            ///< CPU time of any one process (RLIMIT_CPU), rounded up.
  std::uint64_t max_memory_mb = 512;  ///< Of the whole sandbox, its kernel included. MiB.
  std::uint64_t max_output_bytes = 1'000'000;  ///< stdout and stderr together.
  double cpus = 1.0;
  std::uint64_t max_processes = 64;  ///< Processes and threads inside.
  std::uint64_t max_file_mb = 32;    ///< Of any one file. MiB.
  bool enable_network = false;
  std::uint64_t max_artifacts = 32;
  std::uint64_t max_artifact_bytes = 10'000'000;  ///< Of all artifacts together, before base64.
  std::uint64_t max_displays = 0;       ///< Of a cell, its result not counted; a job of its own has none.
  std::uint64_t max_display_bytes = 0;  ///< Of all these and the result together, as JSON.
};

/// What makes a job a cell of a session (runners/session.hpp).
struct Cell {
  std::uint64_t number = 1;  ///< In tracebacks: "<cell 1>".
  /// Of the working folder: the file, or all files below, that become the artifacts; empty is the folder
  /// itself. None: the files of the output folder that are new or have changed since the cell before.
  std::optional<std::string> collect;
};

/// A value as a notebook shows it, by media type: text/plain, text/html, image/png (in base64). Untrusted.
using DisplayBundle = std::map<std::string, std::string>;

/// What the submission itself may import at run time; imports that libraries make are not held back.
struct ImportRules {
  std::optional<std::vector<std::string>> allowed;  ///< "math", "scipy.*" for all below; none: anything.
  std::vector<std::string> denied;                  ///< With everything below; wins over `allowed`.
};

/// One submission, ready to run.
struct Job {
  std::string execution_id;
  std::string image;  ///< Name of a runner image, resolved by the runner to the verified digest.
  std::string code;
  std::string context_json = "{}";  ///< A JSON object.
  std::string stdin_text;
  std::vector<InputFile> files;
  std::shared_ptr<const ImportRules> imports;  ///< Null: nothing is held back.
  /// Who may see what this submission leaves behind in a sandbox, where the configuration permits to use one
  /// again (`runner.reuse`). Empty: nobody.
  std::string owner;
  std::optional<Cell> cell;  ///< Only for Session::run.
  Limits limits;
};

enum class OutputStream { stdout_stream, stderr_stream };

/// Gets output while it is produced, in order within a stream. Called on the runner's thread; must not block.
class OutputSink {
 public:
  virtual ~OutputSink() = default;
  virtual void on_output(OutputStream stream, std::string_view bytes) = 0;
};

/// How an execution ended. A verdict is a value, never an error. Each rests on evidence named here.
enum class Verdict {
  completed,         ///< Exit status 0.
  exited,            ///< The program chose another status (sys.exit, os._exit).
  exception,         ///< An uncaught Python exception; the agent's report names it.
  killed_by_signal,  ///< Exit status above 128 without the agent's report, and nobody else's doing.
  timed_out,         ///< The runner killed it at the wall deadline.
  cpu_limit,         ///< SIGXCPU, or SIGKILL at the hard CPU limit.
  out_of_memory,     ///< The engine says that the cgroup's killer struck.
  output_limit,      ///< The runner killed it for its output.
  stopped,           ///< The caller's stop token: the client went away or cancelled.
  sandbox_failed     ///< The sandbox itself: did not start, its kernel crashed, the engine refused or hung.
};

[[nodiscard]] const char* to_string(Verdict verdict);

/// Why a sandbox failed; for the status, the metrics and the message.
enum class SandboxFailure {
  none,
  engine_unreachable,
  engine_refused,
  engine_timed_out,
  image_missing,
  runtime_missing,
  start_failed,     ///< The runtime gave an error, or the agent never said that it was ready.
  sandbox_crashed,  ///< The sandbox's kernel went away under the program.
  unsupported       ///< A limit or option that this runner or host cannot honour.
};

[[nodiscard]] const char* to_string(SandboxFailure failure);

/// A file that the submission left in its output folder. Untrusted: bounded and name-checked, not believed.
struct Artifact {
  std::string path;  ///< Relative to the output folder; valid UTF-8, no "..", no control characters.
  std::uint64_t size = 0;
  std::string content;
};

struct Usage {
  double cpu_seconds = 0;
  double peak_memory_mb = 0;
  bool warm = false;
};

struct Outcome {
  Verdict verdict = Verdict::sandbox_failed;
  SandboxFailure failure = SandboxFailure::none;
  std::string stdout_bytes;
  std::string stderr_bytes;
  bool output_truncated = false;
  std::optional<int> exit_code;       ///< None when a signal or the runner ended it.
  std::optional<std::string> signal;  ///< "SIGSEGV"
  bool oom_killed = false;            ///< The engine's word.
  std::string exception_type;         ///< For `exception`: "ValueError"
  std::string message;                ///< For people: last line of the traceback, or what happened.
  std::optional<int> exception_line;  ///< Line of the submission, from the agent's report.
  std::string refused_import;         ///< For `exception`: the module whose refused import it is, or empty.
  std::vector<Artifact> artifacts;
  std::vector<std::string> notes;       ///< What was left out: an artifact too large, a name refused.
  std::optional<DisplayBundle> result;  ///< Of a cell: the value of its last expression.
  std::vector<DisplayBundle> displays;  ///< Of a cell: what it showed.
  Usage usage;
  std::chrono::nanoseconds execution_time{0};  ///< From the job's delivery to its end.
  std::chrono::nanoseconds sandbox_time{0};    ///< From the first engine call to the last.
  std::string container_id;
};

/// What `check` found.
struct Health {
  bool ok = false;
  std::string message;  ///< Why not, and the command that mends it.
};

/// Runs submissions. Implementations keep to `bounds` whatever the sandbox does, and leave no sandbox behind
/// when `run` returns, except in the hands of their own removal queue.
///
/// Thread-safety: all calls on the executor's one thread.
class Runner {
 public:
  virtual ~Runner() = default;

  /// Runs `job`. `sink` (may be null) sees output live and must outlive the call. Does not throw for anything
  /// that a submission, a sandbox or the engine does.
  virtual boost::asio::awaitable<Outcome> run(Job job, OutputSink* sink, base::CallBounds bounds) = 0;

  /// Whether a submission for `image` would be served now: engine, runtime and image really asked.
  virtual boost::asio::awaitable<Health> check(std::string image, base::CallBounds bounds) = 0;

  /// Stops taking work and waits until what was begun is cleaned up, at most within `bounds`.
  virtual boost::asio::awaitable<void> shut_down(base::CallBounds bounds) = 0;
};

}  // namespace sallyport::runners
