// The rules that come with the software, as text: config/output-rules.json, part of the binary.
#pragma once

#include <string_view>

namespace sallyport::validators::output {

std::string_view shipped_rules();

}  // namespace sallyport::validators::output
