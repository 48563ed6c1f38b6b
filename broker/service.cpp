#include "broker/service.hpp"

#include "base/run_on.hpp"
#include "broker/admission.hpp"
#include "broker/api/execution_reply.hpp"
#include "broker/api/execution_request.hpp"
#include "broker/http/error_response.hpp"
#include "broker/pipeline.hpp"
#include "broker/readiness.hpp"
#include "broker/request_rules.hpp"
#include "broker/result_cache.hpp"
#include "broker/routes/sessions.hpp"
#include "broker/seconds.hpp"

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

namespace {

constexpr int kRetryAfterShutdown = 5;

/// Larger replies are written beside the I/O thread: megabytes of artifacts take tens of milliseconds.
constexpr std::size_t kMaxInlineReply = 64 * 1024;

ApiError shutting_down() {
  ApiError error;
  error.status = 503;
  error.error_type = error_type_of(503);
  error.message = "the broker is shutting down";
  error.retry_after_seconds = kRetryAfterShutdown;
  return error;
}

}  // namespace

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
        sessions_(executor, config_.sessions),
        session_opener_(parts.sessions),
        new_id_(parts.new_id),
        readiness_(executor, parts.runner, config_.images.default_image,
                   seconds(config_.engine.call_timeout_seconds)),
        server_(executor, config_.server, routes(), parts.log, parts.metrics) {
    if (metrics_ == nullptr) return;
    metrics_->watch(admission_);
    metrics_->watch(cache_);
    metrics_->watch(server_);
  }

  boost::system::result<void, http::StartError> start() { return server_.start(); }
  [[nodiscard]] std::uint16_t port() const { return server_.port(); }
  [[nodiscard]] std::uint64_t running() const { return admission_.running(); }
  [[nodiscard]] std::uint64_t queued() const { return admission_.queued(); }

  /// Takes the service by shared_ptr, so that it lives until everything has ended.
  static asio::awaitable<void> shut_down(std::shared_ptr<Impl> self) {
    self->readiness_.stop();
    co_await self->server_.shut_down();
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

  SessionRoutesParts sessions_parts() {
    SessionRoutesParts parts(pipeline_, sessions_, *session_opener_, rules_);
    parts.new_id = new_id_;
    parts.longest_beside_run =
        seconds(config_.admission.queue_timeout_seconds) + run_overhead(config_.engine);
    parts.workers = workers_;
    parts.cutting = [this] { return server_.cutting(); };
    return parts;
  }

  http::Router routes() {
    http::Router router;
    router.add({"POST", "/v1/executions", true, [this](Request request, std::stop_token stop) {
                  return create_execution(std::move(request), std::move(stop));
                }});
    router.add({"POST", "/v1/validate", true,
                [this](Request request, std::stop_token) { return validate(std::move(request)); }});
    router.add({"POST", "/v1/redact", true,
                [this](Request request, std::stop_token) { return redact(std::move(request)); }});
    if (session_opener_ != nullptr && config_.sessions.enabled) {
      add_sessions_routes(router, sessions_parts());
    }
    router.add({"GET", "/healthz", false, [this](Request, std::stop_token) { return health(); }});
    router.add(
        {"GET", "/readyz", false, [this](Request, std::stop_token stop) { return ready(std::move(stop)); }});
    if (metrics_ != nullptr) {
      router.add({"GET", "/metrics", false, [this](Request, std::stop_token) { return show_metrics(); }});
    }
    return router;
  }

  asio::awaitable<Response> create_execution(Request request, std::stop_token stop) {
    auto parsed = parse_execution_request(request.body, rules_, request.caller);
    if (parsed.has_error()) co_return http::to_response(parsed.error());
    std::string().swap(request.body);  // It may be megabytes, and the run may take minutes.

    const auto longest = seconds(config_.admission.queue_timeout_seconds) + parsed->limits.timeout +
                         run_overhead(config_.engine);
    CallBounds bounds(Deadline::after(longest), std::move(stop));
    auto result = co_await pipeline_.execute(std::move(*parsed), nullptr, std::move(bounds));
    if (result.has_error()) {
      // Who was stopped by the shutdown is still there to be told.
      if (result.error().status == 499 && server_.cutting()) co_return http::to_response(shutting_down());
      co_return http::to_response(result.error());
    }
    Response response;
    response.error_type = result->error_type.value_or("");
    if (bytes_of(*result) <= kMaxInlineReply || !workers_) {
      response.body = to_json(std::move(*result));
    } else {
      auto write = [&result] { return to_json(std::move(*result)); };
      response.body = co_await base::run_on(workers_, std::move(write));
    }
    co_return response;
  }

  asio::awaitable<Response> validate(Request request) {
    auto parsed = parse_execution_request(request.body, rules_, request.caller);
    if (parsed.has_error()) co_return http::to_response(parsed.error());
    std::string().swap(request.body);
    auto result = co_await pipeline_.validate(std::move(*parsed));
    if (result.has_error()) co_return http::to_response(result.error());
    Response response;
    response.error_type = result->error_type.value_or("");
    response.body = to_json(std::move(*result));
    co_return response;
  }

  asio::awaitable<Response> redact(Request request) {
    auto parsed = parse_redaction_request(request.body);
    if (parsed.has_error()) co_return http::to_response(parsed.error());
    std::string().swap(request.body);
    auto verdict = co_await pipeline_.redact(std::move(*parsed));
    if (verdict.has_error()) co_return http::to_response(verdict.error());
    Response response;
    response.body = redaction_json(std::move(*verdict));
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
