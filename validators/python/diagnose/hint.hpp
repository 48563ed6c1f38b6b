// What to say to those whose program is too new for the Python that it is checked for.
#pragma once

#include "validators/python/token.hpp"
#include "validators/python/version.hpp"

#include <cstdint>
#include <string>

namespace sallyport::validators::python::diagnosis {

// "`match` needs Python 3.10; this is checked for Python 3.9" if a newer version takes the program that
// `version` refuses for what is on `line`; nothing otherwise.
std::string version_hint(const Tokens& tokens, Version version, std::uint32_t line);

}  // namespace sallyport::validators::python::diagnosis
