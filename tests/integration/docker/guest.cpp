// The only program in the image that the tests make: linked statically, so that the image needs nothing else.
//
//   guest COMMAND [ARGUMENT] [COMMAND [ARGUMENT]]...
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <unistd.h>

namespace {

void put(int stream, std::string_view text) {
  while (!text.empty()) {
    const auto written = ::write(stream, text.data(), text.size());
    if (written <= 0) std::_Exit(100);
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

void copy_input() {
  char buffer[65536];
  for (;;) {
    const auto size = ::read(STDIN_FILENO, buffer, sizeof buffer);
    if (size < 0) std::_Exit(101);
    if (size == 0) return;
    put(STDOUT_FILENO, std::string_view(buffer, static_cast<std::size_t>(size)));
  }
}

void flood(long bytes) {
  char line[1024];
  std::memset(line, 'x', sizeof line);
  line[sizeof line - 1] = '\n';
  for (; bytes > 0; bytes -= static_cast<long>(sizeof line))
    put(STDOUT_FILENO, std::string_view(line, sizeof line));
}

}  // namespace

int main(int count, char** arguments) {
  for (int i = 1; i < count; ++i) {
    const std::string_view command = arguments[i];
    const char* argument = i + 1 < count ? arguments[i + 1] : "";
    if (command == "cat") {
      copy_input();
      put(STDOUT_FILENO, "<end of input>");
      continue;
    }
    ++i;
    if (command == "out") {
      put(STDOUT_FILENO, argument);
    } else if (command == "err") {
      put(STDERR_FILENO, argument);
    } else if (command == "sleep") {
      ::sleep(static_cast<unsigned>(std::atoi(argument)));
    } else if (command == "flood") {
      flood(std::atol(argument));
    } else if (command == "exit") {
      return std::atoi(argument);
    } else {
      return 99;
    }
  }
  return 0;
}
