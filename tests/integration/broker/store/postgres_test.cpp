// The tests of the store on PostgreSQL, and what is PostgreSQL's own. Starts a server of its own.
#include "broker/store/postgres_connection.hpp"
#include "tests/support/source_folder.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/unit/broker/store/backends.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace sallyport::broker::store {
namespace {

using namespace std::chrono_literals;

/// One server for the whole process.
class Server {
 public:
  static Server& get() {
    static Server server;
    return server;
  }
  [[nodiscard]] const std::string& conninfo() const { return conninfo_; }

 private:
  Server() {
    const std::string file = folder_.path("conninfo");
    const std::string command =
        "exec python3 -B " + sallyport::test::source_folder() + "/tests/support/private_postgres.py " + file;
    pipe_ = ::popen(command.c_str(), "w");
    for (int i = 0; i < 1200 && !std::filesystem::exists(file); ++i) std::this_thread::sleep_for(50ms);
    conninfo_ = sallyport::test::read_all(file);
    EXPECT_NE(conninfo_, "") << "the server did not start";
  }
  ~Server() {
    if (pipe_ != nullptr) ::pclose(pipe_);
  }

  sallyport::test::TemporaryFolder folder_;
  std::FILE* pipe_ = nullptr;
  std::string conninfo_;
};

/// A schema for one test.
class PostgresBackend final : public test::Backend {
 public:
  PostgresBackend() {
    static int number = 0;
    schema_ = "test" + std::to_string(++number);
    open_postgres(Server::get().conninfo(), 30s)->run("CREATE SCHEMA " + schema_);
  }
  ~PostgresBackend() override {
    try {
      open_postgres(Server::get().conninfo(), 30s)->run("DROP SCHEMA " + schema_ + " CASCADE");
    } catch (const SqlFailure& failure) {
      ADD_FAILURE() << failure.error.message;
    }
  }
  [[nodiscard]] std::string conninfo() const {
    return Server::get().conninfo() + " options='-c search_path=" + schema_ + "'";
  }
  [[nodiscard]] SqlThread::Open open() const override {
    return [conninfo = conninfo()] { return open_postgres(conninfo, 30s); };
  }
  [[nodiscard]] bool shared() const override { return true; }

 private:
  std::string schema_;
};

}  // namespace

namespace test {
std::vector<BackendKind> backends() {
  return {{"Postgres", [] { return std::make_unique<PostgresBackend>(); }}};
}
}  // namespace test

namespace {

StoreError failure_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const SqlFailure& failure) {
    return failure.error;
  }
  ADD_FAILURE() << "did not fail";
  return {};
}

TEST(PostgresConnection, BindsValuesByTheirNumbers) {
  const PostgresBackend backend;
  const auto connection = backend.open()();
  auto rows =
      connection->run("SELECT $2::text, $1::bigint, $3::text, $2::text", {std::int64_t{-7}, "te'xt\\", {}});
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].integer(1), -7);
  EXPECT_FALSE(rows[0].has(2));
  EXPECT_EQ(rows[0].text(0), "te'xt\\");
  EXPECT_EQ(rows[0].text(3), "te'xt\\");
}

TEST(PostgresConnection, TakesLargeTexts) {
  const PostgresBackend backend;
  const auto connection = backend.open()();
  const std::string large(20U << 20U, 'x');
  auto rows = connection->run("SELECT $1::text", {large});
  EXPECT_EQ(rows.at(0).text(0), large);
}

TEST(PostgresConnection, AStatementThatTakesTooLongCostsTheConnection) {
  const PostgresBackend backend;
  const auto connection = open_postgres(backend.conninfo(), 3s);
  const StoreError error = failure_of([&] { connection->run("SELECT pg_sleep(60)"); });
  EXPECT_EQ(error.kind, StoreError::Kind::unavailable) << error.message;
}

TEST(PostgresConnection, KnowsThatItIsCut) {
  const PostgresBackend backend;
  const auto connection = backend.open()();
  const auto other = backend.open()();
  const std::int64_t pid = connection->run("SELECT pg_backend_pid()").at(0).integer(0);
  other->run("SELECT pg_terminate_backend($1::int)", {pid});
  const StoreError error = failure_of([&] {
    for (int i = 0; i < 100; ++i) {
      connection->run("SELECT 1");
      std::this_thread::sleep_for(10ms);
    }
  });
  EXPECT_EQ(error.kind, StoreError::Kind::unavailable) << error.message;
  EXPECT_FALSE(connection->alive());
}

TEST(PostgresConnection, AServerThatIsNotThereIsUnavailable) {
  const StoreError error =
      failure_of([] { static_cast<void>(open_postgres("host=/nonexistent dbname=x", 1s)); });
  EXPECT_EQ(error.kind, StoreError::Kind::unavailable) << error.message;
}

TEST(PostgresConnection, RefusesTablesOfANewerVersion) {
  const PostgresBackend backend;
  backend.open()()->run("INSERT INTO schema_versions (version) VALUES (1000)");
  EXPECT_EQ(failure_of([&] { backend.open()(); }).kind, StoreError::Kind::broken);
}

TEST(PostgresConnection, BrokersThatStartTogetherMakeTheTablesOnce) {
  const PostgresBackend backend;
  std::vector<std::thread> starts;
  for (int i = 0; i < 6; ++i) {
    starts.emplace_back([&backend] {
      try {
        backend.open()();
      } catch (const SqlFailure& failure) {
        ADD_FAILURE() << failure.error.message;
      }
    });
  }
  for (std::thread& start : starts) start.join();
  const auto versions = backend.open()()->run("SELECT COUNT(*), MAX(version) FROM schema_versions");
  EXPECT_GE(versions.at(0).integer(1), 1);
  EXPECT_EQ(versions.at(0).integer(0), versions.at(0).integer(1));
}

}  // namespace
}  // namespace sallyport::broker::store
