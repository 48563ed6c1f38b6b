// The text of the key file.
#pragma once

#include "broker/keys/key.hpp"

#include <boost/system/result.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace sallyport::broker::keys {

/// What is wrong, for people: "keys[2].scopes[0]: \"exec\" is not known; did you mean \"execute\"?"
struct KeyFileError {
  std::string message;
};
[[noreturn]] void throw_exception_from_error(const KeyFileError& error, const boost::source_location& where);

template <class T>
using KeyFileResult = boost::system::result<T, KeyFileError>;

/// The key file's text as keys. Strict: whatever is unknown, missing, twice or out of its range is an error,
/// since a limit that is silently ignored is none.
[[nodiscard]] KeyFileResult<std::vector<Key>> parse_key_file(std::string_view text);

/// The other way round, a member a line.
[[nodiscard]] std::string key_file_text(const std::vector<Key>& keys);

/// One key for people and programs: as in the file, without salts and digests.
[[nodiscard]] std::string key_for_show(const Key& key, UtcTime now);

/// "active", "revoked" or "expired".
[[nodiscard]] std::string_view state_of(const Key& key, UtcTime now);

}  // namespace sallyport::broker::keys
