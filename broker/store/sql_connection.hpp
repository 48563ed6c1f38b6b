// A connection to a database that speaks SQL, as far as the store needs it.
#pragma once

#include "broker/store/values.hpp"

#include <charconv>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace sallyport::broker::store {

/// Thrown below the store's edge, which turns it into a StoreError.
struct SqlFailure {
  enum class Extent {
    statement,   ///< What was asked is refused; the transaction can go on without it.
    transaction  ///< The transaction is lost, and the connection perhaps too.
  };

  StoreError error;
  Extent extent = Extent::transaction;
};

using SqlValue = std::variant<std::monostate, std::int64_t, std::string_view>;

/// One row, every value as text.
class SqlRow {
 public:
  explicit SqlRow(std::vector<std::optional<std::string>> cells) : cells_(std::move(cells)) {}

  [[nodiscard]] bool has(std::size_t column) const { return cells_.at(column).has_value(); }
  /// Empty for NULL. Moves the value out.
  [[nodiscard]] std::string text(std::size_t column) {
    auto& cell = cells_.at(column);
    return cell ? std::move(*cell) : std::string();
  }
  /// 0 for NULL.
  [[nodiscard]] std::int64_t integer(std::size_t column) const {
    std::int64_t value = 0;
    if (const auto& cell = cells_.at(column)) {
      std::from_chars(cell->data(), cell->data() + cell->size(), value);
    }
    return value;
  }
  [[nodiscard]] std::optional<std::int64_t> optional_integer(std::size_t column) const {
    return has(column) ? std::optional(integer(column)) : std::nullopt;
  }

 private:
  std::vector<std::optional<std::string>> cells_;
};

/// In what the databases differ.
struct SqlDialect {
  std::string begin;        ///< Begins a transaction that writes.
  std::string row_lock;     ///< After a SELECT: takes the rows that nobody else is changing.
  std::string schema_lock;  ///< A statement that lets one broker at a time change the schema; may be empty.
  /// Nobody else can be using the database while this connection is open.
  bool exclusive = false;
};

/// Not safe from several threads; calls block.
class SqlConnection {
 public:
  virtual ~SqlConnection() = default;

  /// Runs one statement with parameters $1, $2, ...; prepared the first time, then used again. Throws
  /// SqlFailure.
  virtual std::vector<SqlRow> run(const std::string& sql, std::initializer_list<SqlValue> values) = 0;

  std::vector<SqlRow> run(const std::string& sql) { return run(sql, {}); }

  /// Whether it can be used further; if not, it is thrown away and another is opened.
  [[nodiscard]] virtual bool alive() const = 0;

  [[nodiscard]] virtual const SqlDialect& dialect() const = 0;
};

}  // namespace sallyport::broker::store
