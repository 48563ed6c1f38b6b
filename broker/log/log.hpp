// The operational log: what the broker tells those who run it.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace sallyport::broker::log {

class Channel;
struct Context;

enum class Level { trace, debug, info, warning, error };

/// "info"
[[nodiscard]] const char* to_string(Level level);

/// The level of `log.level`; info for a word that is none, which a checked configuration does not hold.
[[nodiscard]] Level level_from(std::string_view word);

inline constexpr std::size_t longest_text = 16'384;  ///< Bytes of one text in a record; the rest is cut off.
inline constexpr std::size_t longest_list = 100;     ///< Entries of one list in a record.

/// A value of a record. Borrows texts and lists: it is meant for the argument list of one call.
class FieldValue {
 public:
  using Variant = std::variant<std::nullptr_t, bool, std::int64_t, std::uint64_t, double, std::string_view,
                               std::span<const std::string>>;

  // Implicit, so that a call reads {{"address", address}, {"port", 8080}}.
  // NOLINTBEGIN(google-explicit-constructor)
  FieldValue(std::nullptr_t) : value_(nullptr) {}
  FieldValue(bool value) : value_(value) {}
  FieldValue(double value) : value_(value) {}
  FieldValue(const char* value) : value_(std::string_view(value)) {}
  FieldValue(const std::string& value) : value_(std::string_view(value)) {}
  FieldValue(std::string_view value) : value_(value) {}
  FieldValue(const std::vector<std::string>& value) : value_(std::span(value)) {}
  template <std::signed_integral Integer>
  FieldValue(Integer value) : value_(static_cast<std::int64_t>(value)) {}
  template <std::unsigned_integral Integer>
  FieldValue(Integer value) : value_(static_cast<std::uint64_t>(value)) {}
  // NOLINTEND(google-explicit-constructor)
  template <class T>
  FieldValue(T*) = delete;  ///< Any other pointer would become a bool.

  [[nodiscard]] const Variant& variant() const { return value_; }

 private:
  Variant value_;
};

struct Field {
  std::string_view key;
  FieldValue value;
};

using Fields = std::initializer_list<Field>;

/// Writes JSON, one object a line, in ASCII:
///
///     {"ts":"2026-01-31T12:00:00.000042Z","level":"info","event":"listening","address":"127.0.0.1","port":8080}
///
/// `ts` is UTC. Whatever is not UTF-8 becomes U+FFFD; all that is not printable ASCII is escaped, so that a
/// record is one line whatever it holds, and harmless in a terminal. A field named like one of the first
/// three, or like a field before it, is left out.
///
/// Texts pass the filter that the log was opened with, which takes secrets out of them.
///
/// A record is queued and written by a thread of its own, so a call does not wait for a disk. When the queue
/// (`log.max_queued_records`) is full, the oldest records in it are lost; an event `log_records_lost` tells
/// how many.
///
/// No call throws. Safe from any thread. Made and owned by `Logs`.
class Log {
 public:
  Log(Channel& channel, const Context& context, Level least);

  /// Whether records of this level are written: asked before a costly field is made.
  [[nodiscard]] bool enabled(Level level) const { return level >= least_; }

  /// `event` is a fixed name in snake_case that operators search for. Fields never hold code, output or
  /// secrets of a submission.
  void write(Level level, std::string_view event, Fields fields = {}) noexcept;

  void trace(std::string_view event, Fields fields = {}) noexcept { write(Level::trace, event, fields); }
  void debug(std::string_view event, Fields fields = {}) noexcept { write(Level::debug, event, fields); }
  void info(std::string_view event, Fields fields = {}) noexcept { write(Level::info, event, fields); }
  void warning(std::string_view event, Fields fields = {}) noexcept { write(Level::warning, event, fields); }
  void error(std::string_view event, Fields fields = {}) noexcept { write(Level::error, event, fields); }

 private:
  Channel& channel_;
  const Context& context_;
  Level least_;
};

}  // namespace sallyport::broker::log
