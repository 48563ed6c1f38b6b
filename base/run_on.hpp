// A blocking or lengthy function on another executor, waited for from a coroutine.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <cstddef>
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

/// As `run_on`, where there are workers and `bytes` are more than `most_inline`; else at once, here. For work
/// of linear time on `bytes`, of which a hop to another thread costs about what `most_inline` costs.
template <class F>
boost::asio::awaitable<std::invoke_result_t<F&>> run_beside(boost::asio::any_io_executor workers,
                                                            std::size_t bytes, std::size_t most_inline,
                                                            F function) {
  if (bytes <= most_inline || !workers) co_return function();
  co_return co_await run_on(std::move(workers), std::move(function));
}

}  // namespace sallyport::base
