#include "runners/guest_protocol.hpp"

#include "base/base64.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <limits>
#include <set>
#include <utility>

namespace sallyport::runners {
namespace {

using nlohmann::json;

constexpr std::string_view kReadyMagic = "SALLYPORT-READY ";
constexpr std::size_t kMaxReadyBytes = 64 * 1024;
constexpr std::size_t kLengthBytes = 4;
constexpr std::size_t kMaxReadyFrame = kReadyMagic.size() + kLengthBytes + kMaxReadyBytes;
constexpr int kProtocolVersion = 1;

// Bounds on the texts of a report; what an honest agent sends is far below.
constexpr std::size_t kMaxTypeBytes = 256;
constexpr std::size_t kMaxModuleBytes = 256;
constexpr std::size_t kMaxMessageBytes = 64 * 1024;
constexpr std::size_t kMaxNotes = 64;
constexpr std::size_t kMaxNoteBytes = 1024;
constexpr std::size_t kMaxArtifactPathBytes = 1024;
constexpr std::size_t kMaxImports = 256;
constexpr std::size_t kMaxReportDepth = 8;

std::size_t decode_length(std::string_view four) {
  std::size_t length = 0;
  for (const char c : four) length = length << 8U | static_cast<unsigned char>(c);
  return length;
}

void append_length(std::string& frame, std::size_t length) {
  for (const unsigned shift : {24U, 16U, 8U, 0U}) frame += static_cast<char>(length >> shift & 0xFFU);
}

std::string hex(const Nonce& nonce) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (const unsigned char byte : nonce) {
    text += digits[byte >> 4U];
    text += digits[byte & 15U];
  }
  return text;
}

/// A JSON string literal. Bytes that are not UTF-8 cannot come here from the API; should they, U+FFFD.
std::string quoted(const std::string& text) {
  return json(text).dump(-1, ' ', false, json::error_handler_t::replace);
}

// Readers of one member each. They throw `ReportError`, which ends in `parse_report`.
struct ReportError {
  std::string what;
};

const json& member(const json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end()) throw ReportError{std::string("no \"") + key + "\""};
  return *found;
}

std::string text_member(const json& object, const char* key, std::size_t max_bytes) {
  const json& value = member(object, key);
  if (!value.is_string()) throw ReportError{std::string("\"") + key + "\" is not a string"};
  const auto& text = value.get_ref<const std::string&>();
  if (text.size() > max_bytes) throw ReportError{std::string("\"") + key + "\" is too long"};
  return text;
}

std::int64_t integer_member(const json& object, const char* key, std::int64_t low, std::int64_t high) {
  const json& value = member(object, key);
  if (!value.is_number_integer()) throw ReportError{std::string("\"") + key + "\" is not an integer"};
  if (value.is_number_unsigned() &&
      value.get<std::uint64_t>() > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
    throw ReportError{std::string("\"") + key + "\" is out of range"};
  }
  const auto number = value.get<std::int64_t>();
  if (number < low || number > high) throw ReportError{std::string("\"") + key + "\" is out of range"};
  return number;
}

double number_member(const json& object, const char* key, double high) {
  const json& value = member(object, key);
  if (!value.is_number()) throw ReportError{std::string("\"") + key + "\" is not a number"};
  return std::clamp(value.get<double>(), 0.0, high);
}

AgentReport::Outcome outcome_member(const json& object) {
  const std::string name = text_member(object, "outcome", kMaxTypeBytes);
  if (name == "returned") return AgentReport::Outcome::returned;
  if (name == "exception") return AgentReport::Outcome::exception;
  if (name == "exit") return AgentReport::Outcome::exit;
  if (name == "os_exit") return AgentReport::Outcome::os_exit;
  throw ReportError{"\"outcome\" is none that is known"};
}

Artifact artifact_from(const json& entry, std::uint64_t& bytes_left) {
  if (!entry.is_object()) throw ReportError{"an artifact is not an object"};
  Artifact artifact;
  artifact.path = text_member(entry, "path", kMaxArtifactPathBytes);
  if (!is_safe_artifact_path(artifact.path)) throw ReportError{"an artifact's path is not allowed"};
  const json& content = member(entry, "content_base64");
  if (!content.is_string()) throw ReportError{"an artifact's content is not a string"};
  auto decoded = base::base64_decode(content.get_ref<const std::string&>());
  if (!decoded) throw ReportError{"an artifact's content is not base64"};
  if (decoded->size() > bytes_left) throw ReportError{"the artifacts exceed their limit"};
  bytes_left -= decoded->size();
  artifact.content = std::move(*decoded);
  artifact.size = artifact.content.size();
  return artifact;
}

/// Whether all of them can be files of one folder: no path twice, none below another.
bool fit_together(const std::vector<Artifact>& artifacts) {
  std::set<std::string_view> paths;
  for (const Artifact& artifact : artifacts) {
    if (!paths.insert(artifact.path).second) return false;
  }
  for (const std::string_view path : paths) {
    for (auto slash = path.find('/'); slash != std::string_view::npos; slash = path.find('/', slash + 1)) {
      if (paths.contains(path.substr(0, slash))) return false;
    }
  }
  return true;
}

/// Where a JSON string ends whose content begins at `at`: behind its quote, or at the end of the text.
std::size_t end_of_string(std::string_view text, std::size_t at) {
  std::size_t quote = text.find('"', at);
  while (quote != std::string_view::npos) {
    const std::size_t escape = text.substr(at, quote - at).find('\\');
    if (escape == std::string_view::npos) return quote + 1;
    at += escape + 2;
    if (at > quote) quote = text.find('"', at);
  }
  return text.size();
}

/// Whether a text, read as JSON, stays about as large as it is. A value of two bytes, or a bracket, takes up
/// to a hundred in memory, so a report that is within its limit could become a gigabyte; a number of
/// megabytes is copied over and over while it is read.
bool is_modest(std::string_view text, std::size_t max_values) {
  constexpr std::size_t kBytesBesideStringsOfOneValue = 64;
  std::size_t depth = 0;
  std::size_t values = 1;
  std::size_t beside_strings = 0;
  std::size_t at = 0;
  while (at < text.size()) {
    switch (text[at++]) {
      case '"':
        at = end_of_string(text, at);
        break;
      case '[':
      case '{':
        ++depth;
        ++values;
        break;
      case ']':
      case '}':
        depth -= depth > 0 ? 1 : 0;
        break;
      case ',':
        ++values;
        break;
      default:
        ++beside_strings;
        break;
    }
    if (depth > kMaxReportDepth || values > max_values) return false;
  }
  return beside_strings <= max_values * kBytesBesideStringsOfOneValue;
}

/// Of a report with all artifacts and notes that it may have.
std::size_t max_values(const Limits& limits) {
  constexpr std::size_t kOfOneArtifact = 4;
  constexpr std::size_t kOfTheRest = 64;
  constexpr std::size_t kOfOneDisplay = 4;
  return limits.max_artifacts * kOfOneArtifact + limits.max_displays * kOfOneDisplay + kMaxNotes + kOfTheRest;
}

/// Whether it is base64 of something that begins as a PNG does.
bool is_png(const std::string& text) {
  constexpr std::string_view kSignature = "\x89PNG\r\n\x1a\n";
  const auto decoded = base::base64_decode(text);
  return decoded && decoded->starts_with(kSignature);
}

DisplayBundle bundle_from(const json& object, std::uint64_t& bytes_left) {
  if (!object.is_object()) throw ReportError{"a display is not an object"};
  DisplayBundle bundle;
  for (const auto& [media_type, value] : object.items()) {
    const bool png = media_type == "image/png";
    if (!png && media_type != "text/plain" && media_type != "text/html") {
      throw ReportError{"a display is of a type that is not known"};
    }
    if (!value.is_string()) throw ReportError{"a display's content is not a string"};
    const auto& text = value.get_ref<const std::string&>();
    if (text.size() > bytes_left) throw ReportError{"the displays exceed their limit"};
    bytes_left -= text.size();
    if (png && !is_png(text)) throw ReportError{"a picture is not a PNG"};
    bundle[media_type] = text;
  }
  return bundle;
}

/// Of a cell; other jobs have neither.
void read_displays(const json& object, const Limits& limits, AgentReport& report) {
  std::uint64_t bytes_left = limits.max_display_bytes;
  const auto result = object.find("result");
  if (result != object.end() && !result->is_null()) report.result = bundle_from(*result, bytes_left);
  const auto displays = object.find("displays");
  if (displays == object.end()) return;
  if (!displays->is_array()) throw ReportError{"\"displays\" is not a list"};
  if (displays->size() > limits.max_displays) throw ReportError{"too many displays"};
  for (const json& entry : *displays) report.displays.push_back(bundle_from(entry, bytes_left));
}

AgentReport report_from(const json& object, const Limits& limits) {
  if (!object.is_object()) throw ReportError{"it is not an object"};
  AgentReport report;
  report.outcome = outcome_member(object);
  report.exit_code = static_cast<int>(integer_member(object, "exit_code", 0, 255));

  const json& exception = member(object, "exception");
  if (exception.is_object()) {
    report.exception_type = text_member(exception, "type", kMaxTypeBytes);
    report.exception_message = text_member(exception, "message", kMaxMessageBytes);
    if (exception.contains("refused_import")) {
      report.refused_import = text_member(exception, "refused_import", kMaxModuleBytes);
    }
    if (!member(exception, "line").is_null()) {
      report.exception_line =
          static_cast<int>(integer_member(exception, "line", 0, std::numeric_limits<int>::max()));
    }
  } else if (!exception.is_null() || report.outcome == AgentReport::Outcome::exception) {
    throw ReportError{"\"exception\" does not fit the outcome"};
  }

  const json& artifacts = member(object, "artifacts");
  if (!artifacts.is_array()) throw ReportError{"\"artifacts\" is not a list"};
  if (artifacts.size() > limits.max_artifacts) throw ReportError{"too many artifacts"};
  std::uint64_t bytes_left = limits.max_artifact_bytes;
  for (const json& entry : artifacts) report.artifacts.push_back(artifact_from(entry, bytes_left));
  if (!fit_together(report.artifacts)) throw ReportError{"two artifacts cannot have the paths they have"};

  const json& notes = member(object, "notes");
  if (!notes.is_array() || notes.size() > kMaxNotes) throw ReportError{"\"notes\" is not a short list"};
  for (const json& note : notes) {
    if (!note.is_string() || note.get_ref<const std::string&>().size() > kMaxNoteBytes) {
      throw ReportError{"a note is not a short string"};
    }
    report.notes.push_back(note.get<std::string>());
  }

  read_displays(object, limits, report);

  const json& usage = member(object, "usage");
  if (!usage.is_object()) throw ReportError{"\"usage\" is not an object"};
  constexpr double kMaxNumber = 1e12;
  report.cpu_seconds = number_member(usage, "cpu_seconds", kMaxNumber);
  report.max_rss_mb = number_member(usage, "max_rss_kb", kMaxNumber) / 1024.0;
  return report;
}

bool is_valid_utf8(std::string_view text) {
  try {
    static_cast<void>(json(std::string(text)).dump());
    return true;
  } catch (const json::exception&) {
    return false;
  }
}

std::vector<std::string> short_names(const json& object, const char* key) {
  std::vector<std::string> names;
  const auto found = object.find(key);
  if (found == object.end()) return names;
  for (const auto& [name, value] : found->items()) {
    if (names.size() == kMaxImports) break;
    names.push_back(found->is_array() && value.is_string() ? value.get<std::string>() : name);
  }
  return names;
}

}  // namespace

// --- ReadyParser

ReadyParser::Status ReadyParser::feed(std::string_view bytes) {
  // One byte beyond the largest frame is enough to know that a frame is too large.
  buffer_.append(bytes);
  const std::string_view have = buffer_;
  if (have.substr(0, kReadyMagic.size()) != kReadyMagic.substr(0, have.size())) return Status::malformed;
  if (have.size() < kReadyMagic.size() + kLengthBytes) return Status::need_more;
  const std::size_t length = decode_length(have.substr(kReadyMagic.size(), kLengthBytes));
  if (length > kMaxReadyBytes) return Status::malformed;
  const std::size_t body = kReadyMagic.size() + kLengthBytes;
  if (have.size() < body + length) return Status::need_more;
  frame_end_ = body + length;

  const json frame = json::parse(have.substr(body, length), nullptr, false);
  if (!frame.is_object()) return Status::malformed;
  const auto protocol = frame.find("protocol");
  const auto python = frame.find("python");
  if (protocol == frame.end() || *protocol != kProtocolVersion) return Status::malformed;
  if (python == frame.end() || !python->is_string()) return Status::malformed;
  ready_.python_version = python->get<std::string>();
  ready_.imported = short_names(frame, "imported");
  const std::vector<std::string> features = short_names(frame, "features");
  ready_.keeps = std::find(features.begin(), features.end(), "keep") != features.end();
  ready_.has_cells = std::find(features.begin(), features.end(), "cells") != features.end();
  ready_.failed_imports = short_names(frame, "import_errors");
  return Status::ready;
}

std::string_view ReadyParser::leftover() const {
  return std::string_view(buffer_).substr(frame_end_);
}

std::string ReadyParser::excerpt() const {
  constexpr std::size_t kMaxExcerpt = 200;
  std::string text = buffer_.substr(0, kMaxExcerpt);
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c < ' ' || c > '~'; }, '.');
  return text;
}

// --- TrailerScanner

TrailerScanner::TrailerScanner(const Nonce& nonce, std::size_t max_payload_bytes)
    : nonce_(nonce.begin(), nonce.end()), max_payload_bytes_(max_payload_bytes) {}

void TrailerScanner::feed(std::string_view bytes, std::string& output) {
  while (!bytes.empty()) {
    switch (phase_) {
      case Phase::output:
        feed_output(bytes, output);
        break;
      case Phase::length:
        feed_length(bytes);
        break;
      case Phase::payload:
        feed_payload(bytes);
        break;
      case Phase::complete:
        behind_.append(bytes.substr(0, kMaxReadyFrame - std::min(behind_.size(), kMaxReadyFrame)));
        return;
      case Phase::oversized:
        return;
    }
  }
}

void TrailerScanner::feed_output(std::string_view& bytes, std::string& output) {
  // The held bytes are fewer than a nonce; joined with the new ones they are searched together.
  const std::string_view added = std::exchange(bytes, {});
  held_.append(added);
  const std::size_t found = held_.find(nonce_);
  if (found != std::string::npos) {
    output.append(held_, 0, found);
    // The nonce ends within the new bytes, for fewer than a nonce were held: what follows it is their end.
    bytes = added.substr(added.size() - (held_.size() - found - nonce_.size()));
    held_.clear();
    phase_ = Phase::length;
    return;
  }
  // Hold back the longest end that is a beginning of the nonce.
  std::size_t keep = std::min(held_.size(), nonce_.size() - 1);
  while (keep > 0 && held_.compare(held_.size() - keep, keep, nonce_, 0, keep) != 0) --keep;
  output.append(held_, 0, held_.size() - keep);
  held_.erase(0, held_.size() - keep);
}

void TrailerScanner::feed_length(std::string_view& bytes) {
  const std::size_t take = std::min(bytes.size(), kLengthBytes - held_.size());
  held_.append(bytes.substr(0, take));
  bytes.remove_prefix(take);
  if (held_.size() < kLengthBytes) return;
  expected_ = decode_length(held_);
  held_.clear();
  if (expected_ > max_payload_bytes_) {
    phase_ = Phase::oversized;
  } else {
    phase_ = expected_ == 0 ? Phase::complete : Phase::payload;
    payload_.reserve(expected_);
  }
}

void TrailerScanner::feed_payload(std::string_view& bytes) {
  const std::size_t take = std::min(bytes.size(), expected_ - payload_.size());
  payload_.append(bytes.substr(0, take));
  bytes.remove_prefix(take);
  if (payload_.size() == expected_) phase_ = Phase::complete;
}

void TrailerScanner::finish(std::string& output) {
  if (phase_ == Phase::output) output.append(held_);
  held_.clear();
}

// --- frames and reports

std::size_t max_trailer_bytes(const Limits& limits) {
  constexpr std::size_t kTexts = 4 * 1024 * 1024;  // Messages, paths and notes, with JSON's escapes.
  return limits.max_artifact_bytes / 3 * 4 + limits.max_display_bytes + kTexts;
}

std::string encode_job(const Job& job, const Nonce& nonce, std::uint64_t max_open_files, bool keep) {
  json files = json::array();
  for (const InputFile& file : job.files) {
    files.push_back({{"path", file.path}, {"content_base64", base::base64_encode(file.content)}});
  }
  const json limits = {{"cpu_seconds", job.limits.cpu_seconds},
                       {"memory_mb", job.limits.max_memory_mb},
                       {"max_processes", job.limits.max_processes},
                       {"max_file_mb", job.limits.max_file_mb},
                       {"max_open_files", max_open_files}};
  const json artifacts = {{"max_count", job.limits.max_artifacts},
                          {"max_bytes", job.limits.max_artifact_bytes}};

  json cell;  // null: a job of its own.
  if (job.cell) {
    cell = {{"number", job.cell->number},
            {"max_displays", job.limits.max_displays},
            {"max_display_bytes", job.limits.max_display_bytes},
            {"collect", nullptr}};
    if (job.cell->collect) cell["collect"] = *job.cell->collect;
  }

  json imports;  // null: nothing is held back.
  if (job.imports) {
    imports = {{"allowed", nullptr}, {"denied", job.imports->denied}};
    if (job.imports->allowed) imports["allowed"] = *job.imports->allowed;
  }

  // Put together as text, so that the context, already JSON, is not parsed and written once more.
  std::string body =
      "{\"protocol\":1,\"nonce\":\"" + hex(nonce) + "\",\"code\":" + quoted(job.code) +
      ",\"context\":" + job.context_json + ",\"stdin\":" + quoted(job.stdin_text) +
      ",\"files\":" + files.dump() + ",\"limits\":" + limits.dump() + ",\"artifacts\":" + artifacts.dump() +
      ",\"imports\":" + imports.dump(-1, ' ', false, json::error_handler_t::replace) +
      (job.cell ? ",\"cell\":" + cell.dump(-1, ' ', false, json::error_handler_t::replace) : "") +
      (keep ? ",\"keep\":true}" : "}");
  std::string frame;
  frame.reserve(kLengthBytes + body.size());
  append_length(frame, body.size());
  frame += body;
  return frame;
}

std::variant<AgentReport, std::string> parse_report(std::string_view payload, const Limits& limits) {
  if (!is_modest(payload, max_values(limits))) {
    return std::string("the agent's report has more in it than its limits allow");
  }
  const json object = json::parse(payload, nullptr, false);
  if (object.is_discarded()) return std::string("the agent's report is not JSON");
  try {
    return report_from(object, limits);
  } catch (const ReportError& error) {
    return "the agent's report is malformed: " + error.what;
  }
}

bool is_safe_artifact_path(std::string_view path) {
  if (path.empty() || path.size() > kMaxArtifactPathBytes || !is_valid_utf8(path)) return false;
  const auto is_control = [](unsigned char c) { return c < 0x20 || c == 0x7F; };
  if (std::any_of(path.begin(), path.end(), is_control)) return false;
  while (true) {
    const std::size_t slash = path.find('/');
    const std::string_view segment = path.substr(0, slash);
    if (segment.empty() || segment == "." || segment == "..") return false;
    if (slash == std::string_view::npos) return true;
    path.remove_prefix(slash + 1);
  }
}

}  // namespace sallyport::runners
