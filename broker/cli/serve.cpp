#include "base/run_on.hpp"
#include "broker/cli/assembly.hpp"
#include "broker/cli/audit.hpp"
#include "broker/cli/command_line.hpp"
#include "broker/cli/commands.hpp"
#include "broker/cli/instance_lock.hpp"
#include "broker/cli/job_store.hpp"
#include "broker/cli/load_or_complain.hpp"
#include "broker/cli/log_adapters.hpp"
#include "broker/cli/webhook_sender.hpp"
#include "broker/keys/authenticator.hpp"
#include "broker/log/logs.hpp"
#include "broker/metrics/broker_metrics.hpp"
#include "broker/output_rules.hpp"
#include "broker/second_door.hpp"
#include "broker/service.hpp"
#include "broker/split_names.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

namespace asio = boost::asio;

namespace sallyport::broker::cli {
namespace {

/// The start does not wait longer than this for the removal of what a former run left; the rest is removed
/// while submissions are served.
constexpr std::chrono::seconds kOrphanTime{15};
/// After the last reply, for the removal of the last containers.
constexpr std::chrono::seconds kReaperTime{20};

/// The life of a serving broker, from the engine's first answer to the last removal.
class Server {
 public:
  Server(const config::Config& config, log::Logs& logs, OutputRules& output_rules)
      : config_(config),
        output_rules_(output_rules),
        output_door_(output_rules),
        log_(logs.operational()),
        events_(logs.operational()),
        audit_(logs.audit()),
        audit_source_(config.log.audit_file),
        keys_(config::key_file_of(config), events_),
        gate_(config.keys, config.keys.required || config::is_reachable(config.server),
              split_names(config.server.host_names), keys_, events_),
        metrics_(SALLYPORT_VERSION),
        assembly_(
            config,
            [this](const std::string& message) {
              events_.write(Severity::warning, "container_removal", message);
            },
            [this](const docker::CallReport& report) { metrics_.engine_call(report); }),
        store_(make_job_store(config, assembly_.context().get_executor())) {
    metrics_.know_code_rules(PythonFirstDoor::rule_ids());
    tell_output_rules();
    metrics_.watch(gate_);
    metrics_.watch_pool([this] { return assembly_.pool_counts(); });
    metrics_.watch_reaper([this] { return assembly_.reaper().counts(); });
    metrics_.watch_logs([&logs] { return logs.lost_operational(); }, [&logs] { return logs.lost_audit(); });
  }

  int run() {
    if (!load_or_complain(assembly_.policies())) return kUsage;
    std::string mistake = take_keys();
    if (mistake.empty()) webhooks_ = make_webhook_sender(config_.webhooks, mistake);
    if (!mistake.empty()) {
      events_.write(Severity::error, "not_started", mistake);
      std::cerr << "sallyport: " << mistake << "\n";
      return kUsage;
    }
    return assembly_.await(live());
  }

 private:
  /// What is wrong with the API keys, and with being without; empty if nothing is.
  std::string take_keys() {
    if (std::string mistake = keys_.load(); !mistake.empty()) return mistake;
    const bool usable = keys_.current()->any_usable(base::utc_now());
    if (config::is_reachable(config_.server) && !usable) {
      return "server.address: " + config_.server.address +
             " can be reached by other hosts, and there is no API key that could be used; make one with: "
             "sallyport keys create NAME";
    }
    if (config_.keys.required || keys_.ever_had_keys()) return {};
    events_.write(Severity::warning, "no_keys",
                  "NOBODY NEEDS AN API KEY: whoever can reach " + place() +
                      ", any user of this host, may have code executed and see all that the broker shows; "
                      "sallyport keys create NAME makes a key, and from then on everybody needs one");
    return {};
  }

  /// Where the broker listens, for people.
  [[nodiscard]] const std::string& place() const {
    return config_.server.tcp ? config_.server.address : config_.server.unix_socket.path;
  }

  asio::awaitable<int> live() {
    // From here on, so that a SIGHUP during the start is a reload too.
    asio::signal_set signals(assembly_.context(), SIGHUP);
    if (!co_await open_store()) co_return kFailure;
    co_await meet_engine();
    assembly_.images().log_changes_to(events_);

    ServiceParts parts(assembly_.runner(), assembly_.images(), assembly_.policies(), audit_, events_);
    parts.sessions = &assembly_.sessions();
    parts.doors = assembly_.doors(output_door_);
    parts.workers = assembly_.workers();
    parts.short_workers = assembly_.short_workers();
    parts.audit_source = &audit_source_;
    parts.gate = &gate_;
    parts.caller_of = [this](const std::string& id) { return keys_.current()->caller(id, base::utc_now()); };
    parts.metrics = &metrics_;
    parts.version = SALLYPORT_VERSION;
    parts.store = store_.get();
    parts.webhooks = webhooks_.get();
    Service service(assembly_.context().get_executor(), config_, std::move(parts));
    const auto started = service.start();
    if (!started) {
      events_.write(Severity::error, "not_listening", started.error().message);
      std::cerr << "sallyport: " << started.error().message << "\n";
      co_return kFailure;
    }
    // Before anybody is told that we are there: whoever hears it may ask us to end.
    signals.add(SIGTERM);
    signals.add(SIGINT);
    const bool tcp = config_.server.tcp;
    const bool tls = tcp && !config_.server.tls.certificate_file.empty();
    log_.info("listening", {{"address", tcp ? config_.server.address : std::string()},
                            {"port", static_cast<std::int64_t>(service.port())},
                            {"tls", tls},
                            {"unix_socket", config_.server.unix_socket.path},
                            {"version", SALLYPORT_VERSION},
                            {"instance", config_.instance.name}});
    std::cout << "sallyport " << SALLYPORT_VERSION << " listens on ";
    if (tcp) {
      std::cout << (tls ? "https" : "http") << "://" << config_.server.address << ":" << service.port()
                << std::endl;
    } else {
      std::cout << "unix:" << place() << std::endl;
    }
    assembly_.reaper().start_sweeping();
    assembly_.warm_up(metrics_);

    co_await wait_for_end(signals, service);
    log_.info("shutting_down", {{"running", service.running()}, {"queued", service.queued()}});
    co_await service.shut_down();
    const base::CallBounds bounds(base::Deadline::after(kReaperTime));
    co_await assembly_.runner().shut_down(bounds);
    const runners::ReaperCounts counts = assembly_.reaper().counts();
    log_.info("stopped", {{"containers_removed", counts.removed}, {"removals_failed", counts.failed}});
    co_return kSuccess;
  }

  /// A file that cannot be used is the operator's to mend; a server that does not answer may yet. Jobs that
  /// ran when the broker last ended are queued again.
  asio::awaitable<bool> open_store() {
    const auto recovered = co_await store_->recover();
    if (!recovered) {
      events_.write(Severity::error, "store_failed", recovered.error().message);
      using Kind = store::StoreError::Kind;
      const bool may_come =
          config_.store.backend == "postgresql" && recovered.error().kind == Kind::unavailable;
      if (may_come) co_return true;
      std::cerr << "sallyport: the store of jobs: " << recovered.error().message << "\n";
      co_return false;
    }
    if (*recovered > 0) log_.warning("jobs_recovered", {{"jobs", static_cast<std::uint64_t>(*recovered)}});
    co_return true;
  }

  /// An engine that is away is not the end: /readyz says so, and the sweep removes orphans when it is back.
  asio::awaitable<void> meet_engine() {
    const auto version = co_await assembly_.client().negotiate(assembly_.call_bounds());
    if (!version) {
      events_.write(Severity::error, "engine_unreachable", version.error().to_string());
      co_return;
    }
    log_.info("engine", {{"version", version->engine_version}, {"api", version->api_version}});
    const base::CallBounds bounds(base::Deadline::after(kOrphanTime));
    const auto orphans = co_await assembly_.reaper().remove_orphans(bounds);
    if (!orphans) {
      events_.write(Severity::error, "orphans_unknown", orphans.error().to_string());
    } else if (*orphans > 0) {
      log_.warning("orphans_removed", {{"containers", static_cast<std::uint64_t>(*orphans)}});
    }
  }

  /// Until SIGTERM or SIGINT; SIGHUP reloads the policies, the output rules and the certificate.
  asio::awaitable<void> wait_for_end(asio::signal_set& signals, Service& service) {
    for (;;) {
      const auto [error, signal] = co_await signals.async_wait(asio::as_tuple(asio::use_awaitable));
      if (error || signal != SIGHUP) break;
      co_await reload(assembly_.policies(), "policies");
      co_await reload(output_rules_, "output_rules");
      tell_output_rules();
      if (config_.server.tls.certificate_file.empty()) continue;
      const std::string mistake = service.reload_tls();
      events_.write(mistake.empty() ? Severity::info : Severity::error,
                    mistake.empty() ? "certificate_loaded" : "certificate_kept", mistake);
    }
    // A second signal ends the process as it would have without us: whoever sends it does not want to wait.
    signals.clear();
    std::signal(SIGTERM, SIG_DFL);
    std::signal(SIGINT, SIG_DFL);
    std::signal(SIGHUP, SIG_IGN);
  }

  /// Rules are counted by their names, and an operator's own may be new.
  void tell_output_rules() {
    const OutputRules::Pointer rules = output_rules_.current();
    std::vector<std::string_view> ids;
    for (const validators::output::Rule& rule : rules->rules()) ids.push_back(rule.id);
    metrics_.know_output_rules(ids);
  }

  /// Policies or output rules, on a thread of its own: it takes too long for those that serve. `what` names
  /// them in the log.
  template <class Rules>
  asio::awaitable<void> reload(Rules& rules, std::string what) {
    auto load = [&rules] { return rules.load(); };
    asio::thread_pool loader(1);
    const std::vector<std::string> mistakes = co_await base::run_on(loader.get_executor(), load);
    for (const std::string& mistake : mistakes) {
      events_.write(Severity::error, what + "_refused", mistake);
    }
    if (mistakes.empty()) {
      log_.info(what + "_loaded");
    } else {
      events_.write(Severity::error, what + "_kept", "the " + what + " are those of before");
    }
  }

  const config::Config& config_;
  OutputRules& output_rules_;
  RedactingOutputDoor output_door_;
  log::Log& log_;
  LogEvents events_;
  LogAudit audit_;
  LogAuditSource audit_source_;
  keys::KeyRing keys_;
  keys::Authenticator gate_;
  metrics::BrokerMetrics metrics_;
  Assembly assembly_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<webhooks::Sender> webhooks_;  // Null where they are off.
};

}  // namespace

int serve(const config::Loaded& loaded) {
  const config::Config& config = loaded.config;
  const auto lock = InstanceLock::take(config.instance.state_folder, config.instance.name);
  if (!lock) {
    std::cerr << "sallyport: " << lock.error().message << "\n";
    return kFailure;
  }
  OutputRules output_rules(config.output.rules_file);
  if (!load_or_complain(output_rules)) return kUsage;
  log::LogsResult logs =
      log::Logs::open(config.log, std::chrono::system_clock::now, secrets_filter(output_rules));
  if (!logs.logs) {
    std::cerr << "sallyport: " << logs.error << "\n";
    return kFailure;
  }
  for (const std::string& notice : logs.logs->audit_notices()) {
    logs.logs->operational().warning("audit_trail", {{"message", notice}});
  }
  Server server(config, *logs.logs, output_rules);
  return server.run();
}

}  // namespace sallyport::broker::cli
