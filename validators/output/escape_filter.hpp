// Takes terminal sequences out of a text, so that a secret is found through them, and remembers where they
// stood. Inside the module only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

namespace sallyport::validators::output {

struct Escape {
  std::uint64_t at = 0;  // how many bytes of the text stand before it
  std::string bytes;
  // The text within: the payload of an operating system command such as a window title or a link; empty for
  // others.
  std::size_t payload_begin = 0;
  std::size_t payload_size = 0;
};

class EscapeFilter {
 public:
  static constexpr std::size_t longest_control = 64;    // of CSI: ESC [ 3 1 m
  static constexpr std::size_t longest_command = 4096;  // of OSC: ESC ] ... BEL

  // Whether a piece can be left as it is.
  [[nodiscard]] bool is_clean(std::string_view piece) const {
    return held_.empty() && piece.find('\x1b') == std::string_view::npos;
  }
  // `at`: how many bytes of text came before, of all pieces. Appends text and escapes.
  void feed(std::string_view piece, std::uint64_t at, std::string& text, std::deque<Escape>& escapes);
  // What looked like the beginning of a sequence to the end is text.
  void finish(std::string& text);
  [[nodiscard]] std::size_t held() const { return held_.size(); }

 private:
  enum class Verdict : unsigned char { more, complete, none };
  [[nodiscard]] Verdict judge();

  std::string held_;  // a sequence that is not complete
  std::size_t payload_end_ = 0;
};

}  // namespace sallyport::validators::output
