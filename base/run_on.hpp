// A blocking or lengthy function on another executor, waited for from a coroutine.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <type_traits>
#include <utility>

namespace sallyport::base {

/// Runs `function()` on `workers`, gives its value, and resumes on the caller's own executor. Exceptions come
/// through. The function is not cut short, so it must end by itself; what it refers to must live until then.
template <class F>
boost::asio::awaitable<std::invoke_result_t<F&>> run_on(boost::asio::any_io_executor workers, F function) {
  auto work = [function = std::move(function)]() mutable -> boost::asio::awaitable<std::invoke_result_t<F&>> {
    co_return function();
  };
  co_return co_await boost::asio::co_spawn(std::move(workers), std::move(work), boost::asio::use_awaitable);
}

}  // namespace sallyport::base
