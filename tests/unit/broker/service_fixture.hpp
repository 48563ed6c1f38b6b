// The whole broker over HTTP, with stand-ins for what is behind it.
#pragma once

#include "broker/service.hpp"
#include "broker/store/sql_store.hpp"
#include "broker/store/sqlite_connection.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/unit/broker/fakes.hpp"
#include "tests/unit/broker/loop_thread.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cstdint>
#include <memory>
#include <string>

namespace sallyport::broker::test {

/// The body of a submission that no layer looks at; `more` begins with a comma, or is empty.
inline std::string bare_submission(const std::string& code, const std::string& more = "") {
  return "{\"code\": " + nlohmann::json(code).dump() +
         R"(, "enable_syntax_validation": false, "enable_ast_validation": false)" +
         R"(, "enable_output_validation": false)" + more + "}";
}

/// What a test says beyond this it says in its constructor, or in `add_parts`; `start` begins to serve.
class ServiceFixture : public ::testing::Test {
 protected:
  ServiceFixture() {
    config_.server.port = 0;
    config_.server.shutdown_seconds = 5;
  }
  void TearDown() override {
    if (service_) stop();
  }

  virtual const PolicyCatalog& policies() { return policies_; }
  virtual void add_parts(ServiceParts& /*parts*/) {}

  void start() {
    if (with_store_) open_store();
    loop_.on_loop([this] {
      ServiceParts parts(runner_, catalog_, policies(), audit_, log_);
      parts.metrics = &metrics_;
      parts.store = store_.get();
      add_parts(parts);
      service_ = std::make_unique<Service>(loop_.executor(), config_, std::move(parts));
      ASSERT_TRUE(service_->start().has_value());
      port_ = service_->port();
    });
  }
  void stop() {
    loop_.await(service_->shut_down());
    loop_.on_loop([this] { service_.reset(); });
    store_.reset();
  }
  Answer ask(const std::string& request) {
    Client client(port_);
    client.send(request);
    return client.read_answer();
  }
  bool runs(std::size_t count) {
    return loop_.eventually([this, count] { return runner_.running == count; });
  }
  void hold() {
    loop_.on_loop([this] { runner_.hold = true; });
  }
  void release() {
    loop_.on_loop([this] { runner_.release(); });
  }

  sallyport::test::TemporaryFolder folder_;
  config::Config config_;
  bool with_store_ = false;  ///< Of SQLite, in `folder_`.
  FakeRunner runner_;
  FakeCatalog catalog_;
  FakePolicies policies_;
  FakeAudit audit_;
  FakeLog log_;
  metrics::BrokerMetrics metrics_{"1.2.3"};
  LoopThread loop_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<Service> service_;
  std::uint16_t port_ = 0;

 private:
  void open_store() {
    loop_.on_loop([this] {
      const std::string path = folder_.path("jobs.db");
      store::StoreBounds bounds;
      bounds.max_queued = config_.jobs.max_queued;
      store_ = store::make_sql_store(
          loop_.executor(), [path] { return store::open_sqlite(path); }, store::SqlThreadOptions(), bounds);
    });
    ASSERT_TRUE(loop_.await(store_->recover()).has_value());
  }
};

/// The events of a stream of lines, one at a time.
class Lines {
 public:
  explicit Lines(Client& client) : client_(client), head_(client.read_answer(false)) {}
  const Answer& head() const { return head_; }
  /// Null at the end.
  nlohmann::json next() {
    std::size_t end = std::string::npos;
    while ((end = text_.find('\n')) == std::string::npos) {
      const std::string chunk = client_.read_chunk();
      if (chunk.empty()) return nullptr;
      text_ += chunk;
    }
    nlohmann::json line = nlohmann::json::parse(text_.substr(0, end));
    text_.erase(0, end + 1);
    return line;
  }

 private:
  Client& client_;
  Answer head_;
  std::string text_;
};

}  // namespace sallyport::broker::test
