// The file beside the audit trail that says where it begins and ends. Inside the module only.
#pragma once

#include "broker/log/audit_chain.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>

namespace sallyport::broker::log {

/// What stands in it. One line of fixed length, written with one call.
struct TrailState {
  std::uint64_t first = 1;  ///< Number of the oldest record that retention has left.
  std::uint64_t size = 0;   ///< Of the current file, with its last record.
  ChainPoint last = chain_begin();
};

/// None for a text that is none.
[[nodiscard]] std::optional<TrailState> parse_trail_state(std::string_view text);
[[nodiscard]] std::string trail_state_text(const TrailState& state);

/// `FILE.head`, of mode 0640: the state, and the lock of all processes that write to the trail.
///
/// Not safe from several threads.
class AuditHead {
 public:
  /// An error's text where it cannot be opened.
  static std::variant<std::unique_ptr<AuditHead>, std::string> open(const std::string& trail_path);

  explicit AuditHead(int fd) : fd_(fd) {}
  ~AuditHead();
  AuditHead(const AuditHead&) = delete;
  AuditHead& operator=(const AuditHead&) = delete;

  /// Waits for the other processes; they hold it for a record at a time. Released when destroyed.
  class Lock {
   public:
    explicit Lock(AuditHead& head);
    ~Lock();
    Lock(const Lock&) = delete;
    Lock& operator=(const Lock&) = delete;

   private:
    AuditHead& head_;
  };

  /// None for an empty file, or one that is damaged.
  [[nodiscard]] std::optional<TrailState> read() const;
  [[nodiscard]] bool write(const TrailState& state);

 private:
  int fd_;
};

}  // namespace sallyport::broker::log
