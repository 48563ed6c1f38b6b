// What the text values of the configuration have to look like. Inside the module only.
#pragma once

#include "config/keys.hpp"

#include <string_view>

namespace sallyport::config {

/// Every text: UTF-8 without control characters (a NUL would cut a path short), and of bounded length.
bool is_text(std::string_view text);

Form any_text();
Form path();          ///< Not empty.
Form socket_path();   ///< Fits into a Unix socket's address.
Form name();          ///< An instance, an image, a runtime.
Form names();         ///< Names with commas between them, or nothing.
Form image_ranges();  ///< "NAME=LEAST-MOST" with commas between them, or nothing.
Form network();       ///< An engine network; not those that are another's network namespace.
Form ip_address();
Form file_mode();  ///< "0660"
Form user();       ///< "uid:gid", in numbers, neither 0.

}  // namespace sallyport::config
