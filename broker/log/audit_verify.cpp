#include "broker/log/audit_chain.hpp"
#include "broker/log/audit_reader.hpp"
#include "broker/log/audit_snapshot.hpp"
#include "broker/log/audit_trail.hpp"

#include <utility>

namespace sallyport::broker::log {
namespace {

std::string range(std::uint64_t from, std::uint64_t to) {
  if (from == to) return "record " + std::to_string(from) + " is missing";
  return "records " + std::to_string(from) + " to " + std::to_string(to) + " are missing";
}

class Verifier {
 public:
  Verifier(AuditSnapshot snapshot, const std::optional<AuditAnchor>& anchor)
      : snapshot_(std::move(snapshot)), anchor_(anchor) {}

  AuditVerdict run() {
    for (AuditSnapshot::File& file : snapshot_.files) read(file);
    // Nothing has told of it yet: a kill, and no start since; or a writer that is at it just now.
    if (torn_) note(torn_->file, torn_->line, "the last line is torn; the next start tells of it");
    check_end();
    check_anchor();
    return std::move(verdict_);
  }

 private:
  void mistake(const std::string& file, std::uint64_t line, std::string what) {
    ++verdict_.mistake_count;
    if (verdict_.mistakes.size() < AuditVerdict::max_mistakes) {
      verdict_.mistakes.push_back({file, line, std::move(what)});
    }
  }
  void note(const std::string& file, std::uint64_t line, std::string what) {
    if (verdict_.notes.size() < AuditVerdict::max_mistakes)
      verdict_.notes.push_back({file, line, std::move(what)});
  }

  void read(AuditSnapshot::File& file) {
    std::uint64_t number = 0;
    std::uint64_t place = 0;
    while (const auto line = file.file->line_at(place)) {
      ++number;
      place = line->end;
      read_line(file.path, number, *line);
    }
  }

  void read_line(const std::string& file, std::uint64_t number, const AuditFile::Line& line) {
    const auto link = link_of(line.text);
    if (torn_) settle_torn(link ? line.text : std::string_view());
    if (!link) {
      // Of a time without a chain, or torn; what follows says which.
      if (line.whole && last_.sequence == 0) {
        ++unchained_;
      } else {
        torn_ = Torn{file, number, line.text.size()};
      }
      return;
    }
    if (last_.sequence == 0 && unchained_ > 0) {
      note(file, number,
           std::to_string(unchained_) + " lines before the first record are of a time without a chain");
    }
    ++verdict_.records;
    if (!is_unchanged(line.text)) {
      mistake(file, number,
              "record " + std::to_string(link->sequence) +
                  " has been changed: its hash is not that of its bytes");
    }
    check_place(file, number, *link);
    if (anchor_ && anchor_->sequence == link->sequence) {
      anchor_met_ = true;
      if (anchor_->hash != link->hash) {
        mistake(file, number, "record " + std::to_string(link->sequence) + " is not the one of the anchor");
      }
    }
    last_ = {link->sequence, std::string(link->hash)};
    verdict_.last = last_.sequence;
    verdict_.hash = last_.hash;
  }

  /// A line that is no record is all right if the record behind it tells of it.
  void settle_torn(std::string_view next) {
    const std::string told = "\"torn_bytes\":" + std::to_string(torn_->bytes) + ",\"seq\":";
    const std::string event = "\"event\":\"" + std::string(recovered_event) + "\"";
    if (next.find(event) != std::string_view::npos && next.find(told) != std::string_view::npos) {
      note(torn_->file, torn_->line, "a torn line, of which the record behind it tells");
    } else {
      mistake(torn_->file, torn_->line, "this line is no record of the chain");
    }
    torn_.reset();
  }

  void check_place(const std::string& file, std::uint64_t number, const ChainLink& link) {
    if (last_.sequence == 0) {
      verdict_.first = link.sequence;
      const std::uint64_t first = snapshot_.state ? snapshot_.state->first : 1;
      if (link.sequence > first) mistake(file, number, range(first, link.sequence - 1) + " at the beginning");
      if (link.sequence == 1 && link.previous != chain_begin().hash) {
        mistake(file, number, "record 1 does not begin a chain");
      }
      return;
    }
    if (link.sequence > last_.sequence + 1) {
      mistake(file, number, range(last_.sequence + 1, link.sequence - 1) + " before this one");
    } else if (link.sequence <= last_.sequence) {
      mistake(file, number,
              "record " + std::to_string(link.sequence) + " stands behind record " +
                  std::to_string(last_.sequence) + ": out of its order, or there twice");
    } else if (link.previous != last_.hash) {
      mistake(file, number,
              "record " + std::to_string(link.sequence) + " does not follow record " +
                  std::to_string(last_.sequence) + ": one of them was exchanged");
    }
  }

  void check_end() {
    const std::string trail = snapshot_.files.empty() ? std::string() : snapshot_.files.back().path;
    if (!snapshot_.state) {
      if (verdict_.records > 0)
        mistake(trail, 0, "the head file is missing or damaged: a cut end would not show");
      return;
    }
    const ChainPoint& known = snapshot_.state->last;
    if (known.sequence > last_.sequence) {
      mistake(trail, 0, range(last_.sequence + 1, known.sequence) + " at the end");
    } else if (known.sequence == last_.sequence && known.sequence > 0 && known.hash != last_.hash) {
      mistake(trail, 0, "the last record is not the one that the head file knows");
    }
  }

  void check_anchor() {
    if (!anchor_ || anchor_met_) return;
    const std::string trail = snapshot_.files.empty() ? std::string() : snapshot_.files.back().path;
    const std::string text = "record " + std::to_string(anchor_->sequence) + ", the anchor, ";
    const bool removed = snapshot_.state && anchor_->sequence < snapshot_.state->first;
    if (removed) {
      note(trail, 0, text + "is older than what retention has left");
    } else {
      mistake(trail, 0, text + "is missing");
    }
  }

  struct Torn {
    std::string file;
    std::uint64_t line = 0;
    std::uint64_t bytes = 0;
  };

  AuditSnapshot snapshot_;
  const std::optional<AuditAnchor>& anchor_;
  AuditVerdict verdict_;
  ChainPoint last_ = chain_begin();
  std::optional<Torn> torn_;
  std::uint64_t unchained_ = 0;
  bool anchor_met_ = false;
};

}  // namespace

AuditVerdict verify_audit(const std::string& path, const std::optional<AuditAnchor>& anchor) {
  return Verifier(take_snapshot(path), anchor).run();
}

}  // namespace sallyport::broker::log
