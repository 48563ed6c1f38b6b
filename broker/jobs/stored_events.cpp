#include "broker/jobs/stored_events.hpp"

#include <nlohmann/json.hpp>

#include <utility>

namespace sallyport::broker {

std::vector<StoredEvent> stored_events(std::string_view result_json) {
  // Members stay in their order.
  const auto reply = nlohmann::ordered_json::parse(result_json, nullptr, false);
  std::vector<StoredEvent> events;
  if (!reply.is_object()) return events;
  for (const char* const list : {"validation_violations", "output_violations"}) {
    const auto found = reply.find(list);
    if (found == reply.end() || !found->is_array()) continue;
    for (const auto& violation : *found) events.push_back({EventKind::violation, violation.dump()});
  }
  const auto add_text = [&](const char* name, EventKind kind) {
    const auto found = reply.find(name);
    if (found == reply.end() || !found->is_string()) return;
    auto text = found->get<std::string>();
    if (!text.empty()) events.push_back({kind, std::move(text)});
  };
  add_text("stdout", EventKind::stdout_text);
  add_text("stderr", EventKind::stderr_text);
  return events;
}

}  // namespace sallyport::broker
