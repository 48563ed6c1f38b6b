// What is SQLite's own: the file, its lock, a full disk, a file of another version.
#include "broker/store/sqlite_connection.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/unit/broker/store/backends.hpp"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <fstream>
#include <string>
#include <sys/stat.h>

namespace sallyport::broker::store {
namespace test {
namespace {

class SqliteBackend final : public Backend {
 public:
  [[nodiscard]] SqlThread::Open open() const override {
    return [path = folder_.path("jobs.db")] { return open_sqlite(path); };
  }
  [[nodiscard]] bool shared() const override { return false; }

 private:
  sallyport::test::TemporaryFolder folder_;
};

}  // namespace

std::vector<BackendKind> backends() {
  return {{"Sqlite", [] { return std::make_unique<SqliteBackend>(); }}};
}

}  // namespace test

namespace {

class SqliteConnectionTest : public ::testing::Test {
 protected:
  StoreError failure_to_open(const std::string& path) {
    try {
      static_cast<void>(open_sqlite(path));
    } catch (const SqlFailure& failure) {
      return failure.error;
    }
    ADD_FAILURE() << "opened";
    return {};
  }

  sallyport::test::TemporaryFolder folder_;
};

TEST_F(SqliteConnectionTest, KeepsTheFileToItsOwner) {
  const auto connection = open_sqlite(folder_.path("jobs.db"));
  for (const char* name : {"jobs.db", "jobs.db-wal"}) {
    struct stat found {};
    ASSERT_EQ(::stat(folder_.path(name).c_str(), &found), 0) << name;
    EXPECT_EQ(found.st_mode & 0777U, 0600U) << name;
  }
}

TEST_F(SqliteConnectionTest, BindsValuesByTheirNumbers) {
  const auto connection = open_sqlite(folder_.path("jobs.db"));
  auto rows = connection->run("SELECT $2, $1, $3, $2", {std::int64_t{7}, "text", {}});
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].integer(1), 7);
  EXPECT_FALSE(rows[0].has(2));
  EXPECT_EQ(rows[0].text(0), "text");
  EXPECT_EQ(rows[0].text(3), "text");
}

TEST_F(SqliteConnectionTest, EveryCommitIsOnTheDisk) {
  const auto connection = open_sqlite(folder_.path("jobs.db"));
  EXPECT_EQ(connection->run("PRAGMA journal_mode").at(0).text(0), "wal");
  EXPECT_EQ(connection->run("PRAGMA synchronous").at(0).integer(0), 2);
}

TEST_F(SqliteConnectionTest, RefusesASecondUser) {
  const auto connection = open_sqlite(folder_.path("jobs.db"));
  const StoreError error = failure_to_open(folder_.path("jobs.db"));
  EXPECT_EQ(error.kind, StoreError::Kind::unavailable);
  EXPECT_NE(error.message.find("another process uses it"), std::string::npos) << error.message;
}

TEST_F(SqliteConnectionTest, OpensAgainWhatIsThere) {
  for (int i = 0; i < 3; ++i) {
    const auto connection = open_sqlite(folder_.path("jobs.db"));
    EXPECT_EQ(connection->run("SELECT MAX(version) FROM schema_versions").at(0).integer(0), 3);
  }
}

TEST_F(SqliteConnectionTest, RefusesAFileOfANewerVersion) {
  open_sqlite(folder_.path("jobs.db"))->run("INSERT INTO schema_versions (version) VALUES (1000)");
  const StoreError error = failure_to_open(folder_.path("jobs.db"));
  EXPECT_EQ(error.kind, StoreError::Kind::broken);
  EXPECT_NE(error.message.find("newer version"), std::string::npos);
}

TEST_F(SqliteConnectionTest, RefusesAFileThatIsNoDatabase) {
  const std::string path = folder_.write("jobs.db", std::string(8192, 'x'));
  EXPECT_EQ(failure_to_open(path).kind, StoreError::Kind::broken);
}

TEST_F(SqliteConnectionTest, RefusesAFolderThatIsNotThere) {
  const StoreError error = failure_to_open(folder_.path("no/such/folder.db"));
  EXPECT_EQ(error.kind, StoreError::Kind::unavailable);
  EXPECT_NE(error.message.find("folder.db"), std::string::npos);
}

TEST_F(SqliteConnectionTest, TellsThatThereIsNoRoom) {
  const auto connection = open_sqlite(folder_.path("jobs.db"));
  // As a full disk does, through the same code of SQLite.
  connection->run("PRAGMA max_page_count = 30");
  const std::string large(1 << 20, 'x');
  try {
    connection->run("INSERT INTO idempotency_keys VALUES ('', 'k', '', 0, $1)", {large});
    ADD_FAILURE() << "there was room";
  } catch (const SqlFailure& failure) {
    EXPECT_EQ(failure.error.kind, StoreError::Kind::disk_full);
  }
  connection->run("INSERT INTO idempotency_keys VALUES ('', 'k', '', 0, 'small')");
}

}  // namespace
}  // namespace sallyport::broker::store
