#include "broker/result_cache.hpp"

#include "base/sha256.hpp"
#include "broker/seconds.hpp"

#include <array>
#include <bit>
#include <cstddef>
#include <string_view>
#include <utility>
#include <vector>

namespace sallyport::broker {
namespace {

/// Changes whenever the key or what is kept changes its form.
constexpr std::string_view kForm = "sallyport result 1";

/// An entry's share of the lists and maps around it.
constexpr std::uint64_t kFlatBytes = 1024;

/// One result may take this part of the cache.
constexpr std::uint64_t kLargestPart = 8;

/// Every field with its length in front, every list with its count: two different requests never become the
/// same bytes.
class KeyWriter {
 public:
  void add(std::string_view text) {
    add(std::uint64_t{text.size()});
    hash_.add(text);
  }
  void add(std::uint64_t number) {
    std::array<char, 8> bytes{};
    for (char& byte : bytes) {
      byte = static_cast<char>(number & 0xFFU);
      number >>= 8U;
    }
    hash_.add({bytes.data(), bytes.size()});
  }
  void add(double number) { add(std::bit_cast<std::uint64_t>(number)); }
  void add(const std::vector<std::string>& list) {
    add(std::uint64_t{list.size()});
    for (const std::string& text : list) add(text);
  }
  std::string finish() { return hash_.finish(); }

 private:
  base::Sha256 hash_;
};

void add(KeyWriter& key, const runners::Limits& limits) {
  key.add(static_cast<std::uint64_t>(limits.timeout.count()));
  key.add(limits.cpu_seconds);
  key.add(limits.max_memory_mb);
  key.add(limits.max_output_bytes);
  key.add(limits.cpus);
  key.add(limits.max_processes);
  key.add(limits.max_file_mb);
  key.add(std::uint64_t{limits.enable_network});
  key.add(limits.max_artifacts);
  key.add(limits.max_artifact_bytes);
}

void add(KeyWriter& key, const validators::policy::Adjustments& adjustments) {
  key.add(adjustments.forbidden_functions);
  key.add(adjustments.forbidden_modules);
  key.add(adjustments.forbidden_attributes);
  key.add(std::uint64_t{adjustments.allowed_imports.has_value()});
  if (adjustments.allowed_imports) key.add(*adjustments.allowed_imports);
  key.add(std::uint64_t{adjustments.replaces_imports});
}

void add(KeyWriter& key, const Layers& layers) {
  key.add(std::uint64_t{layers.enable_syntax_validation});
  key.add(std::uint64_t{layers.enable_ast_validation});
  key.add(std::uint64_t{layers.enable_output_validation});
  key.add(std::uint64_t{layers.redact_sensitive_output});
  key.add(std::uint64_t{layers.log_executions});
}

std::uint64_t size_of(const ExecutionReply& reply) {
  std::uint64_t bytes = kFlatBytes + reply.stdout_text.size() + reply.stderr_text.size();
  for (const runners::Artifact& artifact : reply.artifacts) {
    bytes += sizeof(artifact) + artifact.path.size() + artifact.content.size();
  }
  for (const std::string& note : reply.notes) bytes += sizeof(std::string) + note.size();
  for (const ValidationViolation& each : reply.validation_violations) {
    bytes += sizeof(each) + each.type.size() + each.rule.size() + each.severity.size() + each.message.size() +
             each.hint.size();
  }
  for (const OutputViolation& each : reply.output_violations) {
    bytes += sizeof(each) + each.type.size() + each.rule.size() + each.category.size() +
             each.severity.size() + each.stream.size() + each.message.size();
  }
  return bytes;
}

}  // namespace

ResultCache::ResultCache(config::Cache config, Now now) : config_(config), now_(std::move(now)) {}

std::optional<std::string> ResultCache::key_of(const ExecutionRequest& request, const Owner& owner,
                                               const RuleGenerations& rules) const {
  if (!config_.enabled || !request.deterministic || request.limits.enable_network) return std::nullopt;
  if (request.image.digest.empty()) return std::nullopt;
  KeyWriter key;
  key.add(kForm);
  key.add(owner.key);
  key.add(owner.user);
  key.add(request.code);
  key.add(request.context_json);
  key.add(request.stdin_text);
  key.add(std::uint64_t{request.files.size()});
  for (const runners::InputFile& file : request.files) {
    key.add(file.path);
    key.add(file.content);
  }
  key.add(request.image.name);
  key.add(request.image.digest);
  key.add(request.sandbox_type);
  key.add(request.policy);
  key.add(rules.code);
  key.add(rules.output);
  add(key, request.adjustments);
  add(key, request.limits);
  add(key, request.layers);
  std::string digest = key.finish();
  if (digest.empty()) return std::nullopt;
  return digest;
}

const ExecutionReply* ResultCache::find(const std::string& key) {
  const auto found = by_key_.find(key);
  if (found != by_key_.end() && found->second->expires > now_()) {
    ++counts_.hits;
    entries_.splice(entries_.begin(), entries_, found->second);
    return &found->second->reply;
  }
  if (found != by_key_.end()) drop(found->second);
  ++counts_.misses;
  return nullptr;
}

void ResultCache::store(const std::string& key, const ExecutionReply& reply) {
  if (!reply.success || reply.was_output_truncated) return;
  const std::uint64_t bytes = size_of(reply);
  if (bytes > config_.max_bytes / kLargestPart) return;
  if (const auto found = by_key_.find(key); found != by_key_.end()) drop(found->second);
  while (!entries_.empty() &&
         (entries_.size() >= config_.max_entries || counts_.bytes + bytes > config_.max_bytes)) {
    drop(std::prev(entries_.end()));
    ++counts_.evictions;
  }
  Entry entry;
  entry.key = key;
  entry.reply = reply;
  entry.reply.id.clear();
  entry.reply.timings = {};
  entry.reply.total_time_seconds = 0;
  // Nothing is executed for who gets it.
  entry.reply.usage.reset();
  entry.reply.execution_time_seconds.reset();
  entry.reply.cached = true;
  entry.bytes = bytes;
  entry.expires = now_() + seconds(config_.ttl_seconds);
  entries_.push_front(std::move(entry));
  by_key_[key] = entries_.begin();
  counts_.bytes += bytes;
}

void ResultCache::drop(Entries::iterator entry) {
  counts_.bytes -= entry->bytes;
  by_key_.erase(entry->key);
  entries_.erase(entry);
}

CacheCounts ResultCache::counts() const {
  CacheCounts counts = counts_;
  counts.entries = entries_.size();
  return counts;
}

}  // namespace sallyport::broker
