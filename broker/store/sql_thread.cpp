#include "broker/store/sql_thread.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <exception>

namespace sallyport::broker::store {

namespace {

/// Pieces of work that share a transaction: enough to make the wait for the disk cheap, few enough that the
/// first of them does not wait long for the last.
constexpr std::size_t kMaxTogether = 64;

const std::string kSavepoint = "SAVEPOINT piece";
const std::string kKeepPiece = "RELEASE SAVEPOINT piece";
const std::string kUndoPiece = "ROLLBACK TO SAVEPOINT piece";
const std::string kCommit = "COMMIT";
const std::string kRollback = "ROLLBACK";

}  // namespace

SqlThread::SqlThread(boost::asio::any_io_executor executor, Open open, SqlThreadOptions options)
    : executor_(std::move(executor)),
      open_(std::move(open)),
      options_(options),
      thread_([this] { live(); }) {}

SqlThread::~SqlThread() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

std::optional<StoreError> SqlThread::push(TaskPointer task) {
  {
    const std::lock_guard lock(mutex_);
    if (waiting_.size() >= options_.max_waiting) {
      return StoreError{StoreError::Kind::unavailable, "the store has as many calls waiting as it may"};
    }
    waiting_.push_back(std::move(task));
  }
  changed_.notify_one();
  return std::nullopt;
}

StoreError SqlThread::too_late() {
  return {StoreError::Kind::unavailable, "the store did not answer in time"};
}

void SqlThread::live() {
  while (const auto batch = next_batch()) serve(*batch);
  connection_.reset();
}

std::optional<SqlThread::Batch> SqlThread::next_batch() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return ending_ || !waiting_.empty(); });
  if (waiting_.empty()) return std::nullopt;
  Batch batch;
  while (!waiting_.empty() && batch.size() < kMaxTogether) {
    if (!waiting_.front()->abandoned) batch.push_back(std::move(waiting_.front()));
    waiting_.pop_front();
  }
  return batch;
}

void SqlThread::serve(const Batch& batch) {
  StoreError error;
  if (!try_together(batch, error)) {
    // One of them may be what broke it for all; if it was the connection, all of them have to wait.
    for (const TaskPointer& task : batch) {
      if (batch.size() > 1 && connection_ && try_together({task}, error)) continue;
      task->error = error;
    }
  }
  for (const TaskPointer& task : batch) complete(task);
}

/// False: nothing of it has happened, as far as one can know, for `error`.
bool SqlThread::try_together(const Batch& batch, StoreError& error) {
  try {
    if (connection_ && !connection_->alive()) connection_.reset();
    if (!connection_) connection_ = open_();
    connection_->run(connection_->dialect().begin);
    for (const TaskPointer& task : batch) {
      task->error.reset();
      work_alone(*connection_, *task, batch.size() > 1);
    }
    connection_->run(kCommit);
    return true;
  } catch (SqlFailure& failure) {
    error = std::move(failure.error);
  } catch (const std::exception& fault) {
    error = {StoreError::Kind::broken, fault.what()};
  }
  try {
    if (connection_) connection_->run(kRollback);
  } catch (const SqlFailure&) {
    // It was rolled back by itself, or the connection is gone; another one tells.
    connection_.reset();
  }
  return false;
}

void SqlThread::work_alone(SqlConnection& connection, Task& task, bool shared) {
  if (!shared) return task.work(connection);
  connection.run(kSavepoint);
  try {
    task.work(connection);
  } catch (SqlFailure& failure) {
    if (failure.extent == SqlFailure::Extent::transaction) throw;
    task.error = std::move(failure.error);
    connection.run(kUndoPiece);
  }
  connection.run(kKeepPiece);
}

void SqlThread::complete(const TaskPointer& task) {
  boost::asio::post(executor_, [task] { task->done.set(); });
}

}  // namespace sallyport::broker::store
