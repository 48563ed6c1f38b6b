// The text of a reply.
#pragma once

#include "broker/api/execution_reply.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <string>

namespace sallyport::broker {

/// What `to_json` gives. Large replies are written on `workers` where there are any: megabytes of artifacts
/// take tens of milliseconds.
[[nodiscard]] boost::asio::awaitable<std::string> reply_text(ExecutionReply reply,
                                                             boost::asio::any_io_executor workers);

}  // namespace sallyport::broker
