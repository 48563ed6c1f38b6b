#include "broker/metrics/process.hpp"

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <sys/resource.h>
#include <system_error>
#include <unistd.h>

namespace sallyport::broker::metrics {
namespace {

/// The fields of /proc/self/stat that are wanted, by their numbers in proc(5). The second one, the program's
/// name, may hold anything, so counting begins behind its closing bracket.
constexpr int kFirstField = 3;
constexpr int kUserTicks = 14;
constexpr int kSystemTicks = 15;
constexpr int kStartTicks = 22;
constexpr int kResidentPages = 24;

double boot_time() {
  std::ifstream file("/proc/stat");
  for (std::string word; file >> word;) {
    double seconds = 0;
    if (word == "btime" && file >> seconds) return seconds;
  }
  return 0;
}

double count_fds() {
  std::error_code error;
  double count = 0;
  std::filesystem::directory_iterator entry("/proc/self/fd", error);
  for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) ++count;
  return count > 0 ? count - 1 : 0;  // Without the one that lists them.
}

}  // namespace

Process read_process() {
  Process process;
  const auto ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
  std::ifstream file("/proc/self/stat");
  std::string text;
  std::getline(file, text);
  const auto bracket = text.rfind(')');
  if (bracket != std::string::npos) {
    std::istringstream fields(text.substr(bracket + 1));
    std::string field;
    for (int number = kFirstField; fields >> field && number <= kResidentPages; ++number) {
      const double value = number == kFirstField ? 0 : std::strtod(field.c_str(), nullptr);
      if (number == kUserTicks || number == kSystemTicks) process.cpu_seconds += value / ticks;
      if (number == kStartTicks) process.start_time_seconds = boot_time() + value / ticks;
      if (number == kResidentPages) {
        process.resident_bytes = value * static_cast<double>(::sysconf(_SC_PAGESIZE));
      }
    }
  }
  process.open_fds = count_fds();
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) process.max_fds = static_cast<double>(limit.rlim_cur);
  return process;
}

}  // namespace sallyport::broker::metrics
