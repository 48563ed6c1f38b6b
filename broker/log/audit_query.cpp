#include "broker/log/audit_chain.hpp"
#include "broker/log/audit_reader.hpp"
#include "broker/log/audit_snapshot.hpp"
#include "broker/log/json_line.hpp"

#include <algorithm>
#include <array>

namespace sallyport::broker::log {
namespace {

struct Outcome {
  std::string_view name;
  std::string_view event;
};
constexpr std::array<Outcome, 10> kOutcomes = {{{"requested", "Code execution requested"},
                                                {"completed", "Code execution completed"},
                                                {"failed", "Code execution failed"},
                                                {"violations", "Security violations detected"},
                                                {"session_created", "Session created"},
                                                {"session_ended", "Session ended"},
                                                {"webhook_dead", "Webhook dead"},
                                                {"key_created", "API key created"},
                                                {"key_revoked", "API key revoked"},
                                                {"key_rotated", "API key rotated"}}};

/// "2026-01-31T12:00:00" of a record, which begins with its time; as text, in whose order times are too.
std::string_view time_of(std::string_view line) {
  constexpr std::string_view kBegin = "{\"ts\":\"";
  return line.starts_with(kBegin) ? line.substr(kBegin.size(), 19) : std::string_view();
}

std::string seconds_text(base::UtcTime time) {
  return base::utc_text(time).substr(0, 19);
}

class Filter {
 public:
  explicit Filter(const AuditQuery& query) : query_(query) {
    if (query.since) since_ = seconds_text(*query.since);
    if (query.until) until_ = seconds_text(*query.until);
    for (const Outcome& outcome : kOutcomes) {
      if (outcome.name == query.outcome) event_ = outcome.event;
    }
  }

  [[nodiscard]] bool lets(std::string_view line) const {
    const std::string_view time = time_of(line);
    if (!since_.empty() && time < since_) return false;
    if (!until_.empty() && time >= until_) return false;
    // The texts are looked for before anything is parsed: most lines hold none of them.
    if (!holds(line, query_.key_id) || !holds(line, query_.execution_id) || !holds(line, event_))
      return false;
    if (query_.key_id.empty() && query_.execution_id.empty() && query_.user_id.empty() && event_.empty())
      return true;
    const Json record = Json::parse(line, nullptr, false);
    if (!record.is_object()) return false;
    return is(record, "key_id", query_.key_id) && is(record, "execution_id", query_.execution_id) &&
           is(record, "event", event_) && is_user(record);
  }

 private:
  static bool holds(std::string_view line, std::string_view text) {
    return text.empty() || line.find(text) != std::string_view::npos;
  }
  static bool is(const Json& record, const char* member, std::string_view wanted) {
    if (wanted.empty()) return true;
    const auto found = record.find(member);
    return found != record.end() && found->is_string() && found->get_ref<const std::string&>() == wanted;
  }
  [[nodiscard]] bool is_user(const Json& record) const {
    if (query_.user_id.empty()) return true;
    const auto found = record.find("user_id");
    if (found == record.end()) return false;
    if (found->is_string()) return found->get_ref<const std::string&>() == query_.user_id;
    return found->is_number_integer() && found->dump() == query_.user_id;
  }

  const AuditQuery& query_;
  std::string since_;
  std::string until_;
  std::string_view event_;
};

}  // namespace

const std::vector<std::string_view>& audit_outcomes() {
  static const auto names = [] {
    std::vector<std::string_view> all;
    for (const Outcome& outcome : kOutcomes) all.push_back(outcome.name);
    return all;
  }();
  return names;
}

AuditPage query_audit(const std::string& path, const AuditQuery& query) {
  AuditSnapshot snapshot = take_snapshot(path);
  const Filter filter(query);
  AuditPage page;
  std::uint64_t seen = query.after;
  std::size_t scanned = 0;
  std::size_t bytes = 0;
  for (AuditSnapshot::File& file : snapshot.files) {
    std::uint64_t place = file.file->find(query.after + 1);
    while (const auto line = file.file->line_at(place)) {
      place = line->end;
      scanned += line->text.size() + 1;
      const auto link = line->whole ? link_of(line->text) : std::nullopt;
      if (link && link->sequence > query.after) {
        if (filter.lets(line->text)) {
          // There is a further one, so the page before it is not the last.
          const bool fits = page.records.empty() || bytes + line->text.size() <= max_page_bytes;
          if (page.records.size() >= query.limit || !fits) {
            page.next = seen;
            return page;
          }
          page.records.emplace_back(line->text);
          bytes += line->text.size();
        }
        seen = link->sequence;
      }
      if (scanned > max_scanned_bytes) {
        page.next = seen;
        return page;
      }
    }
  }
  return page;
}

}  // namespace sallyport::broker::log
