#include "images/record.hpp"

#include "base/replace_file.hpp"

#include <nlohmann/json.hpp>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <system_error>
#include <utility>

namespace sallyport::images {
namespace {

using nlohmann::json;

Error record_error(const std::string& path, const std::string& why) {
  return Error{ErrorKind::record, "the record of images " + path + ": " + why};
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
  const std::string mistake = base::replace_file(path, to_json(), 0644);
  if (!mistake.empty()) return record_error(path, mistake);
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
