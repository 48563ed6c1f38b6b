// Text out of bytes that come in pieces.
#pragma once

#include <string>
#include <string_view>

namespace sallyport::broker {

/// What comes out, put together, is what `to_valid_utf8` makes of all pieces put together: a character that
/// is split between two pieces is whole. Holds back three bytes at most. One thread at a time.
class Utf8Stream {
 public:
  /// The text of `bytes` and of what was held, without a character that has only begun.
  [[nodiscard]] std::string feed(std::string_view bytes);
  /// The bytes have ended: what is held is no character.
  [[nodiscard]] std::string finish();

 private:
  std::string held_;
};

}  // namespace sallyport::broker
