#include "broker/store/postgres_connection.hpp"

#include "broker/store/schema.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <poll.h>
#include <postgresql/libpq-fe.h>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace sallyport::broker::store {
namespace {

using base::Deadline;

struct FinishConnection {
  void operator()(PGconn* connection) const { PQfinish(connection); }
};
struct ClearResult {
  void operator()(PGresult* result) const { PQclear(result); }
};
using Connection = std::unique_ptr<PGconn, FinishConnection>;
using Result = std::unique_ptr<PGresult, ClearResult>;

/// libpq takes whole seconds, of which 1 counts as 2.
constexpr const char* kConnectSeconds = "5";

/// By SQLSTATE, whose first two characters are its class.
StoreError::Kind kind_of(std::string_view state) {
  if (state == "53100") return StoreError::Kind::disk_full;
  const std::string_view kind = state.substr(0, 2);
  // Corrupt; a statement or a right that the database does not have.
  if (kind == "XX" || kind == "42" || kind == "28") return StoreError::Kind::broken;
  return StoreError::Kind::unavailable;
}

/// The first line, without what libpq puts around it.
std::string one_line(std::string_view message) {
  message = message.substr(0, message.find('\n'));
  return "PostgreSQL: " + std::string(message);
}

class PostgresConnection final : public SqlConnection {
 public:
  PostgresConnection(const std::string& conninfo, base::Clock::duration call_timeout)
      : call_timeout_(call_timeout) {
    // conninfo stands for a database's name and is expanded there; what it says wins over what stands before
    // it.
    const std::array<const char*, 5> names = {"client_encoding", "connect_timeout", "application_name",
                                              "dbname", nullptr};
    const std::array<const char*, 5> values = {"UTF8", kConnectSeconds, "sallyport", conninfo.c_str(),
                                               nullptr};
    connection_.reset(PQconnectdbParams(names.data(), values.data(), 1));
    if (PQstatus(connection_.get()) != CONNECTION_OK) fail("");
    PQsetnonblocking(connection_.get(), 1);
    // The tables' creation is no news.
    PQsetNoticeProcessor(
        connection_.get(), [](void*, const char*) {}, nullptr);
    dialect_.begin = "BEGIN";
    dialect_.row_lock = " FOR UPDATE SKIP LOCKED";
    dialect_.schema_lock = "SELECT pg_advisory_xact_lock(7264185930)";
    // On the server's side too: a statement that nobody waits for holds no locks.
    const auto limit = std::chrono::duration_cast<std::chrono::milliseconds>(call_timeout_).count();
    run("SET statement_timeout = " + std::to_string(limit));
    run("SET idle_in_transaction_session_timeout = " + std::to_string(2 * limit));
    run("SET synchronous_commit = on");
    migrate(*this);
  }

  using SqlConnection::run;

  std::vector<SqlRow> run(const std::string& sql, std::initializer_list<SqlValue> values) override {
    const Deadline deadline = Deadline::after(call_timeout_);
    const std::string& name = prepared(sql, deadline);
    Parameters parameters(values);
    if (PQsendQueryPrepared(connection_.get(), name.c_str(), static_cast<int>(values.size()),
                            parameters.values.data(), parameters.lengths.data(), parameters.formats.data(),
                            0) == 0) {
      fail("");
    }
    return rows_of(*result_within(deadline));
  }

  [[nodiscard]] bool alive() const override { return !dead_ && PQstatus(connection_.get()) == CONNECTION_OK; }
  [[nodiscard]] const SqlDialect& dialect() const override { return dialect_; }

 private:
  /// Texts as they are, with their lengths; numbers as text.
  struct Parameters {
    Parameters(std::initializer_list<SqlValue> given) {
      numbers.reserve(given.size());  // Pointers into it must stay.
      for (const SqlValue& value : given) {
        if (const auto* whole = std::get_if<std::int64_t>(&value)) {
          numbers.push_back(std::to_string(*whole));
          add(numbers.back().c_str(), 0, 0);
        } else if (const auto* text = std::get_if<std::string_view>(&value)) {
          add(text->data() == nullptr ? "" : text->data(), static_cast<int>(text->size()), 1);
        } else {
          add(nullptr, 0, 0);
        }
      }
    }
    void add(const char* value, int length, int format) {
      values.push_back(value);
      lengths.push_back(length);
      formats.push_back(format);
    }

    std::vector<std::string> numbers;
    std::vector<const char*> values;
    std::vector<int> lengths;
    std::vector<int> formats;
  };

  [[noreturn]] void fail(std::string_view state) {
    throw SqlFailure{{kind_of(state), one_line(PQerrorMessage(connection_.get()))},
                     SqlFailure::Extent::transaction};
  }

  [[noreturn]] void fail_late() {
    dead_ = true;  // Its answer may still come, and would be taken for another's.
    throw SqlFailure{{StoreError::Kind::unavailable, "PostgreSQL did not answer in time"},
                     SqlFailure::Extent::transaction};
  }

  const std::string& prepared(const std::string& sql, const Deadline& deadline) {
    const auto known = statements_.find(sql);
    if (known != statements_.end()) return known->second;
    std::string name = "s" + std::to_string(statements_.size());
    if (PQsendPrepare(connection_.get(), name.c_str(), sql.c_str(), 0, nullptr) == 0) fail("");
    result_within(deadline);
    return statements_.emplace(sql, std::move(name)).first->second;
  }

  /// The one result of what was sent.
  Result result_within(const Deadline& deadline) {
    Result last;
    for (;;) {
      wait_within(deadline);
      Result next(PQgetResult(connection_.get()));
      if (!next) break;
      last = std::move(next);
    }
    const ExecStatusType status = last ? PQresultStatus(last.get()) : PGRES_FATAL_ERROR;
    if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK) return last;
    const char* const state = last ? PQresultErrorField(last.get(), PG_DIAG_SQLSTATE) : nullptr;
    fail(state == nullptr ? std::string_view() : std::string_view(state));
  }

  /// Until the next result is there.
  void wait_within(const Deadline& deadline) {
    for (;;) {
      const int unsent = PQflush(connection_.get());
      if (unsent < 0) fail("");
      if (unsent == 0 && PQisBusy(connection_.get()) == 0) return;
      pollfd watched{PQsocket(connection_.get()), POLLIN, 0};
      if (unsent == 1) watched.events |= POLLOUT;
      const auto left =
          std::chrono::duration_cast<std::chrono::milliseconds>(deadline.when() - base::Clock::now()).count();
      if (left <= 0) fail_late();
      const int ready = ::poll(&watched, 1, static_cast<int>(std::min<long long>(left, 60'000)));
      if (ready < 0 && errno != EINTR) fail("");
      if (ready > 0 && PQconsumeInput(connection_.get()) == 0) fail("");
    }
  }

  static std::vector<SqlRow> rows_of(const PGresult& result) {
    const int count = PQntuples(&result);
    const int columns = PQnfields(&result);
    std::vector<SqlRow> rows;
    rows.reserve(static_cast<std::size_t>(count));
    for (int row = 0; row < count; ++row) {
      std::vector<std::optional<std::string>> cells(static_cast<std::size_t>(columns));
      for (int column = 0; column < columns; ++column) {
        if (PQgetisnull(&result, row, column) != 0) continue;
        const auto size = static_cast<std::size_t>(PQgetlength(&result, row, column));
        cells[static_cast<std::size_t>(column)].emplace(PQgetvalue(&result, row, column), size);
      }
      rows.emplace_back(std::move(cells));
    }
    return rows;
  }

  base::Clock::duration call_timeout_;
  SqlDialect dialect_;
  Connection connection_;
  std::unordered_map<std::string, std::string> statements_;  // Bounded: texts of the program alone.
  bool dead_ = false;
};

}  // namespace

std::unique_ptr<SqlConnection> open_postgres(const std::string& conninfo,
                                             base::Clock::duration call_timeout) {
  return std::make_unique<PostgresConnection>(conninfo, call_timeout);
}

}  // namespace sallyport::broker::store
