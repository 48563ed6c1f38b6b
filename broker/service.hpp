// The broker as a service: HTTP in front, the pipeline behind.
#pragma once

#include "broker/audit_sink.hpp"
#include "broker/audit_source.hpp"
#include "broker/caller.hpp"
#include "broker/doors.hpp"
#include "broker/event_log.hpp"
#include "broker/execution_id.hpp"
#include "broker/http/server.hpp"
#include "broker/image_catalog.hpp"
#include "broker/metrics/broker_metrics.hpp"
#include "broker/policy_catalog.hpp"
#include "broker/store/store.hpp"
#include "broker/webhooks/sender.hpp"
#include "config/config.hpp"
#include "runners/runner.hpp"
#include "runners/session.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/system/result.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace sallyport::broker {

/// What a service is made of. Everything by reference must outlive it.
struct ServiceParts {
  ServiceParts(runners::Runner& runner_in, const ImageCatalog& images_in, const PolicyCatalog& policies_in,
               AuditSink& audit_in, EventLog& log_in)
      : runner(runner_in), images(images_in), policies(policies_in), audit(audit_in), log(log_in) {}

  runners::Runner& runner;
  const ImageCatalog& images;
  const PolicyCatalog& policies;
  AuditSink& audit;
  EventLog& log;
  runners::SessionOpener* sessions = nullptr;  ///< Null: this broker serves no sessions.
  Doors doors;
  boost::asio::any_io_executor workers;  ///< As PipelineParts has them.
  boost::asio::any_io_executor short_workers;
  /// What `GET /v1/audit` shows; null: there is no such route. Must outlive the service.
  const AuditSource* audit_source = nullptr;
  /// Who may use it; null: everybody. Must outlive the service.
  http::Gatekeeper* gate = nullptr;
  /// The caller with a key, for a job that is taken up again; null for a key that may not be used any more.
  /// Empty: there are no keys.
  std::function<std::shared_ptr<const Caller>(const std::string& key_id)> caller_of;
  /// Keeps jobs; null: there are none, and every request is answered when it has ended.
  store::Store* store = nullptr;
  /// Sends webhooks; null: nobody is called back. Needs the store.
  const webhooks::Sender* webhooks = nullptr;
  /// Counts what happens, and is served at `/metrics`. Nothing else may ask it for its text.
  metrics::BrokerMetrics* metrics = nullptr;
  IdGenerator new_id = new_execution_id;
  std::string version;  ///< What clients of `/mcp` are told.
};

/// Serves `POST /v1/executions`, `POST /v1/validate`, `POST /v1/redact`, `/v1/sessions` and below where there
/// are sessions, `GET /healthz`, `GET /readyz`, `GET /metrics` where there are metrics, and the other groups
/// in broker/routes.
///
/// Thread-safety: everything on the executor's one thread. Destroy it after `shut_down` has returned, or when
/// the executor runs no more.
class Service {
 public:
  Service(boost::asio::any_io_executor executor, config::Config config, ServiceParts parts);
  ~Service();
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;

  /// Begins to listen. The error says why it cannot, for people.
  boost::system::result<void, http::StartError> start();

  /// As `http::Server::reload_tls`.
  [[nodiscard]] std::string reload_tls();

  /// The port that it listens on; 0 before `start`.
  [[nodiscard]] std::uint16_t port() const;

  /// Submissions that run, and that wait for their turn.
  [[nodiscard]] std::uint64_t running() const;
  [[nodiscard]] std::uint64_t queued() const;

  /// Stops accepting, lets what runs finish within `server.shutdown_seconds`, then stops it, and returns when
  /// the last connection is closed. Jobs that are stopped by it are put back into the queue. The runner is
  /// not shut down; that is its owner's, afterwards.
  boost::asio::awaitable<void> shut_down();

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace sallyport::broker
