// The file that keys are kept in.
#pragma once

#include "broker/keys/key_json.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace sallyport::broker::keys {

/// A file of mode 0600 that is replaced as a whole, so that a reader needs no lock. Writers hold a lock file
/// beside it. Blocks on the disk.
class KeyFile {
 public:
  explicit KeyFile(std::string path) : path_(std::move(path)) {}

  [[nodiscard]] const std::string& path() const { return path_; }

  /// No keys where there is no file. An error where others than its owner may read or write it, or it belongs
  /// to somebody else than this process's user or root: they could give themselves a key.
  [[nodiscard]] KeyFileResult<std::vector<Key>> read() const;

  /// Changes the keys under the lock. `change` gives what is wrong, empty if nothing is; then nothing is
  /// written.
  [[nodiscard]] KeyFileResult<void> update(const std::function<std::string(std::vector<Key>&)>& change) const;

 private:
  std::string path_;
};

/// Which state of a file this is: another one after every replacement. None: there is no file.
struct FileStamp {
  std::uint64_t inode = 0;
  std::int64_t changed_seconds = 0;
  std::int64_t changed_nanoseconds = 0;
  std::uint64_t size = 0;
  bool operator==(const FileStamp&) const = default;
};
[[nodiscard]] std::optional<FileStamp> stamp_of(const std::string& path);

}  // namespace sallyport::broker::keys
