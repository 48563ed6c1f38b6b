#include "broker/cli/line_answers.hpp"

#include "broker/cli/command_line.hpp"
#include "broker/cli/line_input.hpp"

#include <cstddef>
#include <iostream>
#include <unistd.h>

namespace sallyport::broker::cli {
namespace {

constexpr std::size_t kLongestLine = std::size_t{256} << 20U;
constexpr std::size_t kMostUnsent = std::size_t{1} << 20U;

}  // namespace

int answer_lines(const LineAnswer& answer) {
  std::string unsent;
  const auto send = [&] {
    std::cout << unsent << std::flush;
    unsent.clear();
  };
  LineInput input(STDIN_FILENO, kLongestLine, send);
  std::string line;
  for (;;) {
    switch (input.next(line)) {
      case LineInput::Read::end:
        send();
        return std::cout ? kSuccess : kFailure;
      case LineInput::Read::too_long:
        send();
        std::cerr << "sallyport: a line is longer than " << kLongestLine << " bytes\n";
        return kUsage;
      case LineInput::Read::line:
        break;
    }
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    unsent += answer(line);
    unsent += '\n';
    if (unsent.size() > kMostUnsent) send();
  }
}

}  // namespace sallyport::broker::cli
