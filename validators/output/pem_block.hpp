// A private key in text armour, from behind its opening line on: byte by byte, whatever stands between the
// lines. Inside the module only.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace sallyport::validators::output {

class PemBlock {
 public:
  // Whether the block is one of PuTTY's, which has headers between its parts and ends with one.
  explicit PemBlock(bool putty) : putty_(putty) {}

  // Takes what follows, up to the end of the block.
  void take(std::string_view bytes);
  // Nothing follows any more.
  void finish();

  [[nodiscard]] bool ended() const { return ended_; }
  // Whether there was key in it. Never withdrawn.
  [[nodiscard]] bool is_key() const { return key_bytes_ >= least_key_bytes; }
  // How many of the bytes belong to the block, as far as is known.
  [[nodiscard]] std::size_t size() const { return size_; }
  // How many have been taken: at most `longest_pending` more.
  [[nodiscard]] std::size_t taken() const { return taken_; }

  static constexpr std::size_t least_key_bytes = 24;
  static constexpr std::size_t longest_pending = 256;
  static constexpr std::size_t longest_prologue = 1024;  // without key

 private:
  enum class Line : unsigned char {
    begin,    // white space, quotes and signs that lines of a quoted text begin with
    key,      // base64, or letters of a header's name
    name,     // of a header
    header,   // what follows the name
    closing,  // -----END ...
  };

  void step(char c);
  void begin_line(char c);
  void in_key(char c);
  void in_name(char c);
  void in_header(char c);
  void in_closing(char c);
  void end_key_line();
  [[nodiscard]] bool may_have_header() const { return putty_ || key_bytes_ == 0; }

  bool putty_;
  bool ended_ = false;
  bool behind_backslash_ = false;
  bool short_line_ = false;  // shorter than the first: the last one of the key
  bool letters_ = false;     // the line has been letters so far
  Line line_ = Line::begin;
  std::size_t taken_ = 0;
  std::size_t size_ = 0;
  std::size_t key_bytes_ = 0;
  std::size_t line_bytes_ = 0;  // of base64 in this line
  std::size_t width_ = 0;       // of the first line of the key
  std::string name_;            // of a header, or of the closing line so far
};

}  // namespace sallyport::validators::output
