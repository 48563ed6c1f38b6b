// The record of verified images: which digest a name stands for.
#pragma once

#include "images/error.hpp"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::images {

/// One verified image. The broker runs the digest, never a tag, which may move.
struct RecordEntry {
  std::string name;
  std::string digest;                ///< "sha256:..."
  std::string python_version;        ///< "3.11"
  std::vector<std::string> imports;  ///< Modules that the agent imports ahead.
  std::string recipe_sha;            ///< Of the recipe and the agent that the image was built from.
  std::string verified_at;           ///< "2025-01-31T12:00:00Z"
};

/// The record as a value. The file is JSON: `{"images": {"python": {"digest": "sha256:...", ...}}}`.
///
/// Thread-safety: as a map. Two processes that save at the same time: the last one wins, whole.
class Record {
 public:
  /// Reads the record; a file that does not exist is an empty record.
  static Result<Record> load(const std::string& path);
  /// Reads a record's text; `path` only names it in messages.
  static Result<Record> parse(std::string_view text, const std::string& path);

  /// Replaces the file in one step: a reader sees the old record or the new one, also after a power cut.
  /// Makes the folder if need be; the file is readable by all (0644).
  [[nodiscard]] Result<void> save(const std::string& path) const;
  [[nodiscard]] std::string to_json() const;

  /// Null: no verified image of this name.
  [[nodiscard]] const RecordEntry* find(std::string_view name) const;
  [[nodiscard]] const std::map<std::string, RecordEntry, std::less<>>& entries() const { return entries_; }
  void set(RecordEntry entry);
  /// Whether there was one.
  bool erase(std::string_view name);

 private:
  std::map<std::string, RecordEntry, std::less<>> entries_;
};

}  // namespace sallyport::images
