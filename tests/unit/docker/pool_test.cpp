#include "docker/pool.hpp"

#include "base/run_to_end.hpp"
#include "tests/unit/docker/fake_engine.hpp"

#include <boost/asio/detached.hpp>
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <sys/socket.h>
#include <sys/un.h>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

namespace sallyport::docker::detail {
namespace {

using namespace std::chrono_literals;

base::CallBounds within(base::Clock::duration duration) {
  return base::CallBounds(base::Deadline::after(duration));
}

class PoolTest : public ::testing::Test {
 protected:
  void make(std::size_t max_idle, std::size_t max_connections) {
    Pool::Options options;
    options.socket_path = engine.socket_path();
    options.max_idle = max_idle;
    options.max_connections = max_connections;
    pool = std::make_shared<Pool>(context.get_executor(), options);
  }

  Result<Lease> acquire(base::Clock::duration duration = 10s,
                        Pool::Freshness freshness = Pool::Freshness::any) {
    const base::CallBounds bounds = within(duration);
    return base::run_to_end(context, pool->acquire(bounds, freshness));
  }

  test::FakeEngine engine{[](test::Peer& peer) { peer.read_to_end(); }};
  boost::asio::io_context context;
  std::shared_ptr<Pool> pool;
};

TEST_F(PoolTest, KeepsWhatIsGivenBackAndClosesWhatIsNot) {
  make(2, 10);
  {
    Lease first = acquire().value();
    EXPECT_FALSE(first.reused());
    EXPECT_EQ(pool->in_use(), 1U);
    first.give_back();
    first.give_back();
  }
  EXPECT_EQ(pool->in_use(), 0U);
  EXPECT_EQ(pool->idle(), 1U);
  {
    const Lease second = acquire().value();
    EXPECT_TRUE(second.reused());
    EXPECT_EQ(pool->idle(), 0U);
  }
  EXPECT_EQ(pool->in_use(), 0U);
  EXPECT_EQ(pool->idle(), 0U) << "not given back, so it is closed";
}

TEST_F(PoolTest, IdleConnectionsAreBounded) {
  make(2, 10);
  std::vector<Lease> leases;
  for (int i = 0; i < 5; ++i) leases.push_back(acquire().value());
  for (Lease& lease : leases) lease.give_back();
  EXPECT_EQ(pool->idle(), 2U);
  EXPECT_EQ(pool->in_use(), 0U);
  pool->close_idle();
  EXPECT_EQ(pool->idle(), 0U);
}

TEST_F(PoolTest, NewConnectionMakesRoomAmongTheIdle) {
  make(2, 2);
  std::vector<Lease> leases;
  for (int i = 0; i < 2; ++i) leases.push_back(acquire().value());
  for (Lease& lease : leases) lease.give_back();
  EXPECT_EQ(pool->idle(), 2U);
  const Lease fresh = acquire(10s, Pool::Freshness::new_connection).value();
  EXPECT_FALSE(fresh.reused());
  EXPECT_EQ(pool->idle(), 1U);
}

TEST_F(PoolTest, BeyondTheBoundOneWaitsForTheDeadline) {
  make(2, 1);
  Lease only = acquire().value();
  auto refused = acquire(20ms);
  ASSERT_TRUE(refused.has_error());
  EXPECT_EQ(refused.error().kind, ErrorKind::timed_out);
  EXPECT_EQ(pool->in_use(), 1U);
  only.give_back();
  EXPECT_EQ(pool->in_use(), 0U);
  EXPECT_TRUE(acquire().has_value());
}

TEST_F(PoolTest, WaitersAreServedInOrder) {
  make(2, 1);
  Lease only = acquire().value();
  std::vector<int> order;
  const auto waiter = [&](int number) -> boost::asio::awaitable<void> {
    const base::CallBounds bounds = within(10s);
    auto lease = co_await pool->acquire(bounds, Pool::Freshness::any);
    EXPECT_TRUE(lease.has_value());
    order.push_back(number);
    lease->give_back();
  };
  for (int i = 0; i < 5; ++i) boost::asio::co_spawn(context, waiter(i), boost::asio::detached);
  context.restart();
  context.run_for(10ms);
  EXPECT_TRUE(order.empty());
  only.give_back();
  context.restart();
  context.run_for(500ms);
  EXPECT_EQ(order, (std::vector<int>{0, 1, 2, 3, 4}));
  EXPECT_EQ(pool->in_use(), 0U);
  EXPECT_EQ(engine.connections(), 1U);
}

TEST_F(PoolTest, StoppedWaiterLeavesTheQueue) {
  make(2, 1);
  Lease only = acquire().value();
  std::stop_source stop;
  std::thread stopper([&stop] {
    std::this_thread::sleep_for(10ms);
    stop.request_stop();
  });
  const base::CallBounds bounds(base::Deadline::after(10s), stop.get_token());
  auto stopped = base::run_to_end(context, pool->acquire(bounds, Pool::Freshness::any));
  stopper.join();
  ASSERT_TRUE(stopped.has_error());
  EXPECT_EQ(stopped.error().kind, ErrorKind::stopped);
  only.discard();
  EXPECT_EQ(pool->in_use(), 0U);
}

TEST_F(PoolTest, FailedConnectFreesItsPlace) {
  Pool::Options options;
  options.socket_path = "/nonexistent/engine.sock";
  options.max_connections = 1;
  pool = std::make_shared<Pool>(context.get_executor(), options);
  for (int i = 0; i < 3; ++i) {
    auto refused = acquire();
    ASSERT_TRUE(refused.has_error());
    EXPECT_EQ(refused.error().kind, ErrorKind::connect_failed);
    EXPECT_EQ(pool->in_use(), 0U);
  }
}

TEST_F(PoolTest, LeaseMayOutliveThePoolsOwner) {
  make(2, 2);
  Lease lease = acquire().value();
  pool.reset();
  lease.give_back();
}

// A Unix socket with a full accept queue refuses further connects with EAGAIN, which Asio takes for success.
TEST(ConnectTest, FullAcceptQueueIsWaitedFor) {
  std::string folder = (std::filesystem::temp_directory_path() / "sallyport-docker-XXXXXX").string();
  ASSERT_NE(::mkdtemp(folder.data()), nullptr);
  const std::string path = folder + "/engine.sock";
  const int listener = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof(address.sun_path) - 1);
  ASSERT_EQ(::bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
  ASSERT_EQ(::listen(listener, 0), 0);

  boost::asio::io_context context;
  Pool::Options options;
  options.socket_path = path;
  options.max_connections = 10;
  const auto pool = std::make_shared<Pool>(context.get_executor(), options);
  const auto acquire = [&](base::Clock::duration duration) {
    const base::CallBounds bounds = within(duration);
    return base::run_to_end(context, pool->acquire(bounds, Pool::Freshness::any));
  };
  std::vector<Lease> leases;
  std::optional<Error> error;
  for (int i = 0; i < 5 && !error; ++i) {
    auto lease = acquire(50ms);
    if (lease.has_error()) {
      error = lease.error();
    } else {
      leases.push_back(std::move(*lease));
    }
  }
  ASSERT_TRUE(error) << "the queue never filled";
  EXPECT_EQ(error->kind, ErrorKind::timed_out);
  std::thread acceptor([&] {
    std::this_thread::sleep_for(30ms);
    ::close(::accept(listener, nullptr, nullptr));
  });
  EXPECT_TRUE(acquire(10s).has_value());
  acceptor.join();
  ::close(listener);
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace sallyport::docker::detail
