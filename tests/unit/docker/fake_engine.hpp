// An engine that does what a script says, on a Unix socket in a temporary folder.
#pragma once

#include <atomic>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace sallyport::test {

/// The engine's side of one connection, with blocking calls. They throw `Gone` when the client or the test
/// has ended; scripts need not catch it.
class Peer {
 public:
  struct Gone {};

  explicit Peer(int socket) : socket_(socket) {}
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;
  Peer(Peer&&) = delete;
  Peer& operator=(Peer&&) = delete;
  ~Peer();

  /// Head and body of the next request, the chunked coding taken off.
  std::string read_request();
  /// The head of the next request.
  std::string read_head();
  /// Exactly this many bytes.
  std::string read_bytes(std::size_t count);
  /// Waits until the client has closed, or half-closed; gives what came before.
  std::string read_to_end();

  void send(std::string_view text);
  /// The client gets every byte in a read of its own.
  void send_byte_by_byte(std::string_view text);
  /// An ordinary answer with a JSON body.
  void answer(int status, std::string_view body);

  /// Reads nothing more; waits until the client has closed.
  void stall();

  void close();      ///< Both directions, at once.
  void shut_down();  ///< The same for whoever blocks on it. Any thread.

 private:
  bool fill();

  int socket_;
  std::string buffer_;
};

using Script = std::function<void(Peer&)>;

/// Serves the n-th connection by the n-th script, each on a thread of its own; the last script serves all
/// that follow.
class FakeEngine {
 public:
  explicit FakeEngine(std::vector<Script> scripts);
  explicit FakeEngine(Script script) : FakeEngine(std::vector<Script>{std::move(script)}) {}
  FakeEngine(const FakeEngine&) = delete;
  FakeEngine& operator=(const FakeEngine&) = delete;
  FakeEngine(FakeEngine&&) = delete;
  FakeEngine& operator=(FakeEngine&&) = delete;
  ~FakeEngine();

  [[nodiscard]] const std::string& socket_path() const { return socket_path_; }
  [[nodiscard]] std::size_t connections() const { return connections_; }

 private:
  void accept_all();

  std::vector<Script> scripts_;
  std::string folder_;
  std::string socket_path_;
  int listener_ = -1;
  std::atomic<std::size_t> connections_ = 0;
  std::mutex mutex_;
  std::list<Peer> peers_;
  std::vector<std::thread> threads_;
  std::thread acceptor_;
};

/// "HTTP/1.1 200 OK" with a JSON body.
std::string http_answer(int status, std::string_view body);
/// The head of an answer in chunks.
std::string chunked_head(int status = 200);
std::string chunk(std::string_view data);
/// A frame of an attached stream.
std::string frame(unsigned char stream, std::string_view data);

}  // namespace sallyport::test
