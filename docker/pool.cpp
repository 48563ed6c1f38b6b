#include "docker/pool.hpp"

#include <utility>

namespace asio = boost::asio;

namespace sallyport::docker::detail {

// --- Lease

Lease& Lease::operator=(Lease&& other) noexcept {
  if (this == &other) return *this;
  discard();
  pool_ = std::move(other.pool_);
  connection_ = std::move(other.connection_);
  reused_ = other.reused_;
  return *this;
}

void Lease::give_back() {
  if (const auto pool = std::exchange(pool_, nullptr)) pool->release(connection_, true);
  connection_.reset();
}

void Lease::discard() {
  if (const auto pool = std::exchange(pool_, nullptr)) pool->release(connection_, false);
  connection_.reset();
}

// --- Pool

// A claim on one of the places, kept while a coroutine waits for it or connects. Whatever ends the coroutine,
// the claim is settled.
class Pool::Place {
 public:
  explicit Place(std::shared_ptr<Pool> pool) : pool_(std::move(pool)) {}
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;
  Place(Place&&) = delete;
  Place& operator=(Place&&) = delete;
  ~Place() {
    if (waiter_) {
      // A waiter that was granted has left the list and owns the place.
      if (waiter_->granted.is_set()) {
        pool_->free_place();
      } else {
        pool_->waiters_.remove(waiter_);
      }
    } else if (taken_) {
      pool_->free_place();
    }
  }

  [[nodiscard]] asio::awaitable<Result<void>> take(const base::CallBounds& bounds) {
    if (pool_->in_use_ < pool_->options_.max_connections && pool_->waiters_.empty()) {
      ++pool_->in_use_;
      taken_ = true;
      co_return Result<void>();
    }
    waiter_ = std::make_shared<Waiter>(pool_->executor_);
    pool_->waiters_.push_back(waiter_);
    const base::WaitStatus status = co_await waiter_->granted.wait(bounds);
    if (status == base::WaitStatus::stopped) co_return make_error(ErrorKind::stopped, "the caller gave up");
    if (status == base::WaitStatus::timed_out) {
      co_return make_error(ErrorKind::timed_out, "all connections to the engine are in use");
    }
    waiter_.reset();
    taken_ = true;
    co_return Result<void>();
  }

  /// The place now belongs to a lease.
  void hand_over() { taken_ = false; }

 private:
  std::shared_ptr<Pool> pool_;
  std::shared_ptr<Waiter> waiter_;
  bool taken_ = false;
};

Pool::Pool(asio::any_io_executor executor, Options options)
    : executor_(std::move(executor)), options_(std::move(options)) {}

asio::awaitable<Result<Lease>> Pool::acquire(const base::CallBounds& bounds, Freshness freshness) {
  const auto self = shared_from_this();
  Place place(self);
  auto taken = co_await place.take(bounds);
  if (taken.has_error()) co_return std::move(taken).error();

  std::shared_ptr<Connection> connection;
  if (freshness == Freshness::any) connection = take_idle();
  const bool reused = connection != nullptr;
  if (!reused) {
    // Idle connections count as well; one of them makes room for the new one.
    if (!idle_.empty() && in_use_ + idle_.size() > options_.max_connections) idle_.erase(idle_.begin());
    connection = std::make_shared<Connection>(executor_);
    const Interrupt interrupt(connection, bounds);
    auto connected = co_await connection->connect(options_.socket_path, interrupt);
    if (connected.has_error()) co_return std::move(connected).error();
  }
  place.hand_over();
  co_return Lease(self, std::move(connection), reused);
}

std::shared_ptr<Connection> Pool::take_idle() {
  // The last one in is the likeliest to be alive.
  while (!idle_.empty()) {
    auto connection = std::move(idle_.back());
    idle_.pop_back();
    if (!connection->is_stale()) return connection;
    connection->close();
  }
  return nullptr;
}

void Pool::release(const std::shared_ptr<Connection>& connection, bool reusable) {
  if (reusable && connection->is_open() && idle_.size() < options_.max_idle) {
    idle_.push_back(connection);
  } else {
    connection->close();
  }
  free_place();
}

void Pool::free_place() {
  if (waiters_.empty()) {
    --in_use_;
    return;
  }
  const auto waiter = waiters_.front();
  waiters_.pop_front();
  waiter->granted.set();
}

void Pool::close_idle() {
  for (const auto& connection : idle_) connection->close();
  idle_.clear();
}

}  // namespace sallyport::docker::detail
