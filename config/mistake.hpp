// What is wrong with a configuration, and where it was written.
#pragma once

#include <map>
#include <string>

namespace sallyport::config {

/// Where a value came from. Value types without invariants; thread-safety as of any plain struct.
struct Source {
  enum class Kind { default_value, file, environment };

  Kind kind = Kind::default_value;
  std::string name;     ///< The file as it was named, or the environment variable; empty for a default.
  unsigned line = 0;    ///< From 1, in a file only; 0: unknown.
  unsigned column = 0;  ///< From 1, in bytes, in a file only; 0: unknown.

  /// "default", "sallyport.json:12", "SALLYPORT_SERVER_PORT". Control characters are escaped: one line.
  [[nodiscard]] std::string text() const;
};

/// The sources of all values that are not defaults, by key path ("server.port").
using Sources = std::map<std::string, Source, std::less<>>;

/// One mistake of the operator. A mistake is a value for people to read, never an exception.
struct Mistake {
  Source source;        ///< A default where the mistake is in no one place.
  std::string key;      ///< Key path; empty where none is concerned.
  std::string message;  ///< The value, and what is expected in its place.

  /// "sallyport.json:12:5: server.port: 70000 is not between 0 and 65535", without a line break.
  [[nodiscard]] std::string text() const;
};

}  // namespace sallyport::config
