// Text as a JSON string.
#pragma once

#include <string>
#include <string_view>

namespace sallyport::broker {

/// Appends `text` as a JSON string with its quotes; what is not UTF-8 becomes U+FFFD. Whatever needs no
/// escape is copied in one piece.
void append_json_string(std::string& out, std::string_view text);

}  // namespace sallyport::broker
