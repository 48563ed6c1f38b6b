// A client against a scripted engine.
#pragma once

#include "base/run_to_end.hpp"
#include "docker/client.hpp"
#include "tests/unit/docker/fake_engine.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <utility>
#include <vector>

namespace sallyport::docker {

using namespace std::chrono_literals;
using test::FakeEngine;
using test::Peer;
using test::Script;

inline base::CallBounds within(base::Clock::duration duration = 10s) {
  return base::CallBounds(base::Deadline::after(duration));
}

class ClientTest : public ::testing::Test {
 protected:
  /// Starts an engine and a client of it. Called once a test.
  void serve(std::vector<Script> scripts, ClientOptions options = {}) {
    engine = std::make_unique<FakeEngine>(std::move(scripts));
    options.socket_path = engine->socket_path();
    client = std::make_unique<Client>(context.get_executor(), options);
  }
  void serve(Script script, const ClientOptions& options = {}) {
    serve(std::vector<Script>{std::move(script)}, options);
  }

  // Before the members of the tests' own fixtures go, which scripts may refer to.
  void TearDown() override {
    client.reset();
    engine.reset();
  }

  template <class T>
  T run(boost::asio::awaitable<T> task) {
    return base::run_to_end(context, std::move(task));
  }

  boost::asio::io_context context;
  std::unique_ptr<FakeEngine> engine;
  std::unique_ptr<Client> client;  ///< Goes before the engine and the context.
};

/// Answers every request on the connection with this.
inline Script always(int status, std::string body) {
  return [status, body = std::move(body)](Peer& peer) {
    for (;;) {
      peer.read_request();
      peer.answer(status, body);
    }
  };
}

}  // namespace sallyport::docker
