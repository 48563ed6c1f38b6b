#include "config/check.hpp"

#include "config/forms.hpp"
#include "config/keys.hpp"
#include "config/value.hpp"

#include <cmath>
#include <initializer_list>
#include <string_view>
#include <utility>

namespace sallyport::config {
namespace {

class Checker {
 public:
  Checker(const Config& config, const Sources& sources, const std::set<std::string, std::less<>>& refused)
      : config_(config), sources_(sources), refused_(refused) {}

  std::vector<Mistake> run() {
    check_address();
    check_tls();
    check_limits();
    check_log();
    check_pool();
    check_store();
    check_webhooks();
    check_sessions();
    return std::move(mistakes_);
  }

 private:
  // Both keys take part in the mistake; it is reported at `key`, in the place that the operator wrote.
  void add(const std::string& key, const std::string& other, std::string message) {
    if (refused_.contains(key) || refused_.contains(other)) return;
    auto source = sources_.find(key);
    if (source == sources_.end()) source = sources_.find(other);
    mistakes_.push_back({source == sources_.end() ? Source{} : source->second, key, std::move(message)});
  }

  void check_address() {
    const auto& server = config_.server;
    if (!server.tcp && server.unix_socket.path.empty()) {
      add("server.tcp", "server.unix_socket.path",
          "the broker would listen nowhere: name a Unix socket in server.unix_socket.path");
    }
    if (!server.tcp || server.behind_tls_proxy || !server.tls.certificate_file.empty() ||
        is_loopback(server.address))
      return;
    add("server.address", "server.behind_tls_proxy",
        json_string(server.address) +
            " is not a loopback address, and without TLS keys and code would go over the network in the "
            "clear; "
            "set server.tls.certificate_file and server.tls.key_file, or server.behind_tls_proxy to true if "
            "a proxy in "
            "front speaks TLS with the callers");
  }

  void check_tls() {
    const auto& tls = config_.server.tls;
    if (tls.certificate_file.empty() == tls.key_file.empty()) return;
    const bool has_key = tls.certificate_file.empty();
    const std::string given = has_key ? "server.tls.key_file" : "server.tls.certificate_file";
    const std::string missing = has_key ? "server.tls.certificate_file" : "server.tls.key_file";
    add(given, missing, "needs " + missing + " too");
  }

  void check_webhooks() {
    if (!config_.webhooks.enabled || !config_.webhooks.secret_file.empty()) return;
    add("webhooks.enabled", "webhooks.secret_file",
        "webhooks are signed: name a file with a secret in webhooks.secret_file");
  }

  void check_limits() {
    static constexpr std::string_view defaults = "sandbox.defaults.";
    for (const auto& key : keys()) {
      if (key.path.starts_with(defaults)) check_limit(key, key.path.substr(defaults.size()));
    }
    check_cpu_seconds();
  }

  void check_limit(const Key& key, const std::string& name) {
    const auto ceiling_path = "sandbox.ceilings." + name;
    const auto* ceiling = find_key(ceiling_path);
    if (ceiling == nullptr || name == "max_cpu_seconds") return;
    Config values = config_;
    const auto exceeds = [](auto* value, auto* most) {
      if constexpr (std::is_same_v<decltype(value), decltype(most)>) return *value > *most;
      return false;
    };
    if (!std::visit(exceeds, key.field(values), ceiling->field(values))) return;
    add(key.path, ceiling_path,
        value_text(key, config_) + " is above " + ceiling_path + ", which is " +
            value_text(*ceiling, config_));
  }

  static double effective_cpu_seconds(const SandboxLimits& limits) {
    return limits.max_cpu_seconds != 0 ? limits.max_cpu_seconds
                                       : std::ceil(limits.timeout_seconds * limits.cpus);
  }

  // 0 stands for a product of two other limits, so the comparison is of what the zeros stand for.
  void check_cpu_seconds() {
    const std::string key = "sandbox.defaults.max_cpu_seconds";
    const std::string other = "sandbox.ceilings.max_cpu_seconds";
    for (const std::string_view part : {"timeout_seconds", "cpus"}) {
      if (refused_.contains("sandbox.defaults." + std::string(part))) return;
      if (refused_.contains("sandbox.ceilings." + std::string(part))) return;
    }
    const auto& defaults = config_.sandbox.defaults;
    const auto& ceilings = config_.sandbox.ceilings;
    const auto given = effective_cpu_seconds(defaults);
    const auto most = effective_cpu_seconds(ceilings);
    if (given <= most) return;
    const auto shown = [](double value, double effective) {
      return value != 0 ? number_text(value)
                        : "0 (timeout_seconds times cpus: " + number_text(effective) + ")";
    };
    add(key, other,
        shown(defaults.max_cpu_seconds, given) + " is above " + other + ", which is " +
            shown(ceilings.max_cpu_seconds, most));
  }

  void check_log() {
    const auto& log = config_.log;
    if (log.file.empty() || log.file != log.audit_file) return;
    add("log.audit_file", "log.file", "the same file as log.file; leave it empty to have both in one file");
  }

  void check_pool() {
    const auto& pool = config_.runner.pool;
    if (pool.floor <= pool.ceiling) return;
    add("runner.pool.floor", "runner.pool.ceiling",
        std::to_string(pool.floor) + " is above runner.pool.ceiling, which is " +
            std::to_string(pool.ceiling));
  }

  void check_store() {
    const auto& jobs = config_.jobs;
    if (jobs.idempotency_seconds > jobs.result_seconds) {
      add("jobs.idempotency_seconds", "jobs.result_seconds",
          number_text(jobs.idempotency_seconds) + " is above jobs.result_seconds, which is " +
              number_text(jobs.result_seconds) + "; the reply to a key is the result of its job");
    }
    if (config_.store.backend != "postgresql" || !config_.store.postgresql.empty()) return;
    add("store.postgresql", "store.backend", "must say how to connect where store.backend is \"postgresql\"");
  }

  void check_sessions() {
    const Sessions& sessions = config_.sessions;
    const auto check = [this](const std::string& part, double given, double most) {
      if (given <= most) return;
      add("sessions." + part, "sessions.max_" + part,
          number_text(given) + " is above sessions.max_" + part + ", which is " + number_text(most));
    };
    check("idle_seconds", sessions.idle_seconds, sessions.max_idle_seconds);
    check("lifetime_seconds", sessions.lifetime_seconds, sessions.max_lifetime_seconds);
  }

  const Config& config_;
  const Sources& sources_;
  const std::set<std::string, std::less<>>& refused_;
  std::vector<Mistake> mistakes_;
};

}  // namespace

std::vector<Mistake> check(const Config& config, const Sources& sources,
                           const std::set<std::string, std::less<>>& refused) {
  return Checker(config, sources, refused).run();
}

}  // namespace sallyport::config
