// Where the tests find the files of the source tree.
#pragma once

#include <string>

namespace sallyport::test {

/// The root of the source tree, without a slash at its end.
[[nodiscard]] std::string source_folder();

}  // namespace sallyport::test
