// The one file that is compiled with a path of this checkout in it, so that the compiler cache can share all
// others.
#include "tests/support/source_folder.hpp"

namespace sallyport::test {

std::string source_folder() {
  return SALLYPORT_SOURCE_DIR;
}

}  // namespace sallyport::test
