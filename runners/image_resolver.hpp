// How a runner learns which image a name stands for.
#pragma once

#include <map>
#include <optional>
#include <string>

namespace sallyport::runners {

struct ResolvedImage {
  std::string digest;          ///< "sha256:...": what was verified, and what is run.
  std::string python_version;  ///< "3.11"
};

/// Declared here, implemented over the record of verified images.
class ImageResolver {
 public:
  virtual ~ImageResolver() = default;

  /// No value: no verified image of this name.
  [[nodiscard]] virtual std::optional<ResolvedImage> resolve(const std::string& name) const = 0;
};

}  // namespace sallyport::runners
