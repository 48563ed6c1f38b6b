// The writing end of the audit trail: a file whose records are chained. Inside the module only.
#pragma once

#include "broker/log/audit_head.hpp"
#include "broker/log/context.hpp"
#include "broker/log/destination.hpp"
#include "broker/log/line_sink.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace sallyport::broker::log {

/// The event of a record that says what was found at the end of the trail.
inline constexpr std::string_view recovered_event = "Audit trail recovered";

struct Retention {
  Rotation rotation;
  std::chrono::seconds max_age{0};  ///< Rotated files that are older are removed; 0: none is.
};

/// Numbers and chains what it writes. The chain goes on across rotation, restart and processes: what counts
/// is the head file, and where that is behind (a kill between record and head) or wrong, the file itself. A
/// line that a kill tore is ended, and a record of its own says so; so does one where records have vanished
/// from the end.
///
/// Thread-safety: `write` and `write_lines` from any thread.
class AuditTrail final : public LineSink {
 public:
  /// Opens file and head. The result is an error's text where that fails.
  static std::variant<std::shared_ptr<AuditTrail>, std::string> open(const std::string& path,
                                                                     Retention retention, WallClock now);

  AuditTrail(std::string path, Retention retention, WallClock now, std::shared_ptr<Destination> destination,
             std::unique_ptr<AuditHead> head, std::shared_ptr<std::uint64_t> dropped);

  bool write(std::string_view line) override;
  /// Meanwhile no other process writes. What fits into the file goes out with one call, the head with
  /// another.
  void write_lines(std::span<const std::string> lines, std::size_t& written) override;

  /// What was found wrong since the last call, for the operational log.
  [[nodiscard]] std::vector<std::string> take_notices();

 private:
  /// From construction to destruction the trail is this process's alone: begins with what the head says, ends
  /// with what it is to say. Needs `mutex_`.
  class Turn {
   public:
    explicit Turn(AuditTrail& trail);
    ~Turn();
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

   private:
    AuditTrail& trail_;
    AuditHead::Lock lock_;
  };

  void recover();
  void note(const std::string& what, std::uint64_t torn_bytes);
  struct Appended {
    std::size_t count = 0;  ///< Records that are in the file with their line's end.
    bool next_is_lost = false;
  };
  Appended append(std::span<const std::string> records);
  void apply_retention();

  const std::string path_;
  const Retention retention_;
  const WallClock now_;
  const std::shared_ptr<Destination> destination_;
  const std::unique_ptr<AuditHead> head_;
  const std::shared_ptr<std::uint64_t> dropped_;  // Number of the last record that rotation or age removed.

  std::mutex mutex_;
  // Guarded by mutex_.
  TrailState state_;
  std::uint64_t rotations_ = 0;
  bool uncertain_ = false;  // A write failed: how far it got, the file has to say.
  std::vector<std::string> notices_;
};

}  // namespace sallyport::broker::log
