#include "images/process.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <deque>
#include <fcntl.h>
#include <memory>
#include <optional>
#include <spawn.h>
#include <stop_token>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace asio = boost::asio;

namespace sallyport::images {
namespace {

constexpr std::chrono::seconds kGraceBeforeKill{5};
constexpr std::size_t kLastLines = 5;
constexpr std::size_t kMaxLineBytes = 4096;

Error tool_error(std::string message) {
  return Error{ErrorKind::tool, std::move(message)};
}

/// Ends the program's process group when told to: politely, then for certain. Shared with its timer's
/// handler, which may already be queued when the program ends.
class Terminator : public std::enable_shared_from_this<Terminator> {
 public:
  Terminator(const asio::any_io_executor& executor, pid_t group) : timer_(executor), group_(group) {}

  void at(base::Clock::time_point when) {
    timer_.expires_at(when);
    timer_.async_wait([self = shared_from_this()](boost::system::error_code error) {
      if (!error) self->terminate();
    });
  }

  void terminate() {
    if (ended_) return;
    ::kill(-group_, began_ ? SIGKILL : SIGTERM);
    if (!std::exchange(began_, true)) at(base::Clock::now() + kGraceBeforeKill);
  }

  /// The program is gone; its number may soon be another's.
  void program_ended() {
    ended_ = true;
    timer_.cancel();
  }
  [[nodiscard]] bool began() const { return began_; }

 private:
  asio::steady_timer timer_;
  pid_t group_;
  bool began_ = false;
  bool ended_ = false;
};

/// Cuts output into lines; keeps the last ones.
class Lines {
 public:
  explicit Lines(LineSink sink) : sink_(std::move(sink)) {}

  void feed(std::string_view text) {
    for (const char byte : text) {
      if (byte == '\n' || byte == '\r') {
        flush();
      } else if (line_.size() < kMaxLineBytes) {
        line_.push_back(byte);
      }
    }
  }

  void flush() {
    if (line_.empty()) return;
    if (sink_) sink_(line_);
    last_.push_back(std::exchange(line_, {}));
    if (last_.size() > kLastLines) last_.pop_front();
  }

  [[nodiscard]] std::string last() const {
    std::string text;
    for (const std::string& line : last_) text += "\n  " + line;
    return text;
  }

 private:
  LineSink sink_;
  std::string line_;
  std::deque<std::string> last_;
};

struct Child {
  pid_t pid = -1;
  int output = -1;
};

Result<Child> spawn(const std::vector<std::string>& command) {
  std::array<int, 2> output{};
  if (::pipe2(output.data(), O_CLOEXEC) != 0)
    return tool_error(std::string("pipe: ") + std::generic_category().message(errno));

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, output[1], STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, output[1], STDERR_FILENO);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);

  std::vector<char*> arguments;
  arguments.reserve(command.size() + 1);
  for (const std::string& argument : command) {
    // posix_spawn takes them as char* and does not write to them.
    arguments.push_back(
        const_cast<char*>(argument.c_str()));  // NOLINT(cppcoreguidelines-pro-type-const-cast)
  }
  arguments.push_back(nullptr);

  Child child;
  const int error =
      ::posix_spawnp(&child.pid, arguments[0], &actions, &attributes, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  ::close(output[1]);
  if (error != 0) {
    ::close(output[0]);
    return tool_error(command.front() + ": " + std::generic_category().message(error));
  }
  child.output = output[0];
  return child;
}

std::string describe(int status) {
  if (WIFSIGNALED(status)) return "was killed by signal " + std::to_string(WTERMSIG(status));
  return "ended with status " + std::to_string(WEXITSTATUS(status));
}

}  // namespace

asio::awaitable<Result<void>> run_process(std::vector<std::string> command, LineSink sink,
                                          base::CallBounds bounds) {
  const auto executor = co_await asio::this_coro::executor;
  Result<Child> spawned = spawn(command);
  if (spawned.has_error()) co_return std::move(spawned).error();
  const Child child = *spawned;

  asio::posix::stream_descriptor output(executor, child.output);
  auto terminator = std::make_shared<Terminator>(executor, child.pid);
  if (bounds.deadline.when() != base::Clock::time_point::max()) terminator->at(bounds.deadline.when());
  const auto on_stop = [executor, terminator] {
    asio::post(executor, [terminator] { terminator->terminate(); });
  };
  std::optional<std::stop_callback<decltype(on_stop)>> stop_callback;
  stop_callback.emplace(bounds.stop, on_stop);

  Lines lines(std::move(sink));
  std::array<char, 4096> buffer{};
  for (;;) {
    const auto [error, count] =
        co_await output.async_read_some(asio::buffer(buffer), asio::as_tuple(asio::use_awaitable));
    if (error) break;  // The end: nobody holds the pipe any more.
    lines.feed(std::string_view(buffer.data(), count));
  }
  lines.flush();

  // The output is closed, so the program has ended or is about to.
  int status = 0;
  asio::steady_timer pause(executor);
  while (::waitpid(child.pid, &status, WNOHANG) == 0) {
    pause.expires_after(std::chrono::milliseconds(5));
    co_await pause.async_wait(asio::as_tuple(asio::use_awaitable));
  }
  stop_callback.reset();
  terminator->program_ended();
  if (terminator->began()) co_return Error{ErrorKind::stopped, command.front() + " was stopped"};
  if (status != 0) co_return tool_error(command.front() + " " + describe(status) + ":" + lines.last());
  co_return Result<void>();
}

bool is_installed(const std::string& program) {
  const char* path = std::getenv("PATH");  // NOLINT(concurrency-mt-unsafe): nobody changes the environment
  std::string_view rest = path != nullptr ? path : "/usr/sbin:/usr/bin:/sbin:/bin";
  while (!rest.empty()) {
    const std::size_t colon = rest.find(':');
    const std::string file = std::string(rest.substr(0, colon)) + "/" + program;
    if (::access(file.c_str(), X_OK) == 0) return true;
    rest.remove_prefix(colon == std::string_view::npos ? rest.size() : colon + 1);
  }
  return false;
}

}  // namespace sallyport::images
