// The encoding declaration of a file (PEP 263).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace sallyport::validators::python {

// The encoding that a comment in line 1 or 2 declares, if one does: CPython's rules. "utf-8" and "iso-8859-1"
// in their various spellings come out as just that, others as they are spelled. The text has "\n" line ends
// and no BOM.
std::optional<std::string> find_encoding_declaration(std::string_view text);

}  // namespace sallyport::validators::python
