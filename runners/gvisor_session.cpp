#include "runners/gvisor_session.hpp"

#include "base/event.hpp"
#include "runners/sandbox_end.hpp"

#include <cstddef>
#include <utility>
#include <variant>

namespace asio = boost::asio;

namespace sallyport::runners {
namespace {

/// Of both streams together, from one cell to the next. What is more waits in the sandbox.
constexpr std::size_t kMaxIdleOutput = 64 * 1024;

OpenedSession failed(SandboxFault fault) {
  OpenedSession opened;
  opened.failure.verdict = fault.stopped ? Verdict::stopped : Verdict::sandbox_failed;
  opened.failure.failure = fault.failure;
  opened.failure.message = std::move(fault.message);
  opened.failure.oom_killed = fault.oom_killed;
  return opened;
}

}  // namespace

GVisorSession::GVisorSession(GVisorContext& context, std::unique_ptr<GVisorSandbox> sandbox)
    : context_(context), sandbox_(std::move(sandbox)) {
  between_.stdout_bytes = sandbox_->leftover();
}

void GVisorSession::end(std::string why) {
  why_ended_ = std::move(why);
  sandbox_.reset();  // To the reaper.
}

asio::awaitable<Outcome> GVisorSession::run(Job job, OutputSink* sink, base::CallBounds bounds) {
  if (!sandbox_) {
    Outcome gone;
    gone.failure = SandboxFailure::sandbox_crashed;
    gone.message = why_ended_;
    co_return gone;
  }
  ++sandbox_->jobs;
  GVisorCell cell(context_, *sandbox_, std::move(job), sink);
  Outcome outcome = co_await cell.run(std::exchange(between_, IdleOutput()), std::move(bounds));
  if (cell.over()) {
    end(*cell.over());
  } else {
    between_ = cell.take_behind();
  }
  co_return outcome;
}

asio::awaitable<std::optional<std::string>> GVisorSession::idle(base::CallBounds bounds) {
  while (sandbox_ && between_.stdout_bytes.size() + between_.stderr_bytes.size() < kMaxIdleOutput) {
    const auto chunk = co_await sandbox_->stream().read(bounds);
    if (chunk && *chunk) {
      const bool out = (*chunk)->stream == docker::StreamKind::stdout_stream;
      (out ? between_.stdout_bytes : between_.stderr_bytes).append((*chunk)->data);
      continue;
    }
    if (!chunk) {
      const docker::ErrorKind kind = chunk.error().kind;
      if (kind == docker::ErrorKind::timed_out || kind == docker::ErrorKind::stopped) co_return std::nullopt;
      end("the connection to its sandbox broke off: " + chunk.error().to_string());
      break;
    }
    const auto found = co_await await_end(context_, sandbox_->container_id());
    if (const auto* unknown = std::get_if<SandboxFault>(&found)) {
      end(unknown->message);
    } else {
      const auto& ended = std::get<SandboxEnd>(found);
      bool oom_killed = ended.oom_killed;
      if (!oom_killed && ended.exit_status == kKilledStatus) {
        oom_killed = co_await was_killed_for_memory(context_, sandbox_->container_id(), bounds.stop);
      }
      end(oom_killed ? "it used more than its memory between two cells and was killed"
                     : "its interpreter ended between two cells, with exit status " +
                           std::to_string(ended.exit_status));
    }
  }
  if (!sandbox_) co_return why_ended_;
  co_await base::sleep(bounds);
  co_return std::nullopt;
}

asio::awaitable<OpenedSession> open_gvisor_session(GVisorContext& context, SandboxPool& pool,
                                                   SessionSpec spec, base::CallBounds bounds) {
  const auto image = context.dependencies.images.resolve(spec.image);
  if (!image) {
    co_return failed(
        fault_because(SandboxFailure::image_missing, "no verified image \"" + spec.image + "\""));
  }
  OpenedSession opened;
  auto sandbox = co_await pool.take(spec.image, image->digest, spec.limits);
  opened.warm = sandbox != nullptr;
  if (!sandbox) {
    const SandboxPool::ColdStart start(pool);
    SandboxClass made = exact_class(spec.image, image->digest, spec.limits, context.runner);
    sandbox = std::make_unique<GVisorSandbox>(context, std::move(made), spec.id);
    auto fault = co_await sandbox->prepare(bounds);
    if (fault) co_return failed(std::move(*fault));
    pool.note_cold_success(shared_class(spec.image, image->digest, spec.limits, context.runner));
  }
  if (!sandbox->has_cells()) {
    co_return failed(
        fault_because(SandboxFailure::unsupported,
                      "the image \"" + spec.image +
                          "\" is older than sessions; its operator builds it again with: sallyport "
                          "images build " +
                          spec.image));
  }
  opened.session = std::make_unique<GVisorSession>(context, std::move(sandbox));
  co_return opened;
}

}  // namespace sallyport::runners
