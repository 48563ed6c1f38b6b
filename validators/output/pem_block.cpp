#include "validators/output/pem_block.hpp"

#include "validators/output/characters.hpp"

namespace sallyport::validators::output {
namespace {

constexpr std::size_t least_line = 16;  // fewer bytes are words
constexpr std::size_t longest_name = 64;

bool is_base64(char c) {
  return is_letter(c) || is_digit(c) || c == '+' || c == '/' || c == '=';
}
bool is_line_end(char c) {
  return c == '\n' || c == '\r';
}
// What stands before a line of key where a text is quoted, indented or part of a program.
bool is_decoration(char c) {
  return std::string_view(" \t\r\n\"'`,>|#*()[]{};+").find(c) != std::string_view::npos;
}

}  // namespace

void PemBlock::take(std::string_view bytes) {
  for (const char c : bytes) {
    if (ended_) {
      return;
    }
    ++taken_;
    step(c);
    if (taken_ - size_ >= longest_pending || (taken_ >= longest_prologue && !is_key())) {
      ended_ = true;
    }
  }
}

void PemBlock::step(char c) {
  if (behind_backslash_) {
    if (c == '\\') {
      return;
    }
    behind_backslash_ = false;
    // A written line end, or a backslash that continues the line.
    if (c == 'n' || c == 'r' || c == 't') {
      c = '\n';
    }
  } else if (c == '\\') {
    behind_backslash_ = true;
    return;
  }
  switch (line_) {
    case Line::begin:
      return begin_line(c);
    case Line::key:
      return in_key(c);
    case Line::name:
      return in_name(c);
    case Line::header:
      return in_header(c);
    case Line::closing:
      return in_closing(c);
  }
}

void PemBlock::begin_line(char c) {
  if (c != '+' && is_decoration(c)) {
    return;
  }
  if (c == '-') {
    line_ = Line::closing;
    name_ = "-";
  } else if (is_base64(c) && (!short_line_ || c == '=')) {
    line_ = Line::key;
    line_bytes_ = 0;
    letters_ = true;
    name_.clear();
    in_key(c);
  } else {
    ended_ = true;
  }
}

void PemBlock::in_key(char c) {
  if (is_base64(c)) {
    letters_ = letters_ && is_letter(c);
    ++line_bytes_;
    if (width_ != 0 && line_bytes_ > width_ && !putty_) {
      ended_ = true;
    } else if (line_bytes_ == least_line) {
      key_bytes_ += least_line;
      size_ = taken_;
    } else if (line_bytes_ > least_line) {
      ++key_bytes_;
      size_ = taken_;
    } else {
      name_ += c;
    }
  } else if (letters_ && may_have_header() && (c == '-' || c == ':')) {
    line_ = Line::name;
    in_name(c);
  } else if (c == '-') {
    end_key_line();
    line_ = Line::closing;
    name_ = "-";
  } else if (is_decoration(c)) {
    if (line_bytes_ == 1 && (c == '"' || c == '\'')) {  // b"..."
      line_ = Line::begin;
    } else {
      end_key_line();
    }
  } else {
    ended_ = true;
  }
}

void PemBlock::end_key_line() {
  line_ = Line::begin;
  if (width_ == 0) {
    if (line_bytes_ < least_line) {
      ended_ = true;
      return;
    }
    width_ = line_bytes_;
  }
  if (line_bytes_ < least_line) {
    key_bytes_ += line_bytes_;
  }
  short_line_ = !putty_ && line_bytes_ < width_;
  size_ = taken_;
}

void PemBlock::in_name(char c) {
  if (c == ':') {
    line_ = Line::header;
  } else if ((is_letter(c) || c == '-') && name_.size() < longest_name) {
    name_ += c;
  } else {
    ended_ = true;
  }
}

void PemBlock::in_header(char c) {
  if (!is_line_end(c)) {
    return;
  }
  size_ = taken_ - 1;
  line_ = Line::begin;
  ended_ = putty_ && name_.starts_with("Private-") && name_ != "Private-Lines";
}

void PemBlock::in_closing(char c) {
  if (name_.size() >= longest_name) {
    ended_ = true;
    return;
  }
  name_ += c;
  const std::string_view line(name_);
  const auto dashes = line.find_first_not_of('-');
  if (dashes == std::string_view::npos) {
    ended_ = line.size() > 5;
    return;
  }
  auto word = line.substr(dashes);
  if (word.starts_with(' ')) {
    word.remove_prefix(1);
  }
  constexpr std::string_view end = "END";
  if (word.size() <= end.size()) {
    ended_ = !end.starts_with(word);
    return;
  }
  const auto behind = word.find('-');
  if (!word.starts_with(end) ||
      (behind == std::string_view::npos && !is_letter(c) && c != ' ' && !(c >= '0' && c <= '9'))) {
    ended_ = true;
    return;
  }
  if (behind != std::string_view::npos) {
    if (c != '-') {
      ended_ = true;
      return;
    }
    size_ = taken_;
    ended_ = word.size() - behind == dashes;
  }
}

void PemBlock::finish() {
  // The last line may have been cut, of the key or of what closes it.
  if (!ended_ && is_key() &&
      (line_ == Line::key || line_ == Line::closing || line_ == Line::name || line_ == Line::header)) {
    size_ = taken_;
  }
  ended_ = true;
}

}  // namespace sallyport::validators::output
