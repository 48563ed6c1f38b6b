#include "runners/gvisor_sandbox.hpp"

#include "runners/seconds.hpp"

#include <chrono>
#include <utility>

namespace asio = boost::asio;

namespace sallyport::runners {
namespace {

constexpr std::size_t kMaxEarlyOutput = 4096;

SandboxFailure failure_for(const docker::Error& error) {
  switch (error.kind) {
    case docker::ErrorKind::connect_failed:
    case docker::ErrorKind::closed:
      return SandboxFailure::engine_unreachable;
    case docker::ErrorKind::timed_out:
      return SandboxFailure::engine_timed_out;
    case docker::ErrorKind::engine:
    case docker::ErrorKind::malformed:
    case docker::ErrorKind::too_large:
    case docker::ErrorKind::invalid_request:
    case docker::ErrorKind::stopped:
      break;
  }
  return SandboxFailure::engine_refused;
}

/// The engine tells these apart in words only (moby: daemon/create.go, daemon/start_unix.go, libcontainerd).
SandboxFailure failure_for_create(const docker::Error& error) {
  if (error.is_not_found()) return SandboxFailure::image_missing;
  if (error.message.find("unknown or invalid runtime name") != std::string::npos ||
      error.message.find("Unknown runtime specified") != std::string::npos) {
    return SandboxFailure::runtime_missing;
  }
  return failure_for(error);
}

SandboxFailure failure_for_start(const docker::Error& error) {
  if (error.kind != docker::ErrorKind::engine) return failure_for(error);
  const bool cannot_execute = error.message.find("no such file or directory") != std::string::npos ||
                              error.message.find("permission denied") != std::string::npos;
  if (cannot_execute && error.message.find("fork/exec") != std::string::npos) {
    return SandboxFailure::runtime_missing;
  }
  return SandboxFailure::start_failed;
}

}  // namespace

SandboxFault fault_because(SandboxFailure failure, std::string message) {
  SandboxFault made;
  made.failure = failure;
  made.message = std::move(message);
  return made;
}

SandboxFault fault_of(const docker::Error& error, const std::string& what) {
  SandboxFault made = fault_because(failure_for(error), what + ": " + error.to_string());
  made.stopped = error.kind == docker::ErrorKind::stopped;
  return made;
}

base::CallBounds call_bounds(const GVisorContext& context, const base::CallBounds& outer) {
  return base::CallBounds(outer.deadline.at_most(milliseconds_of(context.engine.call_timeout_seconds)),
                          outer.stop);
}

base::CallBounds evidence_bounds(const GVisorContext& context) {
  return base::CallBounds(base::Deadline::after(milliseconds_of(context.engine.call_timeout_seconds)));
}

base::CallBounds start_bounds(const GVisorContext& context, const base::CallBounds& outer) {
  return base::CallBounds(outer.deadline.at_most(milliseconds_of(context.engine.start_timeout_seconds)),
                          outer.stop);
}

GVisorSandbox::GVisorSandbox(GVisorContext& context, SandboxClass sandbox_class, std::string execution_id)
    : context_(context),
      class_(std::move(sandbox_class)),
      execution_id_(std::move(execution_id)),
      name_("sallyport-" + context.identity.run + "-" + std::to_string(++context.created)) {}

GVisorSandbox::~GVisorSandbox() {
  if (!container_id_.empty()) context_.oom_watch.forget(container_id_);
  if (created_) context_.dependencies.reaper.remove(name_, std::move(stream_));
}

asio::awaitable<std::optional<SandboxFault>> GVisorSandbox::prepare(base::CallBounds bounds) {
  auto failed = co_await create(bounds);
  if (!failed) failed = co_await attach(bounds);
  if (failed) co_return failed;
  // One deadline for the start and the agent's first word.
  const base::CallBounds starting = start_bounds(context_, bounds);
  failed = co_await start(starting);
  if (!failed) failed = co_await await_ready(starting);
  co_return failed;
}

GVisorSandbox::Step GVisorSandbox::create(base::CallBounds bounds) {
  docker::ContainerSpec spec =
      make_container_spec(class_, context_.runner, context_.identity, name_, execution_id_);
  context_.dependencies.reaper.claim(name_);
  created_ = true;  // From here on it may exist, whatever the call says.
  // Not stopped by the caller: a create that is cut may still make a container, behind its removal's back.
  const base::CallBounds unstoppable(call_bounds(context_, bounds).deadline);
  auto created = co_await context_.dependencies.client.create_container(std::move(spec), unstoppable);
  if (!created) {
    co_return fault_because(failure_for_create(created.error()),
                            "the sandbox could not be created: " + created.error().to_string());
  }
  container_id_ = created->id;
  context_.oom_watch.expect(container_id_);
  if (!created->warnings.empty()) {
    // "Limitation discarded": the engine took the request, but will not hold a limit.
    co_return fault_because(SandboxFailure::unsupported,
                            "the engine cannot honour what was asked: " + created->warnings.front());
  }
  co_return std::nullopt;
}

GVisorSandbox::Step GVisorSandbox::attach(base::CallBounds bounds) {
  const base::CallBounds asking = call_bounds(context_, bounds);
  auto stream = co_await context_.dependencies.client.attach(container_id_, asking);
  if (!stream) co_return fault_of(stream.error(), "the sandbox's streams could not be attached");
  stream_ = std::move(*stream);
  co_return std::nullopt;
}

GVisorSandbox::Step GVisorSandbox::start(base::CallBounds bounds) {
  const auto started = co_await context_.dependencies.client.start(container_id_, bounds);
  if (started) co_return std::nullopt;
  SandboxFault made = fault_of(started.error(), "the sandbox did not start");
  made.failure = failure_for_start(started.error());
  co_return made;
}

GVisorSandbox::Step GVisorSandbox::await_ready(base::CallBounds bounds) {
  while (true) {
    auto chunk = co_await stream_->read(bounds);
    if (!chunk) {
      if (chunk.error().kind == docker::ErrorKind::timed_out) {
        co_return fault_because(SandboxFailure::start_failed, "the guest agent was not ready in time");
      }
      co_return fault_of(chunk.error(), "the sandbox's output broke off before the agent was ready");
    }
    if (!*chunk) co_return co_await explain_failed_start("the guest agent ended before it was ready");
    const docker::OutputChunk& output = **chunk;
    if (output.stream == docker::StreamKind::stderr_stream) {
      if (early_stderr_.size() < kMaxEarlyOutput) early_stderr_.append(output.data, 0, kMaxEarlyOutput);
      continue;
    }
    switch (ready_parser_.feed(output.data)) {
      case ReadyParser::Status::need_more:
        break;
      case ReadyParser::Status::malformed:
        co_return fault_because(
            SandboxFailure::start_failed,
            "the image's program is not a guest agent; it wrote: " + ready_parser_.excerpt());
      case ReadyParser::Status::ready:
        co_return std::nullopt;
    }
  }
}

GVisorSandbox::Step GVisorSandbox::explain_failed_start(std::string what) {
  const base::CallBounds bounds = evidence_bounds(context_);
  const auto details = co_await context_.dependencies.client.inspect(container_id_, bounds);
  bool oom_killed = false;
  if (details) {
    what += "; exit status " + std::to_string(details->exit_code);
    if (details->oom_killed) what += ", out of memory";
    if (!details->error.empty()) what += ", " + details->error;
    oom_killed = details->oom_killed;
  }
  if (!early_stderr_.empty()) what += "; it wrote: " + early_stderr_;
  SandboxFault made = fault_because(SandboxFailure::start_failed, std::move(what));
  made.oom_killed = oom_killed;
  co_return made;
}

asio::awaitable<bool> GVisorSandbox::watch(base::CallBounds bounds) {
  if (!leftover().empty()) co_return false;
  const auto chunk = co_await stream_->read(bounds);
  // Output, an end, a fault of the connection: none of them is what an idle agent does.
  if (chunk) co_return false;
  co_return chunk.error().kind == docker::ErrorKind::stopped ||
      chunk.error().kind == docker::ErrorKind::timed_out;
}

asio::awaitable<bool> GVisorSandbox::await_next(std::string early, base::CallBounds bounds) {
  ready_parser_ = ReadyParser();
  auto status = ready_parser_.feed(early);
  while (status == ReadyParser::Status::need_more) {
    const auto chunk = co_await stream_->read(bounds);
    if (!chunk || !*chunk || (*chunk)->stream != docker::StreamKind::stdout_stream) co_return false;
    status = ready_parser_.feed((*chunk)->data);
  }
  co_return status == ReadyParser::Status::ready;
}

}  // namespace sallyport::runners
