// A blocking or lengthy function on another executor, waited for from a coroutine.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <exception>
#include <functional>
#include <optional>
#include <type_traits>
#include <utility>

namespace sallyport::base {

namespace detail {

/// `call`, which must not throw, on `workers`; resumes on the caller's own executor.
boost::asio::awaitable<void> call_on(boost::asio::any_io_executor workers, std::function<void()> call);

/// A function, and what came of it.
template <class F>
struct Called {
  F function;
  std::optional<std::invoke_result_t<F&>> value{};
  std::exception_ptr fault{};

  void operator()() noexcept {
    try {
      value.emplace(function());
    } catch (...) {
      fault = std::current_exception();
    }
  }
};

}  // namespace detail

/// Runs `function()` on `workers`, gives its value, and resumes on the caller's own executor. Exceptions come
/// through. The function is not cut short, so it must end by itself; what it refers to must live until then.
template <class F>
boost::asio::awaitable<std::invoke_result_t<F&>> run_on(boost::asio::any_io_executor workers, F function) {
  detail::Called<F> called{std::move(function)};
  std::function<void()> call = std::ref(called);
  co_await detail::call_on(std::move(workers), std::move(call));
  if (called.fault) std::rethrow_exception(called.fault);
  co_return std::move(*called.value);
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
