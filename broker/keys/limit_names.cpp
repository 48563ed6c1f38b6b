#include "broker/keys/limit_names.hpp"

#include <array>
#include <cmath>
#include <utility>
#include <variant>

namespace sallyport::broker::keys {
namespace {

using Limits = config::SandboxLimits;
using Member = std::variant<double Limits::*, std::uint64_t Limits::*, bool Limits::*>;

constexpr double kMostCount = 1e15;  // Exact as a double.

const std::array<std::pair<std::string_view, Member>, 10>& members() {
  static const std::array<std::pair<std::string_view, Member>, 10> all = {{
      {"timeout_seconds", &Limits::timeout_seconds},
      {"max_cpu_seconds", &Limits::max_cpu_seconds},
      {"max_memory_mb", &Limits::max_memory_mb},
      {"max_output_bytes", &Limits::max_output_bytes},
      {"cpus", &Limits::cpus},
      {"max_processes", &Limits::max_processes},
      {"max_file_mb", &Limits::max_file_mb},
      {"enable_network", &Limits::enable_network},
      {"max_artifacts", &Limits::max_artifacts},
      {"max_artifact_bytes", &Limits::max_artifact_bytes},
  }};
  return all;
}

using Switches = config::Switches;
const std::array<std::pair<std::string_view, bool Switches::*>, 5>& switches_by_name() {
  static const std::array<std::pair<std::string_view, bool Switches::*>, 5> all = {{
      {"enable_syntax_validation", &Switches::enable_syntax_validation},
      {"enable_ast_validation", &Switches::enable_ast_validation},
      {"enable_output_validation", &Switches::enable_output_validation},
      {"redact_sensitive_output", &Switches::redact_sensitive_output},
      {"log_executions", &Switches::log_executions},
  }};
  return all;
}

template <class Table>
std::vector<std::string_view> names_of(const Table& table) {
  std::vector<std::string_view> names;
  for (const auto& entry : table) names.push_back(entry.first);
  return names;
}

}  // namespace

const std::vector<std::string_view>& ceiling_names() {
  static const std::vector<std::string_view> names = names_of(members());
  return names;
}

std::optional<double> ceiling_of(const Limits& ceilings, std::string_view name) {
  const Limits none = no_ceilings();
  for (const auto& [known, member] : members()) {
    if (known != name) continue;
    const auto read = [&ceilings, &none](auto field) -> std::optional<double> {
      if (ceilings.*field == none.*field) return std::nullopt;
      return static_cast<double>(ceilings.*field);
    };
    return std::visit(read, member);
  }
  return std::nullopt;
}

std::string set_ceiling(Limits& ceilings, std::string_view name, double value) {
  for (const auto& [known, member] : members()) {
    if (known != name) continue;
    if (const auto* const flag = std::get_if<bool Limits::*>(&member)) {
      if (value != 0 && value != 1) return "must be true or false";
      ceilings.** flag = value == 1;
      return {};
    }
    if (!(value >= 0) || value > kMostCount) return "must be a number from 0 to 1e15";
    if (const auto* const real = std::get_if<double Limits::*>(&member)) {
      if (value == 0) return "must be above 0";
      ceilings.** real = value;
      return {};
    }
    if (std::nearbyint(value) != value) return "must be a whole number";
    ceilings.*std::get<std::uint64_t Limits::*>(member) = static_cast<std::uint64_t>(value);
    return {};
  }
  return "is not a limit";
}

const std::vector<std::string_view>& switch_names() {
  static const std::vector<std::string_view> names = names_of(switches_by_name());
  return names;
}

bool* find_switch(Switches& switches, std::string_view name) {
  for (const auto& [known, member] : switches_by_name()) {
    if (known == name) return &(switches.*member);
  }
  return nullptr;
}

}  // namespace sallyport::broker::keys
