// The broker's side of the guest protocol (images/agent/PROTOCOL.md), without I/O.
//
// Whatever comes from the guest after the job was sent is the submission's own claim: it is bounded, parsed
// strictly, and weighed against what the engine says in classify.hpp.
#pragma once

#include "runners/runner.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace sallyport::runners {

/// Marks the trailer of one job: `kNonceStart` and 120 random bits.
using Nonce = std::array<unsigned char, 16>;

/// A byte that UTF-8 never has (RFC 3629, section 3), so that no text is held back as the beginning of a
/// trailer. Were it random, one run in 256 would show the ends of its lines late.
constexpr unsigned char kNonceStart = 0xFF;

/// What the agent says before it takes a job.
struct AgentReady {
  std::string python_version;  ///< "3.11.2"
  std::vector<std::string> imported;
  std::vector<std::string> failed_imports;
  bool keeps = false;      ///< It can take several jobs.
  bool has_cells = false;  ///< It can run the cells of a session.
};

/// Reads the ready frame from the start of stdout.
class ReadyParser {
 public:
  enum class Status { need_more, ready, malformed };

  /// Takes more of stdout. After `ready` or `malformed` it must not be called again.
  Status feed(std::string_view bytes);

  [[nodiscard]] const AgentReady& ready() const { return ready_; }
  /// Bytes that came behind the frame.
  [[nodiscard]] std::string_view leftover() const;
  /// What came in place of the frame, for the error message. Bounded and printable.
  [[nodiscard]] std::string excerpt() const;

 private:
  std::string buffer_;
  std::size_t frame_end_ = 0;
  AgentReady ready_;
};

/// The agent's own account of the run.
struct AgentReport {
  enum class Outcome { returned, exception, exit, os_exit };

  Outcome outcome = Outcome::returned;
  int exit_code = 0;
  std::string exception_type;
  std::string exception_message;
  std::optional<int> exception_line;
  std::string refused_import;  ///< If the exception is the import guard's: the module.
  std::vector<Artifact> artifacts;
  std::vector<std::string> notes;
  std::optional<DisplayBundle> result;
  std::vector<DisplayBundle> displays;
  double cpu_seconds = 0;
  double max_rss_mb = 0;
};

/// Splits one output stream into the submission's output and the trailer behind it.
class TrailerScanner {
 public:
  /// A trailer longer than `max_payload_bytes` is not kept.
  TrailerScanner(const Nonce& nonce, std::size_t max_payload_bytes);

  /// Takes more of the stream and appends to `output` what is certainly the submission's. Up to 15 bytes are
  /// held back while they could be the beginning of a trailer: with `kNonceStart`, none of a text.
  void feed(std::string_view bytes, std::string& output);

  /// At the end of the stream: what was held back was output after all.
  void finish(std::string& output);

  /// What has come behind the trailer, at most as much as a ready frame can take; the rest is dropped.
  [[nodiscard]] const std::string& behind() const { return behind_; }

  /// The trailer has come whole. What follows it on the stream is no output.
  [[nodiscard]] bool complete() const { return phase_ == Phase::complete; }
  /// A trailer began, but claimed to be longer than allowed.
  [[nodiscard]] bool oversized() const { return phase_ == Phase::oversized; }
  [[nodiscard]] const std::string& payload() const { return payload_; }

 private:
  enum class Phase { output, length, payload, complete, oversized };

  void feed_output(std::string_view& bytes, std::string& output);
  void feed_length(std::string_view& bytes);
  void feed_payload(std::string_view& bytes);

  std::string nonce_;
  std::size_t max_payload_bytes_;
  Phase phase_ = Phase::output;
  std::string held_;  ///< Beginning of what may be the nonce, or of the length.
  std::size_t expected_ = 0;
  std::string payload_;
  std::string behind_;
};

/// The most that a trailer within these limits can take on the wire.
[[nodiscard]] std::size_t max_trailer_bytes(const Limits& limits);

/// The job frame: length and JSON. `keep`: other jobs may follow, which only an agent that keeps can take.
[[nodiscard]] std::string encode_job(const Job& job, const Nonce& nonce, std::uint64_t max_open_files,
                                     bool keep);

/// Parses stdout's trailer. The error says what is wrong with it. Artifacts beyond `limits` make it
/// malformed: an honest agent keeps to them.
[[nodiscard]] std::variant<AgentReport, std::string> parse_report(std::string_view payload,
                                                                  const Limits& limits);

/// Whether an artifact's path may be handed on: relative, valid UTF-8, no empty, "." or ".." segment, no
/// control characters, bounded length.
[[nodiscard]] bool is_safe_artifact_path(std::string_view path);

}  // namespace sallyport::runners
