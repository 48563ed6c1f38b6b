// A blocking or lengthy function on another executor, waited for from a coroutine.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <cstddef>
#include <exception>
#include <optional>
#include <type_traits>
#include <utility>

namespace sallyport::base {

/// Runs `function()` on `workers`, gives its value, and resumes on the caller's own executor. Exceptions come
/// through. The function is not cut short, so it must end by itself; what it refers to must live until then.
///
/// Two posts and no coroutine on the other side: each request goes through here.
template <class F>
boost::asio::awaitable<std::invoke_result_t<F&>> run_on(boost::asio::any_io_executor workers, F function) {
  namespace asio = boost::asio;
  std::optional<std::invoke_result_t<F&>> value;
  std::exception_ptr fault;
  const auto call = [&] {
    try {
      value.emplace(function());
    } catch (...) {
      fault = std::current_exception();
    }
  };
  const auto start = [&](auto handler) {
    // The caller's event loop is not to run out of work meanwhile.
    auto home =
        asio::prefer(asio::get_associated_executor(handler), asio::execution::outstanding_work.tracked);
    auto work = [&call, home = std::move(home), handler = std::move(handler)]() mutable {
      call();
      asio::post(home, std::move(handler));
    };
    asio::post(workers, std::move(work));
  };
  co_await asio::async_initiate<const asio::use_awaitable_t<>, void()>(start, asio::use_awaitable);
  if (fault) std::rethrow_exception(fault);
  co_return std::move(*value);
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
