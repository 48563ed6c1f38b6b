#include "base/run_on.hpp"

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace sallyport::base::detail {

namespace asio = boost::asio;

// Two posts and no coroutine on the other side: each request goes through here.
asio::awaitable<void> call_on(asio::any_io_executor workers, std::function<void()> call) {
  auto start = [](auto handler, const asio::any_io_executor& there, std::function<void()> own_call) {
    // The caller's event loop is not to run out of work meanwhile.
    auto home =
        asio::prefer(asio::get_associated_executor(handler), asio::execution::outstanding_work_t::tracked);
    auto work = [own_call = std::move(own_call), home = std::move(home),
                 handler = std::move(handler)]() mutable {
      own_call();
      asio::post(home, std::move(handler));
    };
    asio::post(there, std::move(work));
  };
  return asio::async_initiate<const asio::use_awaitable_t<>, void()>(std::move(start), asio::use_awaitable,
                                                                     std::move(workers), std::move(call));
}

}  // namespace sallyport::base::detail
