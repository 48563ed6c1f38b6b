// Errors of the image library, as values.
#pragma once

#include <boost/system/result.hpp>

#include <string>

namespace sallyport::images {

enum class ErrorKind {
  recipe,        ///< The recipe is missing, malformed or says what cannot be.
  record,        ///< The record cannot be read or written.
  engine,        ///< The engine does not answer, or refused.
  tool,          ///< mmdebstrap or debootstrap is missing or failed.
  not_built,     ///< The engine has no image of this recipe as it stands.
  verification,  ///< The self-test did not give what the recipe expects.
  stopped        ///< The deadline passed, or the caller stopped it.
};

/// An error as a value. `message` is for people: what happened, and where it helps the command that mends it.
struct Error {
  ErrorKind kind = ErrorKind::recipe;
  std::string message;
};

/// Lets `Result<T>::value()` throw in tests; library code asks first.
[[noreturn]] void throw_exception_from_error(const Error& error, const boost::source_location& where);

template <class T>
using Result = boost::system::result<T, Error>;

}  // namespace sallyport::images
