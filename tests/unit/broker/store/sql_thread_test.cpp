#include "broker/store/sql_thread.hpp"

#include "base/run_to_end.hpp"
#include "tests/unit/broker/store/backends.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <algorithm>
#include <future>
#include <memory>
#include <string>
#include <vector>

namespace sallyport::broker::store {
namespace {

using namespace std::chrono_literals;
using Kind = StoreError::Kind;

/// Notes what it is asked, and fails where it is told to.
class FakeConnection final : public SqlConnection {
 public:
  struct Script {
    std::vector<std::string> statements;
    std::string fails;  // A statement that fails.
    int failures = 0;   // So many times.
    std::size_t opened = 0;
    bool unreachable = false;
  };
  explicit FakeConnection(Script& script) : script_(script) { dialect_.begin = "BEGIN"; }

  using SqlConnection::run;
  std::vector<SqlRow> run(const std::string& sql, std::initializer_list<SqlValue> /*values*/) override {
    script_.statements.push_back(sql);
    if (sql == script_.fails && script_.failures > 0) {
      --script_.failures;
      throw SqlFailure{{Kind::disk_full, "no room"}, SqlFailure::Extent::transaction};
    }
    return {};
  }
  [[nodiscard]] bool alive() const override { return true; }
  [[nodiscard]] const SqlDialect& dialect() const override { return dialect_; }

 private:
  Script& script_;
  SqlDialect dialect_;
};

class SqlThreadTest : public ::testing::Test {
 protected:
  void start(SqlThreadOptions options = {}) {
    auto open = [this]() -> std::unique_ptr<SqlConnection> {
      ++script_.opened;
      if (script_.unreachable) {
        throw SqlFailure{{Kind::unavailable, "not reachable"}, SqlFailure::Extent::transaction};
      }
      return std::make_unique<FakeConnection>(script_);
    };
    thread_ = std::make_unique<SqlThread>(context_.get_executor(), open, options);
  }
  void TearDown() override { thread_.reset(); }

  StoreResult<int> run(std::function<int(SqlConnection&)> work) {
    return base::run_to_end(context_, thread_->run<int>(std::move(work)));
  }

  /// Several at once, while the thread is kept busy, so that they share a transaction.
  std::vector<StoreResult<int>> run_together(std::vector<std::function<int(SqlConnection&)>> pieces) {
    std::promise<void> gate;
    std::vector<StoreResult<int>> results;
    std::size_t ended = 0;
    const auto spawn = [&](std::function<int(SqlConnection&)> work, bool counts) {
      auto wait = [](SqlThread& thread, std::function<int(SqlConnection&)> piece,
                     std::vector<StoreResult<int>>& out, std::size_t& done,
                     bool keep) -> boost::asio::awaitable<void> {
        auto result = co_await thread.run<int>(std::move(piece));
        if (keep) out.push_back(std::move(result));
        ++done;
      };
      boost::asio::co_spawn(context_, wait(*thread_, std::move(work), results, ended, counts),
                            [](std::exception_ptr fault) { EXPECT_FALSE(fault); });
    };
    std::promise<void> busy;
    const auto hold = [&](SqlConnection&) {
      busy.set_value();
      gate.get_future().wait();
      return 0;
    };
    spawn(hold, false);
    context_.restart();
    context_.poll();
    busy.get_future().wait();
    for (auto& piece : pieces) spawn(std::move(piece), true);
    context_.restart();
    context_.poll();
    gate.set_value();
    while (ended < pieces.size() + 1) context_.run_one();
    return results;
  }

  static std::function<int(SqlConnection&)> says(const std::string& statement) {
    return [statement](SqlConnection& connection) {
      connection.run(statement);
      return 1;
    };
  }
  [[nodiscard]] long count(const std::string& statement) const {
    return std::count(script_.statements.begin(), script_.statements.end(), statement);
  }

  boost::asio::io_context context_{1};
  FakeConnection::Script script_;
  std::unique_ptr<SqlThread> thread_;
};

TEST_F(SqlThreadTest, RunsAPieceInATransaction) {
  start();
  EXPECT_EQ(run(says("A")).value(), 1);
  EXPECT_EQ(script_.statements, (std::vector<std::string>{"BEGIN", "A", "COMMIT"}));
  EXPECT_EQ(script_.opened, 1U);
}

TEST_F(SqlThreadTest, PiecesThatWaitShareATransaction) {
  start();
  const auto results = run_together({says("A"), says("B"), says("C")});
  for (const auto& result : results) EXPECT_TRUE(result.has_value());
  EXPECT_EQ(count("COMMIT"), 2);
  EXPECT_EQ(count("SAVEPOINT piece"), 3);
}

TEST_F(SqlThreadTest, ARefusalUndoesOnePiece) {
  start();
  const auto refuse = [](SqlConnection&) -> int {
    throw SqlFailure{{Kind::full, "full"}, SqlFailure::Extent::statement};
  };
  const auto results = run_together({says("A"), refuse, says("C")});
  EXPECT_TRUE(results.at(0).has_value());
  EXPECT_EQ(results.at(1).error().kind, Kind::full);
  EXPECT_TRUE(results.at(2).has_value());
  EXPECT_EQ(count("ROLLBACK TO SAVEPOINT piece"), 1);
}

TEST_F(SqlThreadTest, ALostTransactionIsTriedPieceByPiece) {
  start();
  script_.fails = "B";
  script_.failures = 2;  // Together, and alone.
  const auto results = run_together({says("A"), says("B"), says("C")});
  EXPECT_TRUE(results.at(0).has_value());
  EXPECT_EQ(results.at(1).error().kind, Kind::disk_full);
  EXPECT_TRUE(results.at(2).has_value());
  EXPECT_EQ(count("A"), 2);
}

TEST_F(SqlThreadTest, ACommitThatFailsFailsWhatItWasFor) {
  start();
  script_.fails = "COMMIT";
  script_.failures = 1;
  EXPECT_EQ(run(says("A")).error().kind, Kind::disk_full);
  EXPECT_EQ(script_.statements.back(), "ROLLBACK");
  EXPECT_TRUE(run(says("B")).has_value());
}

TEST_F(SqlThreadTest, AConnectionThatIsGoneIsMadeAnew) {
  start();
  script_.unreachable = true;
  EXPECT_EQ(run(says("A")).error().message, "not reachable");
  script_.unreachable = false;
  EXPECT_TRUE(run(says("A")).has_value());
  EXPECT_EQ(script_.opened, 2U);
}

TEST_F(SqlThreadTest, NobodyWaitsForEver) {
  SqlThreadOptions options;
  options.call_timeout = 50ms;
  start(options);
  std::promise<void> gate;
  const auto stuck = [&gate](SqlConnection&) { return gate.get_future().wait(), 0; };
  EXPECT_EQ(run(stuck).error().kind, Kind::unavailable);
  EXPECT_EQ(run(says("A")).error().kind, Kind::unavailable);
  gate.set_value();
  EXPECT_TRUE(run(says("B")).has_value());
  EXPECT_EQ(count("A"), 0);  // Nobody waited for it any more when its turn came.
}

TEST_F(SqlThreadTest, TheLineOfThoseThatWaitIsBounded) {
  SqlThreadOptions options;
  options.max_waiting = 0;
  start(options);
  EXPECT_EQ(run(says("A")).error().kind, Kind::unavailable);
}

TEST_F(SqlThreadTest, AFaultOfAPieceIsAnError) {
  start();
  const auto faulty = [](SqlConnection&) -> int { throw std::runtime_error("oh"); };
  EXPECT_EQ(run(faulty).error().kind, Kind::broken);
  EXPECT_TRUE(run(says("A")).has_value());
}

}  // namespace
}  // namespace sallyport::broker::store
