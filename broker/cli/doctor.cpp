// `sallyport doctor`: what is missing on this host, each finding with the command that mends it.
#include "broker/cli/assembly.hpp"
#include "broker/cli/command_line.hpp"
#include "broker/cli/commands.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <iostream>
#include <optional>
#include <string>
#include <sys/utsname.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace sallyport::broker::cli {
namespace {

enum class Grade { good, warning, bad };

struct Finding {
  Grade grade = Grade::good;
  std::string subject;
  std::string text;
  std::string mend;  ///< A command, or what to change. Empty for what is good.
};

/// A program that the sandbox's kernel answers: gVisor writes its own start-up lines into the kernel's log,
/// which any program inside may read, and no other kernel does.
constexpr const char* kAskKernel =
    "import ctypes, os\n"
    "buffer = ctypes.create_string_buffer(65536)\n"
    "ctypes.CDLL(None).klogctl(3, buffer, len(buffer))\n"
    "print(os.uname().release)\n"
    "print(b'gVisor' in buffer.value)\n";

/// Children that stay below the limit of one process and together exceed that of the sandbox.
constexpr const char* kExceedMemory =
    "import os, time\n"
    "for _ in range(6):\n"
    "    if os.fork() == 0:\n"
    "        keep = bytearray(32 << 20)\n"
    "        for i in range(0, len(keep), 4096): keep[i] = 1\n"
    "        time.sleep(20)\n"
    "time.sleep(20)\n";

constexpr const char* kBurnCpu = "while True: pass\n";
constexpr const char* kListInterfaces = "import socket\nprint([name for _, name in socket.if_nameindex()])\n";

class Doctor {
 public:
  explicit Doctor(const config::Loaded& loaded)
      : config_(own_instance(loaded.config)), assembly_(config_, [](const std::string&) {}) {}

  std::vector<Finding> examine() {
    look_at_folders();
    if (look_at_engine() && look_at_image() && look_at_isolation()) {
      look_at_memory_limit();
      look_at_cpu_limit();
      look_at_network();
    }
    assembly_.clean_up();
    return std::move(findings_);
  }

 private:
  /// Not the serving broker's: its containers and its lock stay its own.
  static config::Config own_instance(config::Config config) {
    config.instance.name += ".doctor";
    return config;
  }

  void good(std::string subject, std::string text) {
    findings_.push_back({Grade::good, std::move(subject), std::move(text), ""});
  }
  void warn(std::string subject, std::string text, std::string mend) {
    findings_.push_back({Grade::warning, std::move(subject), std::move(text), std::move(mend)});
  }
  void bad(std::string subject, std::string text, std::string mend) {
    findings_.push_back({Grade::bad, std::move(subject), std::move(text), std::move(mend)});
  }

  void look_at_folders() {
    const std::string& folder = config_.instance.state_folder;
    if (::access(folder.c_str(), W_OK) == 0) {
      good("state folder", folder + " is writable");
    } else {
      bad("state folder", folder + " is missing or not writable",
          "mkdir -p " + folder + " && chown $(id -un) " + folder);
    }
  }

  bool look_at_engine() {
    const auto version = assembly_.await(assembly_.client().negotiate(assembly_.call_bounds()));
    if (!version) {
      bad("engine", version.error().to_string(),
          "start the Docker Engine (systemctl start docker), or set engine.socket to its socket; root, or "
          "membership of the group docker, is needed to open it");
      return false;
    }
    good("engine", "Docker Engine " + version->engine_version + " answers on " + config_.engine.socket);
    good("API version", "the engine speaks " + version->min_api_version + " to " + version->api_version);

    const auto info = assembly_.await(assembly_.client().info(assembly_.call_bounds()));
    if (!info) {
      bad("engine", info.error().to_string(), "see the engine's own log");
      return false;
    }
    look_at_host(*info);
    const bool isolated = look_at_runtime(*info, config_.runner.runtime, "none", Grade::bad);
    look_at_runtime(*info, config_.runner.runtime_network, "host",
                    config_.sandbox.ceilings.enable_network ? Grade::bad : Grade::warning);
    return isolated;
  }

  void look_at_host(const docker::EngineInfo& info) {
    const auto control = [&](bool there, const std::string& name, const std::string& controller) {
      if (there) {
        good("cgroup", name + " limits are supported (cgroup v" + info.cgroup_version + ")");
      } else {
        bad("cgroup", "the engine cannot limit " + name,
            "enable the " + controller + " cgroup controller (kernel command line: cgroup_enable=" +
                controller + ") and restart the engine");
      }
    };
    control(info.memory_limit, "memory", "memory");
    control(info.cpu_cfs_quota, "CPU", "cpu");
    control(info.pids_limit, "process", "pids");
  }

  bool look_at_runtime(const docker::EngineInfo& info, const std::string& name, const std::string& network,
                       Grade grade) {
    const auto& known = info.runtimes;
    if (std::find(known.begin(), known.end(), name) != known.end()) {
      good("runtime", "\"" + name + "\" is registered");
      return true;
    }
    findings_.push_back({grade, "runtime", "the engine knows no runtime \"" + name + "\"",
                         "add to /etc/docker/daemon.json: {\"runtimes\": {\"" + name +
                             "\": {\"path\": \"/usr/bin/runsc\", \"runtimeArgs\": [\"--network=" + network +
                             "\"]}}} and run: systemctl reload docker"});
    return false;
  }

  bool look_at_image() {
    const std::string& name = config_.images.default_image;
    const runners::Health health = assembly_.await(assembly_.runner().check(name, assembly_.call_bounds()));
    if (!health.ok) {
      bad("image", health.message, "sallyport images build " + name);
      return false;
    }
    good("image", "\"" + name + "\" is verified and there");
    return true;
  }

  runners::Job job(const char* code) const {
    runners::Job made;
    made.execution_id = "doctor";
    made.image = config_.images.default_image;
    made.code = code;
    made.limits.timeout = std::chrono::seconds(20);
    made.limits.max_memory_mb = 128;
    return made;
  }

  runners::Outcome run(runners::Job job) {
    const base::CallBounds bounds(base::Deadline::after(std::chrono::seconds(90)));
    return assembly_.await(assembly_.runner().run(std::move(job), nullptr, bounds));
  }

  /// False when nothing runs: what else there is to see would only repeat that.
  bool look_at_isolation() {
    const runners::Outcome outcome = run(job(kAskKernel));
    if (outcome.verdict != runners::Verdict::completed) {
      bad("sandbox", "a submission did not run: " + outcome.message + outcome.stderr_bytes,
          mend_for(outcome.message));
      return false;
    }
    good("sandbox", "a submission runs; start to end " + milliseconds_text(outcome.sandbox_time) +
                        " ms, of that " + milliseconds_text(outcome.execution_time) + " ms its own");
    utsname host{};
    ::uname(&host);
    const std::string inside = outcome.stdout_bytes.substr(0, outcome.stdout_bytes.find('\n'));
    const bool says_gvisor = outcome.stdout_bytes.ends_with("True\n");
    if (says_gvisor && inside != host.release) {
      good("gVisor",
           "in force: the kernel inside says it is gVisor (" + inside + "), the host's is " + host.release);
    } else {
      bad("gVisor", "NOT in force: the kernel inside is " + inside + " and does not say it is gVisor",
          "check the path of runtime \"" + config_.runner.runtime +
              "\" in the engine's daemon.json: it must be runsc");
    }
    return true;
  }

  static std::string milliseconds_text(std::chrono::nanoseconds time) {
    return std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(time).count());
  }

  static std::string mend_for(const std::string& message) {
    if (message.find("cannot run with network enabled in root network namespace") != std::string::npos) {
      return "this runsc refuses its own network stack on this kernel: register the runtime with "
             "\"runtimeArgs\": [\"--network=none\"] (and [\"--network=host\"] for the one with network)";
    }
    return "look into the engine's log; try: docker run --rm --runtime runsc --network none IMAGE true";
  }

  void look_at_memory_limit() {
    const runners::Outcome outcome = run(job(kExceedMemory));
    if (outcome.oom_killed) {
      good("memory limit", "effective: a sandbox of 128 MiB that used more was killed");
    } else {
      bad("memory limit",
          std::string("NOT effective: ended as ") + runners::to_string(outcome.verdict) + " (" +
              outcome.message + ")",
          "check that the engine's cgroup driver and the runtime agree (native.cgroupdriver, "
          "--systemd-cgroup)");
    }
  }

  void look_at_cpu_limit() {
    runners::Job busy = job(kBurnCpu);
    busy.limits.cpus = 0.5;
    busy.limits.cpu_seconds = 60;
    busy.limits.timeout = std::chrono::seconds(3);
    const runners::Outcome outcome = run(std::move(busy));
    const double wall = std::chrono::duration<double>(outcome.execution_time).count();
    const bool timed_out = outcome.verdict == runners::Verdict::timed_out;
    // The engine's figure holds the sandbox's start as well, which ran at the same half CPU.
    if (timed_out && outcome.usage.cpu_seconds > 0 && outcome.usage.cpu_seconds < 0.8 * wall + 0.5) {
      good("CPU limit", "effective: half a CPU was half a CPU");
    } else {
      bad("CPU limit",
          "NOT effective: " + std::to_string(outcome.usage.cpu_seconds) + " CPU seconds in " +
              std::to_string(wall) + " s at 0.5 CPUs",
          "check that the engine's cgroup driver and the runtime agree (native.cgroupdriver, "
          "--systemd-cgroup)");
    }
  }

  void look_at_network() {
    const runners::Outcome isolated = run(job(kListInterfaces));
    if (isolated.stdout_bytes == "['lo']\n") {
      good("network", "a submission without network sees the loopback interface alone");
    } else {
      bad("network", "a submission without network sees " + isolated.stdout_bytes,
          "register runtime \"" + config_.runner.runtime + "\" with \"runtimeArgs\": [\"--network=none\"]");
    }
    runners::Job online = job(kListInterfaces);
    online.limits.enable_network = true;
    const runners::Outcome outcome = run(std::move(online));
    const bool works = outcome.verdict == runners::Verdict::completed &&
                       outcome.stdout_bytes.find("eth0") != std::string::npos;
    if (works) {
      good("network", "a submission with network sees an interface of its own");
    } else if (config_.sandbox.ceilings.enable_network) {
      bad("network", "a submission with network does not run: " + outcome.message + outcome.stdout_bytes,
          mend_for(outcome.message));
    } else {
      warn("network", "a submission with network would not run (none may, as configured): " + outcome.message,
           mend_for(outcome.message));
    }
  }

  config::Config config_;
  Assembly assembly_;
  std::vector<Finding> findings_;
};

const char* word(Grade grade) {
  switch (grade) {
    case Grade::good:
      return "ok";
    case Grade::warning:
      return "warning";
    case Grade::bad:
      return "problem";
  }
  return "";
}

void print_text(const std::vector<Finding>& findings) {
  for (const Finding& finding : findings) {
    std::cout << (finding.grade == Grade::good      ? "  ok       "
                  : finding.grade == Grade::warning ? "  warning  "
                                                    : "  PROBLEM  ")
              << finding.subject << ": " << finding.text << "\n";
    if (!finding.mend.empty()) std::cout << "           mend: " << finding.mend << "\n";
  }
}

void print_json(const std::vector<Finding>& findings) {
  nlohmann::json list = nlohmann::json::array();
  for (const Finding& finding : findings) {
    list.push_back({{"grade", word(finding.grade)},
                    {"subject", finding.subject},
                    {"text", finding.text},
                    {"mend", finding.mend}});
  }
  std::cout << list.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) << "\n";
}

}  // namespace

int doctor(const config::Loaded& loaded, bool json) {
  const std::vector<Finding> findings = Doctor(loaded).examine();
  if (json) {
    print_json(findings);
  } else {
    print_text(findings);
  }
  const bool healthy = std::none_of(findings.begin(), findings.end(),
                                    [](const Finding& finding) { return finding.grade == Grade::bad; });
  return healthy ? kSuccess : kFailure;
}

}  // namespace sallyport::broker::cli
