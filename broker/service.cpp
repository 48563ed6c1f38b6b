#include "broker/service.hpp"

#include "broker/admission.hpp"
#include "broker/admission/quota_keeper.hpp"
#include "broker/api/execution_request.hpp"
#include "broker/http/error_response.hpp"
#include "broker/jobs/job_events.hpp"
#include "broker/jobs/jobs.hpp"
#include "broker/pipeline.hpp"
#include "broker/readiness.hpp"
#include "broker/request_rules.hpp"
#include "broker/result_cache.hpp"
#include "broker/routes/audit.hpp"
#include "broker/routes/compat.hpp"
#include "broker/routes/executions.hpp"
#include "broker/routes/jobs.hpp"
#include "broker/routes/mcp.hpp"
#include "broker/routes/openapi.hpp"
#include "broker/routes/sessions.hpp"
#include "broker/seconds.hpp"
#include "broker/submissions.hpp"
#include "broker/webhooks/webhooks.hpp"

#include <nlohmann/json.hpp>

#include <stop_token>
#include <string>
#include <utility>

namespace sallyport::broker {

namespace asio = boost::asio;
using base::CallBounds;
using base::Deadline;
using http::Request;
using http::Response;

class Service::Impl {
 public:
  Impl(asio::any_io_executor executor, config::Config config, ServiceParts parts)
      : config_(std::move(config)),
        rules_(request_rules(config_, parts.images, parts.policies)),
        admission_(executor, config_.admission, config_.limits),
        cache_(config_.cache),
        metrics_(parts.metrics),
        workers_(parts.workers),
        pipeline_(pipeline_parts(parts)),
        submissions_(
            pipeline_, rules_, config_, [this] { return server_.cutting(); }, parts.workers),
        quota_keeper_(make_quota_keeper(executor, parts)),
        event_lists_(executor, config_.streaming),
        jobs_(make_jobs(executor, parts)),
        job_events_(jobs_ ? std::make_unique<JobEvents>(executor, *jobs_, event_lists_, workers_) : nullptr),
        webhooks_(make_webhooks(executor, parts)),
        sessions_(executor, config_.sessions, parts.audit),
        session_opener_(parts.sessions),
        new_id_(parts.new_id),
        readiness_(executor, parts.runner, config_.images.default_image,
                   seconds(config_.engine.call_timeout_seconds)),
        server_(executor, config_.server, routes(parts), parts.log, parts.metrics, parts.gate) {
    if (metrics_ == nullptr) return;
    metrics_->watch(admission_);
    metrics_->watch(cache_);
    metrics_->watch(server_);
    if (jobs_) metrics_->watch_jobs([this] { return jobs_->counts(); });
    if (webhooks_) metrics_->watch_webhooks([this] { return webhooks_->counts(); });
    if (serves_sessions()) metrics_->watch_sessions([this] { return sessions_.counts(); });
  }

  boost::system::result<void, http::StartError> start() {
    auto started = server_.start();
    if (quota_keeper_ && started) quota_keeper_->start();
    if (jobs_ && started) jobs_->start();
    if (webhooks_ && started) webhooks_->start();
    return started;
  }
  [[nodiscard]] std::string reload_tls() { return server_.reload_tls(); }
  [[nodiscard]] std::uint16_t port() const { return server_.port(); }
  [[nodiscard]] std::uint64_t running() const { return admission_.running(); }
  [[nodiscard]] std::uint64_t queued() const { return admission_.queued(); }

  /// Takes the service by shared_ptr, so that it lives until everything has ended.
  static asio::awaitable<void> shut_down(std::shared_ptr<Impl> self) {
    const Deadline end_of_runs = Deadline::after(seconds(self->config_.server.shutdown_seconds));
    self->readiness_.stop();
    if (self->jobs_) self->jobs_->stop_taking();
    co_await self->server_.shut_down();
    if (self->jobs_) co_await self->jobs_->shut_down(end_of_runs);
    if (self->webhooks_) co_await self->webhooks_->shut_down();
    if (self->quota_keeper_) co_await self->quota_keeper_->shut_down();
    CallBounds ending(Deadline::after(seconds(self->config_.engine.call_timeout_seconds)));
    co_await self->sessions_.shut_down(std::move(ending));
    CallBounds bounds(Deadline::after(seconds(self->config_.engine.call_timeout_seconds)));
    co_await self->readiness_.finish(std::move(bounds));
  }

 private:
  PipelineParts pipeline_parts(const ServiceParts& parts) {
    PipelineParts pipeline(parts.runner, admission_, parts.audit);
    pipeline.cache = &cache_;
    pipeline.metrics = parts.metrics;
    pipeline.doors = parts.doors;
    pipeline.workers = parts.workers;
    pipeline.short_workers = parts.short_workers;
    pipeline.new_id = parts.new_id;
    pipeline.run_overhead = run_overhead(config_.engine);
    return pipeline;
  }

  std::unique_ptr<QuotaKeeper> make_quota_keeper(const asio::any_io_executor& executor,
                                                 const ServiceParts& parts) {
    if (parts.store == nullptr) return nullptr;
    return std::make_unique<QuotaKeeper>(executor, admission_, *parts.store);
  }

  std::unique_ptr<Jobs> make_jobs(const asio::any_io_executor& executor, const ServiceParts& parts) {
    if (parts.store == nullptr) return nullptr;
    JobsParts jobs(*parts.store, pipeline_, rules_, parts.log);
    jobs.config = config_.jobs;
    jobs.max_running =
        config_.jobs.max_running > 0 ? config_.jobs.max_running : config_.admission.max_concurrent;
    jobs.longest_beside_run = longest_beside_run();
    jobs.workers = workers_;
    jobs.new_id = parts.new_id;
    jobs.events = &event_lists_;
    jobs.caller_of = parts.caller_of;
    return std::make_unique<Jobs>(executor, std::move(jobs));
  }

  std::unique_ptr<webhooks::Webhooks> make_webhooks(const asio::any_io_executor& executor,
                                                    const ServiceParts& parts) {
    if (parts.store == nullptr || parts.webhooks == nullptr) return nullptr;
    webhooks::WebhooksParts made(*parts.store, *parts.webhooks, parts.audit, parts.log);
    made.config = config_.webhooks;
    return std::make_unique<webhooks::Webhooks>(executor, std::move(made));
  }

  [[nodiscard]] bool serves_sessions() const {
    return session_opener_ != nullptr && config_.sessions.enabled;
  }

  /// The longest wait for a turn, and what a runner may take beside the submission's own time.
  [[nodiscard]] base::Clock::duration longest_beside_run() const {
    return seconds(config_.admission.queue_timeout_seconds) + run_overhead(config_.engine);
  }

  JobsRoutesParts jobs_parts() {
    JobsRoutesParts parts(*jobs_, rules_);
    parts.max_batch = config_.jobs.max_batch;
    parts.longest_beside_run = longest_beside_run();
    parts.cutting = [this] { return server_.cutting(); };
    return parts;
  }

  ExecutionRoutesParts executions_parts() {
    ExecutionRoutesParts parts(submissions_, pipeline_);
    parts.jobs = jobs_.get();
    parts.events = job_events_.get();
    parts.workers = workers_;
    parts.streaming = config_.streaming;
    return parts;
  }

  EventRoutesParts events_parts() {
    EventRoutesParts parts(*job_events_, config_.streaming);
    parts.owner_key = [](const Request& request) { return request.caller->key_id; };
    return parts;
  }

  SessionRoutesParts sessions_parts() {
    SessionRoutesParts parts(pipeline_, sessions_, *session_opener_, rules_);
    parts.new_id = new_id_;
    parts.longest_beside_run = longest_beside_run();
    parts.workers = workers_;
    parts.streaming = config_.streaming;
    parts.metrics = metrics_;
    parts.cutting = [this] { return server_.cutting(); };
    return parts;
  }

  http::Router routes(const ServiceParts& parts) {
    http::Router router;
    add_executions_routes(router, executions_parts());
    if (jobs_) {
      add_jobs_routes(router, jobs_parts());
      add_events_routes(router, events_parts());
    }
    router.add({"POST", "/v1/redact", Scope::validate, true,
                [this](Request request, std::stop_token) { return redact(std::move(request)); }});
    if (serves_sessions()) {
      add_sessions_routes(router, sessions_parts());
    }
    router.add(
        {"GET", "/healthz", Scope::open, false, [this](Request, std::stop_token) { return health(); }});
    router.add({"GET", "/readyz", Scope::open, false,
                [this](Request, std::stop_token stop) { return ready(std::move(stop)); }});
    if (metrics_ != nullptr) {
      router.add({"GET", "/metrics", Scope::metrics, false,
                  [this](Request, std::stop_token) { return show_metrics(); }});
    }
    add_openapi_routes(router);
    add_compat_routes(router, submissions_, jobs_.get(), config_.compat);
    add_mcp_routes(router, submissions_, config_.mcp, parts.version, parts.new_id);
    if (parts.audit_source != nullptr) add_audit_routes(router, *parts.audit_source, parts.workers);
    return router;
  }

  asio::awaitable<Response> redact(Request request) {
    auto parsed = parse_redaction_request(request.body);
    if (parsed.has_error()) co_return http::to_response(parsed.error());
    std::string().swap(request.body);
    auto verdict = co_await pipeline_.redact(std::move(*parsed));
    if (verdict.has_error()) co_return http::to_response(verdict.error());
    Response response;
    response.body = redaction_json(*verdict);
    co_return response;
  }

  asio::awaitable<Response> show_metrics() {
    Response response;
    response.content_type = metrics::Registry::content_type;
    response.body = metrics_->text();
    co_return response;
  }

  asio::awaitable<Response> health() {
    Response response;
    response.body = R"({"status":"ok"})";
    co_return response;
  }

  asio::awaitable<Response> ready(std::stop_token stop) {
    if (server_.draining()) co_return http::to_response(shutting_down());
    CallBounds bounds(Deadline::after(seconds(config_.engine.call_timeout_seconds)), std::move(stop));
    const runners::Health found = co_await readiness_.get(std::move(bounds));
    if (!found.ok) {
      ApiError error;
      error.status = 503;
      error.error_type = "SandboxError";
      error.message = found.message.empty() ? "the runner is not ready" : found.message;
      error.retry_after_seconds = 1;
      co_return http::to_response(error);
    }
    nlohmann::ordered_json body;
    body["status"] = "ready";
    body["running"] = admission_.running();
    body["queued"] = admission_.queued();
    Response response;
    response.body = body.dump();
    co_return response;
  }

  config::Config config_;
  RequestRules rules_;
  Admission admission_;
  ResultCache cache_;
  metrics::BrokerMetrics* metrics_;
  asio::any_io_executor workers_;
  Pipeline pipeline_;
  Submissions submissions_;
  std::unique_ptr<QuotaKeeper> quota_keeper_;  // Null without a store.
  EventLists event_lists_;
  std::unique_ptr<Jobs> jobs_;                    // Null without a store.
  std::unique_ptr<JobEvents> job_events_;         // Likewise.
  std::unique_ptr<webhooks::Webhooks> webhooks_;  // Null where nobody is called back.
  Sessions sessions_;
  runners::SessionOpener* session_opener_;
  IdGenerator new_id_;
  Readiness readiness_;
  http::Server server_;
};

Service::Service(asio::any_io_executor executor, config::Config config, ServiceParts parts)
    : impl_(std::make_shared<Impl>(std::move(executor), std::move(config), std::move(parts))) {}
Service::~Service() = default;

boost::system::result<void, http::StartError> Service::start() {
  return impl_->start();
}
std::string Service::reload_tls() {
  return impl_->reload_tls();
}
std::uint16_t Service::port() const {
  return impl_->port();
}
std::uint64_t Service::running() const {
  return impl_->running();
}
std::uint64_t Service::queued() const {
  return impl_->queued();
}
asio::awaitable<void> Service::shut_down() {
  return Impl::shut_down(impl_);
}

}  // namespace sallyport::broker
