// The pass over a configuration file's text that keeps positions. Inside the module only.
#pragma once

#include "config/mistake.hpp"
#include "config/value.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace sallyport::config {

/// One key of the file with its value, where the key is written.
struct Entry {
  std::string path;
  Value value;
  Source source;
};

struct Document {
  std::vector<Entry> entries;     ///< In the order of the text. What is inside unknown keys is left out.
  std::vector<Mistake> mistakes;  ///< Syntax, nesting, duplicates.
  bool complete = true;           ///< False when a mistake kept the rest of the text from being read.
};

/// Reads JSON with comments. `file` names the text in sources. Bounded in depth, not recursive; the result is
/// at most a small multiple of the text.
Document read_document(std::string_view text, const std::string& file);

}  // namespace sallyport::config
