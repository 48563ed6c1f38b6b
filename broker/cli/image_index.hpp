// The verified images, for the runner and for requests.
#pragma once

#include "broker/event_log.hpp"
#include "broker/image_catalog.hpp"
#include "runners/image_resolver.hpp"

#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::broker::cli {

/// The record of verified images (images/record.hpp), read again when its file has changed, so that a broker
/// takes up a new image without a restart. A record that cannot be read leaves the last good one in force.
///
/// Looking costs one stat(2) of a local file at most every second.
/// Thread-safety: the executor's one thread.
class ImageIndex final : public runners::ImageResolver, public ImageCatalog {
 public:
  explicit ImageIndex(std::string path);

  [[nodiscard]] std::optional<runners::ResolvedImage> resolve(const std::string& name) const override;
  [[nodiscard]] std::optional<ImageInfo> find(std::string_view name) const override;
  [[nodiscard]] std::vector<std::string> names() const override;

  /// Tells of records read again, and of those that cannot be. `events` must outlive the index's use.
  void log_changes_to(EventLog& events) { events_ = &events; }

 private:
  void refresh() const;
  void load() const;

  std::string path_;
  EventLog* events_ = nullptr;
  // A cache of the file: filled by the const look-ups.
  mutable std::map<std::string, ImageInfo, std::less<>> images_;
  mutable std::filesystem::file_time_type written_{};
  mutable std::chrono::steady_clock::time_point looked_{};
};

}  // namespace sallyport::broker::cli
