// Runs a program and waits for it without blocking the executor's thread.
#pragma once

#include "base/deadline.hpp"
#include "images/error.hpp"

#include <boost/asio/awaitable.hpp>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::images {

/// Gets each line that the program writes to stdout or stderr. May be empty.
using LineSink = std::function<void(std::string_view line)>;

/// Runs `command` (looked up in PATH; no shell) with an empty stdin. At the deadline or a stop the program
/// and its children get SIGTERM, five seconds later SIGKILL. An exit status other than 0 is an error that
/// holds the last lines of output.
boost::asio::awaitable<Result<void>> run_process(std::vector<std::string> command, LineSink sink,
                                                 base::CallBounds bounds);

/// Whether an executable of this name is in PATH.
[[nodiscard]] bool is_installed(const std::string& program);

}  // namespace sallyport::images
