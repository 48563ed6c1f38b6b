// An asynchronous client for the Docker Engine API.
#pragma once

#include "base/deadline.hpp"
#include "docker/error.hpp"
#include "docker/types.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::docker {

/// One call to the engine, when the header of its answer has come or it has failed.
struct CallReport {
  std::string_view call;   ///< "POST /containers/{id}/start": one of a fixed set.
  std::string_view error;  ///< Empty; or "not found" for a 404, else what `to_string(ErrorKind)` says.
  std::chrono::nanoseconds duration{0};
};

/// Hears of each call; on the executor's thread, and must neither block nor throw. May be empty.
using CallObserver = std::function<void(const CallReport& report)>;

struct ClientOptions {
  std::string socket_path = "/var/run/docker.sock";
  std::size_t max_idle_connections = 16;  ///< Kept open for the next call.
  std::size_t max_connections = 256;      ///< In use and idle together; a call beyond waits for its deadline.
  std::size_t max_response_bytes = 8 * 1024 * 1024;  ///< Of a body that is not a stream.
  std::size_t max_frame_bytes = 16 * 1024 * 1024;    ///< Of one frame of an attached stream.
  std::size_t max_line_bytes = 1024 * 1024;          ///< Of one line of an event or progress stream.
  CallObserver on_call;
};

enum class StreamKind { stdout_stream, stderr_stream };

/// A piece of a container's output.
struct OutputChunk {
  StreamKind stream = StreamKind::stdout_stream;
  std::string data;
};

/// The hijacked connection of an attach: the container's stdin, and its stdout and stderr demultiplexed.
/// Owned by its holder; destroying it closes the connection. Reads and writes may be under way at the same
/// time, one of each. Thread-safety: the executor's one thread.
class AttachedStream {
 public:
  class Impl;
  explicit AttachedStream(std::unique_ptr<Impl> impl);
  AttachedStream(AttachedStream&&) noexcept;
  AttachedStream& operator=(AttachedStream&&) noexcept;
  AttachedStream(const AttachedStream&) = delete;
  AttachedStream& operator=(const AttachedStream&) = delete;
  ~AttachedStream();

  /// Writes all of `data` to the container's stdin. `data` must live until the call returns. After an error a
  /// part of it may have gone out, so every further write is refused with `closed`; reads still work.
  boost::asio::awaitable<Result<void>> write(std::string_view data, base::CallBounds bounds);

  /// Half-closes: the container's stdin sees EOF (with `StdinOnce`), its output still flows.
  Result<void> close_stdin();

  /// The next piece of output, never empty; no value at the end of both streams. A frame larger than an
  /// internal buffer comes in several pieces. After an error the stream is of no further use, except after
  /// `timed_out` and `stopped`, where a further read goes on where the last one was.
  boost::asio::awaitable<Result<std::optional<OutputChunk>>> read(base::CallBounds bounds);

  /// Cuts the connection; a read or write under way ends with `closed` or `stopped`. Idempotent.
  void close();

 private:
  std::unique_ptr<Impl> impl_;
};

/// A wait that the engine has registered: from here on no exit can be missed.
class PendingExit {
 public:
  class Impl;
  explicit PendingExit(std::unique_ptr<Impl> impl);
  PendingExit(PendingExit&&) noexcept;
  PendingExit& operator=(PendingExit&&) noexcept;
  PendingExit(const PendingExit&) = delete;
  PendingExit& operator=(const PendingExit&) = delete;
  ~PendingExit();

  /// Waits for the exit. After `timed_out` or `stopped` it may be called again.
  boost::asio::awaitable<Result<ExitInfo>> get(base::CallBounds bounds);

 private:
  std::unique_ptr<Impl> impl_;
};

/// The engine's events as they happen. Destroying it ends the subscription.
class EventStream {
 public:
  class Impl;
  explicit EventStream(std::unique_ptr<Impl> impl);
  EventStream(EventStream&&) noexcept;
  EventStream& operator=(EventStream&&) noexcept;
  EventStream(const EventStream&) = delete;
  EventStream& operator=(const EventStream&) = delete;
  ~EventStream();

  /// The next event; no value when the engine has ended the stream. May be called again after `timed_out`.
  boost::asio::awaitable<Result<std::optional<Event>>> next(base::CallBounds bounds);

 private:
  std::unique_ptr<Impl> impl_;
};

/// Gives the next piece of an upload; an empty piece ends it. Called from the client's coroutine; it must not
/// block for long. What it throws becomes an `invalid_request`. It is not called further once the engine has
/// answered before the end.
using TarSource = std::function<std::string()>;

/// Tells about the progress of a build or import, a line at a time. May be empty.
using ProgressSink = std::function<void(std::string_view line)>;

/// The engine. One object serves any number of concurrent calls over a pool of connections; a call on a
/// connection that the engine closed while idle is repeated once on a new one if no byte of an answer came
/// and the call is safe to repeat.
///
/// Every call carries its deadline and stop token in `bounds`, keeps to it whatever the engine does, and
/// gives its error as a value. A connection on which a call was cut is closed, never used again. Names and
/// ids are checked before they go into a path; one that fails is `invalid_request`, and nothing is sent.
///
/// A stream (attach, wait, events) holds a connection until it is destroyed or its answer is complete. Where
/// many live at once, `max_connections` must be well above their number, or short calls wait for their
/// deadline.
///
/// Thread-safety: all calls belong to the executor's one thread (or strand). The client must outlive its
/// calls and the streams that came from it.
class Client {
 public:
  Client(boost::asio::any_io_executor executor, ClientOptions options);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // --- engine
  /// GET /_ping. Cheap; for readiness.
  boost::asio::awaitable<Result<void>> ping(base::CallBounds bounds);
  /// GET /version, unversioned; chooses the API version for all further calls: the newest that both sides
  /// speak (this client: 1.41 to 1.47). Calls before it use 1.41. An engine without a common version is an
  /// error that names both ranges.
  boost::asio::awaitable<Result<Version>> negotiate(base::CallBounds bounds);
  boost::asio::awaitable<Result<EngineInfo>> info(base::CallBounds bounds);
  /// Events from the time of this call on, those included that happen before the engine has subscribed us.
  boost::asio::awaitable<Result<EventStream>> events(EventFilter filter, base::CallBounds bounds);

  // --- containers
  boost::asio::awaitable<Result<CreatedContainer>> create_container(ContainerSpec spec,
                                                                    base::CallBounds bounds);
  /// POST /containers/{id}/attach, hijacked. The engine registers the attach before it answers, so no output
  /// of a container that is started later is lost.
  boost::asio::awaitable<Result<AttachedStream>> attach(std::string id, base::CallBounds bounds);
  /// A container that runs already is success.
  boost::asio::awaitable<Result<void>> start(std::string id, base::CallBounds bounds);
  /// Returns when the engine has registered the wait (its header has come).
  boost::asio::awaitable<Result<PendingExit>> wait(std::string id, WaitCondition condition,
                                                   base::CallBounds bounds);
  boost::asio::awaitable<Result<ContainerDetails>> inspect(std::string id, base::CallBounds bounds);
  /// One sample, without the second that the engine otherwise waits for (`stream=false&one-shot=true`).
  boost::asio::awaitable<Result<ContainerStats>> stats(std::string id, base::CallBounds bounds);
  /// Gives the engine's warnings, as `create_container` does: a limit that will not hold. gVisor cannot
  /// change a container that runs (the engine answers 500); one that is created and not started it can.
  boost::asio::awaitable<Result<std::vector<std::string>>> update(std::string id, ContainerUpdate update,
                                                                  base::CallBounds bounds);
  /// A container that does not run is an `engine` error with status 409.
  boost::asio::awaitable<Result<void>> kill(std::string id, std::string signal, base::CallBounds bounds);
  /// DELETE with force and volumes. A container that is already gone is success.
  boost::asio::awaitable<Result<void>> remove(std::string id, base::CallBounds bounds);
  /// All containers, running or not, that carry all of these labels (empty value: the key alone).
  boost::asio::awaitable<Result<std::vector<ContainerSummary>>> list_containers(Labels labels,
                                                                                base::CallBounds bounds);

  // --- images
  boost::asio::awaitable<Result<std::vector<ImageSummary>>> list_images(Labels labels,
                                                                        base::CallBounds bounds);
  boost::asio::awaitable<Result<ImageDetails>> inspect_image(std::string name, base::CallBounds bounds);
  /// A root file system as a tar stream becomes an image; gives its id.
  boost::asio::awaitable<Result<std::string>> import_image(ImageImportOptions options, TarSource tar,
                                                           ProgressSink progress, base::CallBounds bounds);
  /// A build context as a tar stream becomes an image; gives its id. Uses the classic builder. The
  /// API cannot choose a build's runtime: `options.runtime` that is not empty is `invalid_request`.
  boost::asio::awaitable<Result<std::string>> build_image(ImageBuildOptions options, TarSource tar,
                                                          ProgressSink progress, base::CallBounds bounds);
  /// A name without a tag or digest means the tag "latest", never all tags.
  boost::asio::awaitable<Result<void>> pull_image(std::string name, ProgressSink progress,
                                                  base::CallBounds bounds);
  boost::asio::awaitable<Result<void>> tag_image(std::string name, std::string repository, std::string tag,
                                                 base::CallBounds bounds);
  boost::asio::awaitable<Result<void>> remove_image(std::string name, bool force, base::CallBounds bounds);

  /// Closes all idle connections; calls under way are not touched.
  void close_idle();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sallyport::docker
