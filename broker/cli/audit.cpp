#include "broker/cli/audit.hpp"

#include "base/hex.hpp"
#include "broker/cli/audit_query_fields.hpp"
#include "broker/cli/command_line.hpp"
#include "broker/log/audit_reader.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <iostream>
#include <utility>

namespace sallyport::broker::cli {
namespace {

using Json = nlohmann::ordered_json;

int usage_error(const std::string& mistake) {
  std::cerr << "sallyport: " << mistake << "\n";
  return kUsage;
}

/// Empty where there is none.
std::string trail_of(const config::Loaded& loaded, const AuditOptions& options) {
  return options.file.empty() ? loaded.config.log.audit_file : options.file;
}

constexpr const char* kNoTrail =
    "there is no audit trail: the audit records have no file of their own (log.audit_file); --file names one";

std::optional<log::AuditAnchor> read_anchor(const std::string& text) {
  log::AuditAnchor anchor;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), anchor.sequence);
  if (error != std::errc() || end == text.data() + text.size() || *end != ':') return std::nullopt;
  anchor.hash = std::string(end + 1, text.data() + text.size());
  if (anchor.hash.size() != 64 || !base::is_hex(anchor.hash)) return std::nullopt;
  return anchor;
}

std::string place_of(const log::AuditMistake& mistake) {
  return mistake.line == 0 ? mistake.file : mistake.file + ":" + std::to_string(mistake.line);
}

Json list_json(const std::vector<log::AuditMistake>& mistakes) {
  Json list = Json::array();
  for (const log::AuditMistake& mistake : mistakes) {
    Json entry;
    entry["file"] = mistake.file;
    entry["line"] = mistake.line == 0 ? Json() : Json(mistake.line);
    entry["what"] = mistake.what;
    list.push_back(std::move(entry));
  }
  return list;
}

}  // namespace

int verify_audit_trail(const config::Loaded& loaded, const AuditOptions& options) {
  const std::string path = trail_of(loaded, options);
  if (path.empty()) return usage_error(kNoTrail);
  std::optional<log::AuditAnchor> anchor;
  if (!options.anchor.empty()) {
    anchor = read_anchor(options.anchor);
    if (!anchor)
      return usage_error("--anchor " + options.anchor + ": write NUMBER:HASH, as an earlier verify has said");
  }
  const log::AuditVerdict verdict = log::verify_audit(path, anchor);
  const bool good = verdict.mistake_count == 0;
  if (options.json) {
    Json json;
    json["ok"] = good;
    json["records"] = verdict.records;
    json["first"] = verdict.first;
    json["last"] = verdict.last;
    json["hash"] = verdict.hash;
    json["mistake_count"] = verdict.mistake_count;
    json["mistakes"] = list_json(verdict.mistakes);
    json["notes"] = list_json(verdict.notes);
    std::cout << json.dump(2, ' ', false, Json::error_handler_t::replace) << std::endl;
    return good ? kSuccess : kFailure;
  }
  for (const log::AuditMistake& note : verdict.notes)
    std::cout << place_of(note) << ": note: " << note.what << "\n";
  for (const log::AuditMistake& mistake : verdict.mistakes)
    std::cout << place_of(mistake) << ": " << mistake.what << "\n";
  if (!good) {
    std::cout << "the audit trail is not whole: " << verdict.mistake_count << " mistakes in "
              << verdict.records << " records" << std::endl;
    return kFailure;
  }
  std::cout << "the audit trail is whole: " << verdict.records << " records, " << verdict.first << " to "
            << verdict.last;
  if (verdict.last > 0) std::cout << "; anchor " << verdict.last << ":" << verdict.hash;
  std::cout << std::endl;
  return kSuccess;
}

int query_audit_trail(const config::Loaded& loaded, const AuditOptions& options) {
  const std::string path = trail_of(loaded, options);
  if (path.empty()) return usage_error(kNoTrail);
  http::QueryParameters given;
  const auto add = [&given](const char* name, const std::string& value) {
    if (!value.empty()) given.emplace_back(name, value);
  };
  add("since", options.since);
  add("until", options.until);
  add("key_id", options.key_id);
  add("user_id", options.user_id);
  add("execution_id", options.execution_id);
  add("outcome", options.outcome);
  if (options.after) add("after", std::to_string(*options.after));
  auto query = audit_query(given);
  if (query.has_error()) return usage_error(query.error().message);
  std::uint64_t left = options.limit.value_or(UINT64_MAX);
  while (left > 0) {
    query->limit = static_cast<std::size_t>(std::min<std::uint64_t>(left, 1000));
    const log::AuditPage page = log::query_audit(path, *query);
    for (const std::string& record : page.records) std::cout << record << "\n";
    left -= page.records.size();
    if (!page.next) break;
    query->after = *page.next;
  }
  std::cout.flush();
  return std::cout ? kSuccess : kFailure;
}

ApiResult<std::string> LogAuditSource::page(std::string_view query) const {
  if (path_.empty()) {
    ApiError error;
    error.status = 404;
    error.error_type = error_type_of(404);
    error.message =
        "this broker keeps no audit trail: its audit records have no file of their own (log.audit_file)";
    return error;
  }
  const auto given = http::parse_query(query);
  if (!given) return bad_query("the query of the URL cannot be read: broken escapes, or a parameter twice");
  const auto parsed = audit_query(*given);
  if (parsed.has_error()) return parsed.error();
  const log::AuditPage page = log::query_audit(path_, *parsed);
  std::string body = "{\"records\":[";
  for (const std::string& record : page.records) {
    if (body.back() != '[') body += ',';
    body += record;
  }
  body += "],\"next\":" + (page.next ? std::to_string(*page.next) : std::string("null")) + "}";
  return body;
}

}  // namespace sallyport::broker::cli
