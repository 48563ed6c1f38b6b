#include "broker/cli/image_index.hpp"

#include "images/record.hpp"

#include <utility>

namespace sallyport::broker::cli {
namespace {

constexpr std::chrono::seconds kLookInterval{1};

}  // namespace

ImageIndex::ImageIndex(std::string path) : path_(std::move(path)) {}

std::optional<runners::ResolvedImage> ImageIndex::resolve(const std::string& name) const {
  runners::ResolvedImage resolved;
  if (name.starts_with("sha256:")) {
    // A digest stands for itself: how `images verify` runs an image that has no verified name yet. Requests
    // cannot get here with one, for their images are looked up by `find`.
    resolved.digest = name;
    return resolved;
  }
  const auto info = find(name);
  if (!info) return std::nullopt;
  resolved.digest = info->digest;
  resolved.python_version = info->python_version;
  return resolved;
}

std::optional<ImageInfo> ImageIndex::find(std::string_view name) const {
  refresh();
  const auto found = images_.find(name);
  if (found == images_.end()) return std::nullopt;
  return found->second;
}

std::vector<std::string> ImageIndex::names() const {
  refresh();
  std::vector<std::string> all;
  for (const auto& [name, info] : images_) all.push_back(name);
  return all;
}

void ImageIndex::refresh() const {
  const auto now = std::chrono::steady_clock::now();
  if (looked_ != std::chrono::steady_clock::time_point{} && now - looked_ < kLookInterval) return;
  looked_ = now;
  std::error_code error;
  const auto written = std::filesystem::last_write_time(path_, error);
  if (error || written == written_) return;
  written_ = written;
  load();
}

void ImageIndex::load() const {
  const auto record = images::Record::load(path_);
  if (!record) {
    if (events_ != nullptr)
      events_->write(Severity::error, "image_record_unreadable", record.error().message);
    return;
  }
  images_.clear();
  for (const auto& [name, entry] : record->entries()) {
    ImageInfo info;
    info.name = name;
    info.digest = entry.digest;
    info.python_version = entry.python_version;
    images_[name] = std::move(info);
  }
  if (events_ != nullptr) {
    events_->write(Severity::info, "image_record_read", std::to_string(images_.size()) + " verified images");
  }
}

}  // namespace sallyport::broker::cli
