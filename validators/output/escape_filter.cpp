#include "validators/output/escape_filter.hpp"

#include <utility>

namespace sallyport::validators::output {
namespace {

constexpr char escape = '\x1b';
constexpr char bell = '\x07';

bool in(char c, unsigned char first, unsigned char last) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= first && byte <= last;
}

}  // namespace

// Of what is held, which was no complete sequence without its last byte.
EscapeFilter::Verdict EscapeFilter::judge() {
  const std::size_t size = held_.size();
  if (size == 1) {
    return Verdict::more;
  }
  const char last = held_.back();
  if (held_[1] == '[') {
    if (size == 2 || (size < longest_control && in(last, 0x20, 0x3F))) {
      return Verdict::more;
    }
    return in(last, 0x40, 0x7E) ? Verdict::complete : Verdict::none;
  }
  if (held_[1] == ']') {
    if (last == bell) {
      payload_end_ = size - 1;
      return Verdict::complete;
    }
    if (last == '\\' && size > 2 && held_[size - 2] == escape) {
      payload_end_ = size - 2;
      return Verdict::complete;
    }
    const bool broken = size > 3 && held_[size - 2] == escape;
    return !broken && last != '\n' && size < longest_command ? Verdict::more : Verdict::none;
  }
  if (size == 2 && in(last, 0x20, 0x2F)) {  // ESC ( B
    return Verdict::more;
  }
  return in(last, 0x30, 0x7E) ? Verdict::complete : Verdict::none;
}

void EscapeFilter::feed(std::string_view piece, std::uint64_t at, std::string& text,
                        std::deque<Escape>& escapes) {
  const std::size_t before = text.size();
  std::size_t i = 0;
  while (i < piece.size()) {
    if (held_.empty()) {
      const auto next = std::min(piece.find(escape, i), piece.size());
      text.append(piece, i, next - i);
      i = next;
      if (i == piece.size()) {
        break;
      }
    }
    const char c = piece[i++];
    held_ += c;
    switch (judge()) {
      case Verdict::more:
        break;
      case Verdict::complete: {
        Escape found;
        found.at = at + (text.size() - before);
        if (held_[1] == ']') {
          found.payload_begin = 2;
          found.payload_size = payload_end_ - 2;
        }
        found.bytes = std::move(held_);
        escapes.push_back(std::move(found));
        held_.clear();
        break;
      }
      case Verdict::none:
        // The byte that does not fit may begin a sequence of its own.
        if (c == escape) {
          held_.pop_back();
          text += held_;
          held_ = escape;
        } else {
          text += held_;
          held_.clear();
        }
        break;
    }
  }
}

void EscapeFilter::finish(std::string& text) {
  text += held_;
  held_.clear();
}

}  // namespace sallyport::validators::output
