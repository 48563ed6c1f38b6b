#include "images/record.hpp"

#include <nlohmann/json.hpp>

#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace sallyport::images {
namespace {

using nlohmann::json;

Error record_error(const std::string& path, const std::string& why) {
  return Error{ErrorKind::record, "the record of images " + path + ": " + why};
}

/// A descriptor that closes itself.
class File {
 public:
  explicit File(int fd) : fd_(fd) {}
  ~File() {
    if (fd_ >= 0) ::close(fd_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  [[nodiscard]] int get() const { return fd_; }

 private:
  int fd_;
};

bool write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = ::write(fd, text.data(), text.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return false;
    text.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

RecordEntry entry_from(const std::string& name, const json& value) {
  RecordEntry entry;
  entry.name = name;
  entry.digest = value.at("digest").get<std::string>();
  entry.python_version = value.value("python", "");
  entry.imports = value.value("imports", std::vector<std::string>{});
  entry.recipe_sha = value.value("recipe_sha", "");
  entry.verified_at = value.value("verified", "");
  return entry;
}

}  // namespace

Result<Record> Record::load(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::exists(path, error) && !error) return Record();
  std::ifstream file(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(file), {}};
  if (!file) return record_error(path, "cannot be read");
  return parse(text, path);
}

Result<Record> Record::parse(std::string_view text, const std::string& path) {
  Record record;
  try {
    const json document = json::parse(text);
    for (const auto& [name, value] : document.at("images").items()) record.set(entry_from(name, value));
  } catch (const json::exception& error) {
    return record_error(path, std::string("is malformed: ") + error.what());
  }
  for (const auto& [name, entry] : record.entries_) {
    if (!entry.digest.starts_with("sha256:")) {
      return record_error(path, "is malformed: the digest of " + name + " does not begin with \"sha256:\"");
    }
  }
  return record;
}

std::string Record::to_json() const {
  json images = json::object();
  for (const auto& [name, entry] : entries_) {
    images[name] = {{"digest", entry.digest},
                    {"python", entry.python_version},
                    {"imports", entry.imports},
                    {"recipe_sha", entry.recipe_sha},
                    {"verified", entry.verified_at}};
  }
  return json{{"images", images}}.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

Result<void> Record::save(const std::string& path) const {
  const auto failed = [&path](const char* what) {
    return record_error(path, std::string(what) + ": " + std::generic_category().message(errno));
  };
  const std::filesystem::path folder = std::filesystem::absolute(path).parent_path();
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return record_error(path, "its folder cannot be made: " + error.message());

  std::string temporary = path + ".XXXXXX";
  const File file(::mkostemp(temporary.data(), O_CLOEXEC));
  if (file.get() < 0) return failed("cannot be written");
  if (!write_all(file.get(), to_json()) || ::fchmod(file.get(), 0644) != 0 || ::fsync(file.get()) != 0 ||
      ::rename(temporary.c_str(), path.c_str()) != 0) {
    Error cannot = failed("cannot be written");
    ::unlink(temporary.c_str());
    return cannot;
  }
  const File directory(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (directory.get() < 0 || ::fsync(directory.get()) != 0) return failed("its folder cannot be synced");
  return {};
}

const RecordEntry* Record::find(std::string_view name) const {
  const auto found = entries_.find(name);
  return found != entries_.end() ? &found->second : nullptr;
}

void Record::set(RecordEntry entry) {
  std::string name = entry.name;
  entries_.insert_or_assign(std::move(name), std::move(entry));
}

bool Record::erase(std::string_view name) {
  const auto found = entries_.find(name);
  if (found == entries_.end()) return false;
  entries_.erase(found);
  return true;
}

}  // namespace sallyport::images
