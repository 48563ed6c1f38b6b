#include "runners/gvisor_runner.hpp"

#include "runners/gvisor_execution.hpp"
#include "runners/gvisor_session.hpp"

#include <algorithm>
#include <cstddef>
#include <stdexcept>
#include <sys/random.h>
#include <utility>

namespace asio = boost::asio;

namespace sallyport::runners {

struct GVisorRunner::Shared {
  Shared(GVisorRunnerDependencies dependencies, config::Runner runner, config::Engine engine,
         InstanceIdentity identity)
      : context{dependencies, std::move(runner), std::move(engine), identity,
                OomWatch(dependencies.executor, dependencies.client, identity)},
        pool(context),
        kept(context) {}

  GVisorContext context;
  SandboxPool pool;
  KeptSandboxes kept;
};

GVisorRunner::GVisorRunner(GVisorRunnerDependencies dependencies, config::Runner runner,
                           config::Engine engine, InstanceIdentity identity)
    : shared_(std::make_unique<Shared>(std::move(dependencies), std::move(runner), std::move(engine),
                                       std::move(identity))) {}

GVisorRunner::~GVisorRunner() = default;

void GVisorRunner::warm_up(std::string image, const Limits& limits, PoolObserver* observer) {
  shared_->pool.start(std::move(image), limits, observer);
}

PoolCounts GVisorRunner::pool_counts() const {
  PoolCounts counts = shared_->pool.counts();
  counts.kept = shared_->kept.count();
  counts.reused_total = shared_->kept.reused_total();
  return counts;
}

asio::awaitable<Outcome> GVisorRunner::run(Job job, OutputSink* sink, base::CallBounds bounds) {
  const SandboxPool::Running running(shared_->pool);
  GVisorExecution execution(shared_->context, shared_->pool, shared_->kept, std::move(job), sink);
  co_return co_await execution.run(std::move(bounds));
}

asio::awaitable<OpenedSession> GVisorRunner::open_session(SessionSpec spec, base::CallBounds bounds) {
  co_return co_await open_gvisor_session(shared_->context, shared_->pool, std::move(spec), std::move(bounds));
}

asio::awaitable<Health> GVisorRunner::check(std::string image, base::CallBounds bounds) {
  GVisorContext& context = shared_->context;
  const auto unhealthy = [](std::string message) {
    Health health;
    health.message = std::move(message);
    return health;
  };

  const auto info = co_await context.dependencies.client.info(bounds);
  if (!info) co_return unhealthy("the Docker Engine does not answer: " + info.error().to_string());
  const auto& known = info->runtimes;
  if (std::find(known.begin(), known.end(), context.runner.runtime) == known.end()) {
    co_return unhealthy("the engine knows no runtime \"" + context.runner.runtime +
                        "\"; register it (docs/operations) or name another in runner.runtime");
  }

  const auto resolved = context.dependencies.images.resolve(image);
  if (!resolved) {
    co_return unhealthy("no verified image \"" + image + "\"; run: sallyport images build " + image);
  }
  const auto details = co_await context.dependencies.client.inspect_image(resolved->digest, bounds);
  if (!details) {
    co_return unhealthy("the engine does not have image \"" + image + "\" (" + resolved->digest +
                        "): " + details.error().to_string() + "; run: sallyport images build " + image);
  }
  Health health;
  health.ok = true;
  co_return health;
}

asio::awaitable<void> GVisorRunner::shut_down(base::CallBounds bounds) {
  co_await shared_->pool.shut_down(bounds);
  co_await shared_->kept.shut_down(bounds);
  co_await shared_->context.dependencies.reaper.shut_down(bounds);
  co_await shared_->context.oom_watch.shut_down(std::move(bounds));
}

Nonce random_nonce() {
  Nonce nonce{kNonceStart};
  std::size_t have = 1;
  while (have < nonce.size()) {
    const auto got = ::getrandom(nonce.data() + have, nonce.size() - have, 0);
    if (got < 0) {
      if (errno == EINTR) continue;
      throw std::runtime_error("getrandom failed");
    }
    have += static_cast<std::size_t>(got);
  }
  return nonce;
}

}  // namespace sallyport::runners
