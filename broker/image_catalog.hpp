// The runner images that requests may name.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::broker {

struct ImageInfo {
  std::string name;
  std::string digest;          ///< For the audit record; may be empty.
  std::string python_version;  ///< "3.11", whose grammar the first door checks against; may be empty.
};

/// What is known about images, declared by the broker, implemented over the images record by `main`.
/// Thread-safety: called on the executor's one thread; must not block.
class ImageCatalog {
 public:
  virtual ~ImageCatalog() = default;
  [[nodiscard]] virtual std::optional<ImageInfo> find(std::string_view name) const = 0;
  [[nodiscard]] virtual std::vector<std::string> names() const = 0;
};

}  // namespace sallyport::broker
