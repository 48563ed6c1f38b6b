#include "base/run_on.hpp"
#include "broker/cli/assembly.hpp"
#include "broker/cli/command_line.hpp"
#include "broker/cli/commands.hpp"
#include "broker/cli/instance_lock.hpp"
#include "broker/cli/load_or_complain.hpp"
#include "broker/cli/log_adapters.hpp"
#include "broker/log/logs.hpp"
#include "broker/metrics/broker_metrics.hpp"
#include "broker/output_rules.hpp"
#include "broker/second_door.hpp"
#include "broker/service.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/signal_set.hpp>
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

using std::chrono::seconds;

/// The start does not wait longer than this for the removal of what a former run left; the rest is removed
/// while submissions are served.
constexpr seconds kOrphanTime{15};
/// After the last reply, for the removal of the last containers.
constexpr seconds kReaperTime{20};

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
        metrics_(SALLYPORT_VERSION),
        assembly_(
            config,
            [this](const std::string& message) {
              events_.write(Severity::warning, "container_removal", message);
            },
            [this](const docker::CallReport& report) { metrics_.engine_call(report); }) {
    metrics_.know_code_rules(PythonFirstDoor::rule_ids());
    tell_output_rules();
    metrics_.watch_pool([this] { return assembly_.pool_counts(); });
    metrics_.watch_reaper([this] { return assembly_.reaper().counts(); });
    metrics_.watch_logs([&logs] { return logs.lost_operational(); }, [&logs] { return logs.lost_audit(); });
  }

  int run() {
    if (!load_or_complain(assembly_.policies())) return kUsage;
    return assembly_.await(live());
  }

 private:
  asio::awaitable<int> live() {
    // From here on, so that a SIGHUP during the start is a reload too.
    asio::signal_set signals(assembly_.context(), SIGHUP);
    co_await meet_engine();
    assembly_.images().log_changes_to(events_);

    ServiceParts parts(assembly_.runner(), assembly_.images(), assembly_.policies(), audit_, events_);
    parts.sessions = &assembly_.sessions();
    parts.doors = assembly_.doors(output_door_);
    parts.workers = assembly_.workers();
    parts.short_workers = assembly_.short_workers();
    parts.metrics = &metrics_;
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
    log_.info("listening", {{"address", config_.server.address},
                            {"port", static_cast<std::int64_t>(service.port())},
                            {"version", SALLYPORT_VERSION},
                            {"instance", config_.instance.name}});
    std::cout << "sallyport " << SALLYPORT_VERSION << " listens on http://" << config_.server.address << ":"
              << service.port() << std::endl;
    assembly_.reaper().start_sweeping();
    assembly_.warm_up(metrics_);

    co_await wait_for_end(signals);
    log_.info("shutting_down", {{"running", service.running()}, {"queued", service.queued()}});
    co_await service.shut_down();
    const base::CallBounds bounds(base::Deadline::after(kReaperTime));
    co_await assembly_.runner().shut_down(bounds);
    const runners::ReaperCounts counts = assembly_.reaper().counts();
    log_.info("stopped", {{"containers_removed", counts.removed}, {"removals_failed", counts.failed}});
    co_return kSuccess;
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

  /// Until SIGTERM or SIGINT; SIGHUP reloads the policies and the output rules.
  asio::awaitable<void> wait_for_end(asio::signal_set& signals) {
    for (;;) {
      const auto [error, signal] = co_await signals.async_wait(asio::as_tuple(asio::use_awaitable));
      if (error || signal != SIGHUP) break;
      co_await reload(assembly_.policies(), "policies");
      co_await reload(output_rules_, "output_rules");
      tell_output_rules();
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

  /// Policies or output rules, beside the I/O thread. `what` names them in the log.
  template <class Rules>
  asio::awaitable<void> reload(Rules& rules, std::string what) {
    auto load = [&rules] { return rules.load(); };
    const std::vector<std::string> mistakes = co_await base::run_on(assembly_.workers(), load);
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
  metrics::BrokerMetrics metrics_;
  Assembly assembly_;
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
  Server server(config, *logs.logs, output_rules);
  return server.run();
}

}  // namespace sallyport::broker::cli
