// Bytes in an encoding that a file declares, to UTF-8.
#pragma once

#include "validators/python/version.hpp"

#include <string>
#include <string_view>
#include <variant>

namespace sallyport::validators::python {

struct EncodingError {
  std::string message;  // as CPython's SyntaxError has it
};

// Decodes with the encoding of this name (as declared). Besides what CPython refuses, encodings are refused
// in which ASCII bytes may mean something else: they would hide code from whoever reads the file.
std::variant<std::string, EncodingError> decode_with(std::string_view bytes, std::string_view encoding,
                                                     Version version);

}  // namespace sallyport::validators::python
