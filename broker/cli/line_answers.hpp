// The commands that answer each line of standard input with a line of JSON.
#pragma once

#include <functional>
#include <string>

namespace sallyport::broker::cli {

using LineAnswer = std::function<std::string(const std::string& line)>;

/// Answers come in the order of the lines, and are flushed when more input is not at once there. Blank lines
/// are passed over. Gives the exit status.
int answer_lines(const LineAnswer& answer);

}  // namespace sallyport::broker::cli
