// Runs a coroutine to its end on an io_context that other things share.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <exception>
#include <optional>
#include <stdexcept>
#include <utility>

namespace sallyport::test {

template <class T>
boost::asio::awaitable<void> store(boost::asio::awaitable<T> task, std::optional<T>& into) {
  into.emplace(co_await std::move(task));
}

inline void await(boost::asio::io_context& context, boost::asio::awaitable<void> task) {
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
T await(boost::asio::io_context& context, boost::asio::awaitable<T> task) {
  std::optional<T> result;
  await(context, store(std::move(task), result));
  return std::move(*result);
}

}  // namespace sallyport::test
