// Reading the configuration: the defaults, one JSON file over them, the environment over both.
#pragma once

#include "config/config.hpp"
#include "config/mistake.hpp"

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::config {

/// Environment variables by name.
using Environment = std::map<std::string, std::string>;

inline constexpr std::size_t max_file_bytes = 1'048'576;
inline constexpr std::size_t max_mistakes = 100;  ///< Reported at once; a last entry counts the rest.

struct LoadOptions {
  /// The file of `--config`. Where there is none: that of SALLYPORT_CONFIG, else `default_file` if it exists,
  /// else the defaults alone. A file that was named must exist.
  std::optional<std::string> file;
  /// Only names that begin with SALLYPORT_ matter. Of these each must be the variable of a key, or reserved:
  /// SALLYPORT_CONFIG, and whatever begins with SALLYPORT_TEST_ or SALLYPORT_QUICKSTART_.
  Environment environment;
  std::string default_file = "/etc/sallyport/sallyport.json";
};

/// A configuration that passed every check, and where its values came from.
struct Loaded {
  Config config;
  Sources sources;                  ///< Of the values that are not defaults.
  std::optional<std::string> file;  ///< The file that was read.
};

struct LoadResult {
  std::optional<Loaded> loaded;   ///< Empty if and only if there are mistakes.
  std::vector<Mistake> mistakes;  ///< All that were found, those of the file first and in its order.

  [[nodiscard]] bool ok() const { return loaded.has_value(); }
  /// The mistakes, one a line; empty when there are none.
  [[nodiscard]] std::string mistakes_text() const;
};

/// Reads and checks the configuration. Whatever the operator got wrong is in the result, all of it at once;
/// no exception leaves but that of a lack of memory. Reads at most one file, of at most `max_file_bytes`, and
/// blocks on nothing but the disk. Safe from any thread.
LoadResult load(const LoadOptions& options);

/// The same with the file's text at hand; `name` stands for the file in sources and mistakes.
LoadResult load_text(std::string_view text, const std::string& name, const Environment& environment);

/// The SALLYPORT_* variables of this process. Not safe while another thread changes the environment.
Environment process_environment();

}  // namespace sallyport::config
