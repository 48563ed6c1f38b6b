// Runs a coroutine to its end on the calling thread.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <exception>
#include <optional>
#include <stdexcept>
#include <utility>

namespace sallyport::base {

/// For commands and tests that do one thing after another on an io_context that other work may share. Gives
/// what `task` gives and throws what it throws; std::logic_error if it waits for what never comes.
inline void run_to_end(boost::asio::io_context& context, boost::asio::awaitable<void> task) {
  bool done = false;
  std::exception_ptr failure;
  boost::asio::co_spawn(context, std::move(task), [&](std::exception_ptr thrown) {
    failure = thrown;
    done = true;
  });
  context.restart();
  while (!done) {
    if (context.run_one() == 0) throw std::logic_error("the coroutine waits for what never comes");
  }
  if (failure) std::rethrow_exception(failure);
}

template <class T>
boost::asio::awaitable<void> store_result(boost::asio::awaitable<T> task, std::optional<T>& into) {
  into.emplace(co_await std::move(task));
}

template <class T>
T run_to_end(boost::asio::io_context& context, boost::asio::awaitable<T> task) {
  std::optional<T> result;
  run_to_end(context, store_result(std::move(task), result));
  return std::move(*result);
}

}  // namespace sallyport::base
