#include "broker/store/sqlite_connection.hpp"

#include "broker/store/schema.hpp"

#include <sqlite3.h>

#include <cerrno>
#include <fcntl.h>
#include <system_error>
#include <unistd.h>
#include <unordered_map>
#include <utility>

namespace sallyport::broker::store {
namespace {

struct CloseDatabase {
  void operator()(sqlite3* database) const { sqlite3_close_v2(database); }
};
struct FinalizeStatement {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using Database = std::unique_ptr<sqlite3, CloseDatabase>;
using Statement = std::unique_ptr<sqlite3_stmt, FinalizeStatement>;

StoreError::Kind kind_of(int code) {
  switch (code & 0xFF) {
    case SQLITE_FULL:
      return StoreError::Kind::disk_full;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return StoreError::Kind::broken;
    default:
      return StoreError::Kind::unavailable;
  }
}

class SqliteConnection final : public SqlConnection {
 public:
  explicit SqliteConnection(const std::string& path) : path_(path) {
    make_private_file();
    sqlite3* opened = nullptr;
    const int code = sqlite3_open_v2(
        path.c_str(), &opened, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nullptr);
    database_.reset(opened);
    if (code != SQLITE_OK) fail(code);
    dialect_.begin = "BEGIN IMMEDIATE";
    dialect_.exclusive = true;
    sqlite3_db_config(database_.get(), SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    // The lock is the process's: it ends with it, however it ends.
    run("PRAGMA locking_mode = EXCLUSIVE");
    run("PRAGMA journal_mode = WAL");
    // A commit is on the disk when it returns; the default for WAL waits for the next checkpoint.
    run("PRAGMA synchronous = FULL");
    run("PRAGMA journal_size_limit = 67108864");
    run("PRAGMA trusted_schema = OFF");
    migrate(*this);
  }

  using SqlConnection::run;

  std::vector<SqlRow> run(const std::string& sql, std::initializer_list<SqlValue> values) override {
    sqlite3_stmt* const statement = prepared(sql);
    const ResetAtEnd reset(statement);
    int number = 0;
    for (const SqlValue& value : values) bind(statement, ++number, value);
    std::vector<SqlRow> rows;
    for (;;) {
      const int code = sqlite3_step(statement);
      if (code == SQLITE_DONE) return rows;
      if (code != SQLITE_ROW) fail(code);
      rows.push_back(row_of(statement));
    }
  }

  [[nodiscard]] bool alive() const override { return true; }
  [[nodiscard]] const SqlDialect& dialect() const override { return dialect_; }

 private:
  /// Gives back the row's memory and the lock, whatever happened.
  class ResetAtEnd {
   public:
    explicit ResetAtEnd(sqlite3_stmt* statement) : statement_(statement) {}
    ~ResetAtEnd() {
      sqlite3_reset(statement_);
      sqlite3_clear_bindings(statement_);
    }
    ResetAtEnd(const ResetAtEnd&) = delete;
    ResetAtEnd& operator=(const ResetAtEnd&) = delete;

   private:
    sqlite3_stmt* statement_;
  };

  /// Requests hold code and data of users; SQLite gives its other files the permissions of this one.
  void make_private_file() const {
    const int descriptor = ::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (descriptor < 0) {
      throw SqlFailure{{StoreError::Kind::unavailable, path_ + ": " + std::generic_category().message(errno)},
                       SqlFailure::Extent::transaction};
    }
    ::close(descriptor);
  }

  [[noreturn]] void fail(int code) const {
    std::string message = path_ + ": ";
    message += database_ ? sqlite3_errmsg(database_.get()) : sqlite3_errstr(code);
    if ((code & 0xFF) == SQLITE_BUSY) message += "; another process uses it";
    throw SqlFailure{{kind_of(code), std::move(message)}, SqlFailure::Extent::transaction};
  }

  sqlite3_stmt* prepared(const std::string& sql) {
    const auto known = statements_.find(sql);
    if (known != statements_.end()) return known->second.get();
    sqlite3_stmt* made = nullptr;
    const int code = sqlite3_prepare_v3(database_.get(), sql.data(), static_cast<int>(sql.size()),
                                        SQLITE_PREPARE_PERSISTENT, &made, nullptr);
    if (code != SQLITE_OK) fail(code);
    return statements_.emplace(sql, Statement(made)).first->second.get();
  }

  void bind(sqlite3_stmt* statement, int number, const SqlValue& value) const {
    // SQLite numbers $1, $2, ... by their first place in the statement, not by what they are called.
    const int place = sqlite3_bind_parameter_index(statement, ("$" + std::to_string(number)).c_str());
    int code = SQLITE_OK;
    if (const auto* whole = std::get_if<std::int64_t>(&value)) {
      code = sqlite3_bind_int64(statement, place, *whole);
    } else if (const auto* text = std::get_if<std::string_view>(&value)) {
      // Without copy: the text outlives the statement's run.
      code = sqlite3_bind_text64(statement, place, text->data() == nullptr ? "" : text->data(), text->size(),
                                 SQLITE_STATIC, SQLITE_UTF8);
    } else {
      code = sqlite3_bind_null(statement, place);
    }
    if (code != SQLITE_OK) fail(code);
  }

  static SqlRow row_of(sqlite3_stmt* statement) {
    const int columns = sqlite3_column_count(statement);
    std::vector<std::optional<std::string>> cells(static_cast<std::size_t>(columns));
    for (int i = 0; i < columns; ++i) {
      const auto* const text = reinterpret_cast<const char*>(sqlite3_column_text(statement, i));
      if (text == nullptr) continue;
      const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement, i));
      cells[static_cast<std::size_t>(i)].emplace(text, size);
    }
    return SqlRow(std::move(cells));
  }

  std::string path_;
  SqlDialect dialect_;
  Database database_;
  std::unordered_map<std::string, Statement> statements_;  // Bounded: texts of the program alone.
};

}  // namespace

std::unique_ptr<SqlConnection> open_sqlite(const std::string& path) {
  return std::make_unique<SqliteConnection>(path);
}

}  // namespace sallyport::broker::store
