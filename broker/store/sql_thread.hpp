// The one thread that talks to the database.
#pragma once

#include "base/deadline.hpp"
#include "base/event.hpp"
#include "broker/store/sql_connection.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace sallyport::broker::store {

struct SqlThreadOptions {
  base::Clock::duration call_timeout = std::chrono::seconds(10);
  std::size_t max_waiting = 1024;
};

/// Runs pieces of work on a connection, on a thread of its own. Pieces that wait at the same time share one
/// transaction, and so one wait for the disk, but each is undone by itself if it fails.
///
/// Thread-safety: `run` on the executor's one thread. The destructor ends what is waiting, then the thread;
/// it must run before the executor's context is destroyed.
class SqlThread {
 public:
  /// Opens a connection, ready for work. Called on the thread; throws SqlFailure.
  using Open = std::function<std::unique_ptr<SqlConnection>()>;

  SqlThread(boost::asio::any_io_executor executor, Open open, SqlThreadOptions options);
  ~SqlThread();
  SqlThread(const SqlThread&) = delete;
  SqlThread& operator=(const SqlThread&) = delete;

  /// `work` may run more than once, if a transaction that it shared was lost; what it did before is undone.
  /// It may throw SqlFailure. What it refers to must be its own: after a time-out nobody waits for it.
  template <class T>
  boost::asio::awaitable<StoreResult<T>> run(std::function<T(SqlConnection&)> work) {
    auto task = std::make_shared<ValueTask<T>>(executor_, std::move(work));
    if (auto refusal = push(task)) co_return std::move(*refusal);
    base::CallBounds bounds(base::Deadline::after(options_.call_timeout));
    const base::WaitStatus status = co_await task->done.wait(std::move(bounds));
    if (status != base::WaitStatus::ready) {
      task->abandoned = true;
      co_return too_late();
    }
    if (task->error) co_return std::move(*task->error);
    co_return std::move(*task->value);
  }

 private:
  struct Task {
    explicit Task(boost::asio::any_io_executor executor) : done(std::move(executor)) {}
    virtual ~Task() = default;
    virtual void work(SqlConnection& connection) = 0;

    base::Event done;                 // Belongs to the executor's thread.
    std::optional<StoreError> error;  // Written before `done` is posted, read after it.
    std::atomic<bool> abandoned{false};
  };
  template <class T>
  struct ValueTask : Task {
    ValueTask(boost::asio::any_io_executor executor, std::function<T(SqlConnection&)> function_in)
        : Task(std::move(executor)), function(std::move(function_in)) {}
    void work(SqlConnection& connection) override { value.emplace(function(connection)); }

    std::function<T(SqlConnection&)> function;
    std::optional<T> value;
  };
  using TaskPointer = std::shared_ptr<Task>;
  using Batch = std::vector<TaskPointer>;

  std::optional<StoreError> push(TaskPointer task);
  static StoreError too_late();
  void live();
  std::optional<Batch> next_batch();
  void serve(const Batch& batch);
  bool try_together(const Batch& batch, StoreError& error);
  static void work_alone(SqlConnection& connection, Task& task, bool shared);
  void complete(const TaskPointer& task);

  boost::asio::any_io_executor executor_;
  Open open_;
  SqlThreadOptions options_;
  std::unique_ptr<SqlConnection> connection_;  // The thread's own.

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<TaskPointer> waiting_;
  bool ending_ = false;
  std::thread thread_;  // Last: it uses the others.
};

}  // namespace sallyport::broker::store
