// What stands where a secret could stand and is none.
#pragma once

#include <string_view>

namespace sallyport::validators::output {

// "xxxx", "<password>", "${TOKEN}", "changeme", "[REDACTED]", "None", ...
bool is_placeholder(std::string_view text);

// The source text of an expression or of a declaration: "os.environ[...]", "get_password()", "str",
// "self.token".
bool is_expression(std::string_view text);

}  // namespace sallyport::validators::output
