#include "broker/reply_text.hpp"

#include "base/run_on.hpp"

#include <cstddef>
#include <utility>

namespace sallyport::broker {

namespace {
constexpr std::size_t kMaxInlineReply = 64 * 1024;
}  // namespace

boost::asio::awaitable<std::string> reply_text(ExecutionReply reply, boost::asio::any_io_executor workers) {
  if (bytes_of(reply) <= kMaxInlineReply || !workers) co_return to_json(std::move(reply));
  auto write = [&reply] { return to_json(std::move(reply)); };
  co_return co_await base::run_on(std::move(workers), std::move(write));
}

}  // namespace sallyport::broker
