#include "broker/reply_text.hpp"

#include "base/run_on.hpp"

#include <cstddef>
#include <utility>

namespace sallyport::broker {

namespace {
constexpr std::size_t kMaxInlineReply = 64 * 1024;
}  // namespace

boost::asio::awaitable<std::string> reply_text(ExecutionReply reply, boost::asio::any_io_executor workers) {
  const std::size_t bytes = bytes_of(reply);
  auto write = [&reply] { return to_json(reply); };
  co_return co_await base::run_beside(std::move(workers), bytes, kMaxInlineReply, std::move(write));
}

}  // namespace sallyport::broker
