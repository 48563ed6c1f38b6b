#include "broker/log/audit_trail.hpp"

#include "broker/log/audit_files.hpp"
#include "broker/log/json_line.hpp"

#include <algorithm>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace sallyport::broker::log {
namespace {

/// Of what nobody reads, the most that is kept.
constexpr std::size_t kMaxNotices = 16;

/// Bytes that are put together for one call; a longer record goes alone.
constexpr std::uint64_t kMaxAtOnce = 256 * 1024;

std::uint64_t last_sequence(const std::string& file) {
  const auto tail = AuditFile(file).tail();
  return tail.last ? tail.last->sequence : 0;
}

}  // namespace

std::variant<std::shared_ptr<AuditTrail>, std::string> AuditTrail::open(const std::string& path,
                                                                        Retention retention, WallClock now) {
  auto dropped = std::make_shared<std::uint64_t>(0);
  retention.rotation.on_drop = [dropped](const std::string& file) {
    *dropped = std::max(*dropped, last_sequence(file));
  };
  auto destination = Destination::open(path, retention.rotation);
  if (auto* error = std::get_if<std::string>(&destination)) return std::move(*error);
  auto head = AuditHead::open(path);
  if (auto* error = std::get_if<std::string>(&head)) return std::move(*error);
  auto trail = std::make_shared<AuditTrail>(path, std::move(retention), std::move(now),
                                            std::move(std::get<0>(destination)), std::move(std::get<0>(head)),
                                            std::move(dropped));
  // What the last process left is looked at now, and not with the first execution.
  const std::scoped_lock guard(trail->mutex_);
  const Turn turn(*trail);
  trail->apply_retention();
  return trail;
}

AuditTrail::AuditTrail(std::string path, Retention retention, WallClock now,
                       std::shared_ptr<Destination> destination, std::unique_ptr<AuditHead> head,
                       std::shared_ptr<std::uint64_t> dropped)
    : path_(std::move(path)),
      retention_(std::move(retention)),
      now_(std::move(now)),
      destination_(std::move(destination)),
      head_(std::move(head)),
      dropped_(std::move(dropped)) {}

std::vector<std::string> AuditTrail::take_notices() {
  const std::scoped_lock guard(mutex_);
  return std::exchange(notices_, {});
}

AuditTrail::Turn::Turn(AuditTrail& trail) : trail_(trail), lock_(*trail.head_) {
  trail.destination_->follow();
  trail.rotations_ = trail.destination_->rotations();
  const auto known = trail.head_->read();
  if (known) trail.state_ = *known;
  if (!known || trail.state_.size != trail.destination_->size()) trail.recover();
}

AuditTrail::Turn::~Turn() {
  trail_.state_.size = trail_.destination_->size();
  // Where a write failed, the head stays behind: so the next turn looks at the file.
  if (!trail_.uncertain_) static_cast<void>(trail_.head_->write(trail_.state_));
  trail_.uncertain_ = false;
}

bool AuditTrail::write(std::string_view line) {
  const std::string copy(line);
  std::size_t written = 0;
  write_lines({&copy, 1}, written);
  return written == 1;
}

void AuditTrail::write_lines(std::span<const std::string> lines, std::size_t& written) {
  const std::scoped_lock guard(mutex_);
  const Turn turn(*this);
  while (!lines.empty()) {
    if (uncertain_) {
      uncertain_ = false;
      recover();
    }
    const Appended appended = append(lines);
    written += appended.count;
    lines = lines.subspan(appended.count + (appended.next_is_lost ? 1 : 0));
  }
}

/// Chains as many records as the file has room for, the first in any case, and writes them with one call.
AuditTrail::Appended AuditTrail::append(std::span<const std::string> records) {
  const std::uint64_t room = std::min(destination_->room(), kMaxAtOnce);
  ChainPoint last = state_.last;
  std::string text;
  std::size_t count = 0;
  for (const std::string& record : records) {
    ChainPoint next = last;
    const std::string line = chained(record, next);
    if (line.empty() || (!text.empty() && text.size() + line.size() + 1 > room)) break;
    text.append(line).push_back('\n');
    last = std::move(next);
    ++count;
  }
  if (text.empty()) return {0, true};  // It is no record.
  const std::size_t written = destination_->append(text);
  if (written < text.size()) {
    uncertain_ = true;
    text.resize(written);
    return {static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')), true};
  }
  state_.last = std::move(last);
  if (destination_->rotations() != rotations_) {
    rotations_ = destination_->rotations();
    apply_retention();
  }
  return {count, false};
}

/// The head does not fit the file. Which records there are, the files have to say; what is missing from them,
/// the head.
void AuditTrail::recover() {
  const bool has_head = head_->read().has_value();
  const std::vector<std::string> files = audit_files(path_);
  AuditFile current(path_);
  AuditFile::Tail tail = current.tail();
  // Right after a rotation the last record is in the file before.
  for (auto before = files.rbegin(); !tail.last && before != files.rend(); ++before) {
    if (*before == path_) continue;
    tail.last = AuditFile(*before).tail().last;
  }
  if (!has_head) state_ = TrailState();
  const std::uint64_t known = state_.last.sequence;
  const std::uint64_t found = tail.last ? tail.last->sequence : 0;
  if (found > known) state_.last = *tail.last;
  if (!has_head) {
    const auto first = files.empty() ? std::nullopt : AuditFile(files.front()).first_sequence();
    state_.first = first.value_or(found + 1);
  }
  if (tail.unended) destination_->mark_torn();
  if (tail.torn_bytes > 0) {
    destination_->mark_torn();
    note("the last line was torn: the process was killed, or the disk was full", tail.torn_bytes);
  }
  if (!has_head && found > 0) note("the head file was missing or damaged", 0);
  if (found < known) {
    note("records " + std::to_string(found + 1) + " to " + std::to_string(known) + " are missing at the end",
         0);
  }
}

/// In the trail itself, and for the operational log.
void AuditTrail::note(const std::string& what, std::uint64_t torn_bytes) {
  if (notices_.size() < kMaxNotices) notices_.push_back(path_ + ": " + what);
  Json json = record(now_(), Level::warning, recovered_event);
  json.emplace("message", what);
  json.emplace("torn_bytes", torn_bytes);
  const std::string line = line_of(json);
  static_cast<void>(append({&line, 1}));
}

/// By age; by number the rotation has done it. The trail then begins behind what was removed; what is missing
/// without having been removed here stays missing.
void AuditTrail::apply_retention() {
  if (retention_.max_age.count() > 0) {
    const auto oldest = std::chrono::system_clock::to_time_t(now_() - retention_.max_age);
    for (const std::string& file : audit_files(path_)) {
      struct stat status {};
      if (file == path_ || ::stat(file.c_str(), &status) != 0 || status.st_mtime >= oldest) break;
      *dropped_ = std::max(*dropped_, last_sequence(file));
      if (::unlink(file.c_str()) != 0) break;
    }
  }
  state_.first = std::max(state_.first, *dropped_ + 1);
}

}  // namespace sallyport::broker::log
