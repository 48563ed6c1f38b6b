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
  trail->begin_batch();
  trail->apply_retention();
  trail->end_batch();
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

void AuditTrail::begin_batch() {
  const std::scoped_lock guard(mutex_);
  enter();
}

void AuditTrail::end_batch() {
  const std::scoped_lock guard(mutex_);
  leave();
}

std::vector<std::string> AuditTrail::take_notices() {
  const std::scoped_lock guard(mutex_);
  return std::exchange(notices_, {});
}

void AuditTrail::enter() {
  lock_.emplace(*head_);
  destination_->follow();
  rotations_ = destination_->rotations();
  const auto known = head_->read();
  if (known) state_ = *known;
  if (!known || state_.size != destination_->size()) recover();
}

void AuditTrail::leave() {
  state_.size = destination_->size();
  // Where a write failed, the head stays behind: so the next batch looks at the file.
  if (!uncertain_) static_cast<void>(head_->write(state_));
  uncertain_ = false;
  lock_.reset();
}

bool AuditTrail::write(std::string_view line) {
  const std::scoped_lock guard(mutex_);
  const bool alone = !lock_;
  if (alone) enter();
  if (uncertain_) {
    uncertain_ = false;
    recover();
  }
  const bool written = append(line);
  if (alone) leave();
  return written;
}

bool AuditTrail::append(std::string_view record) {
  ChainPoint last = state_.last;
  const std::string line = chained(record, last);
  if (line.empty()) return false;
  if (!destination_->write(line)) {
    uncertain_ = true;
    return false;
  }
  state_.last = std::move(last);
  if (destination_->rotations() != rotations_) {
    rotations_ = destination_->rotations();
    apply_retention();
  }
  return true;
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
  static_cast<void>(append(line_of(json)));
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
