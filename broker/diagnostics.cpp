#include "broker/diagnostics.hpp"

namespace sallyport::broker {

std::string diagnostics(std::string_view error_message, const std::vector<ValidationViolation>& violations) {
  std::string text(error_message);
  for (const ValidationViolation& violation : violations) {
    if (violation.hint.empty() || text.find(violation.hint) != std::string::npos) continue;
    // Beyond those that the message spells out; a syntax error's hint is never in it.
    if (violation.type == "syntax") text += (text.ends_with('\n') ? "hint: " : "\nhint: ") + violation.hint;
  }
  return text;
}

}  // namespace sallyport::broker
