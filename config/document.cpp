#include "config/document.hpp"

#include "config/keys.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <map>
#include <utility>

namespace sallyport::config {
namespace {

constexpr std::size_t deepest = 16;  // The keys need three.
constexpr std::size_t longest_parser_message = 200;

struct Position {
  unsigned line = 1;
  unsigned column = 1;
};

// Reads the text for the JSON parser and tells how far that has come, which its events do not.
class Cursor {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  Cursor(const char* at, const char** reached) : at_(at), reached_(reached) {}

  reference operator*() const { return *at_; }
  Cursor& operator++() {
    *reached_ = ++at_;
    return *this;
  }
  Cursor operator++(int) {
    auto old = *this;
    ++*this;
    return old;
  }
  bool operator==(const Cursor& other) const { return at_ == other.at_; }

 private:
  const char* at_;
  const char** reached_;
};

// Positions of rising offsets, in one pass over the text.
class LineCounter {
 public:
  explicit LineCounter(std::string_view text) : text_(text) {}

  Position at(std::size_t offset) {
    for (; counted_ < offset; ++counted_) {
      if (text_[counted_] != '\n') continue;
      ++line_;
      line_start_ = counted_ + 1;
    }
    return {line_, static_cast<unsigned>(offset - line_start_ + 1)};
  }

 private:
  std::string_view text_;
  std::size_t counted_ = 0;
  std::size_t line_start_ = 0;
  unsigned line_ = 1;
};

// A key's name may hold anything; in a path it must neither look like another key nor like several.
std::string path_part(const std::string& name) {
  const auto ordinary = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  };
  const bool bare = !name.empty() && name.size() <= 64 && std::all_of(name.begin(), name.end(), ordinary);
  return bare ? name : describe(name);
}

// "[json.exception.parse_error.101] parse error at line 1, column 2: syntax error ..." has a position of its
// own that counts differently; the reader needs neither it nor the name of the exception.
std::string parser_message(std::string_view what) {
  if (const auto end = what.find("] "); what.starts_with('[') && end != std::string_view::npos)
    what.remove_prefix(end + 2);
  if (const auto end = what.find(": "); what.starts_with("parse error at") && end != std::string_view::npos) {
    what.remove_prefix(end + 2);
  }
  return printable(what, longest_parser_message);
}

class Reader final : public nlohmann::json_sax<nlohmann::json> {
 public:
  Reader(std::string_view text, std::string file)
      : text_(text), lines_(text), file_(std::move(file)), reached_(text.data()) {}

  Document read() {
    // The parser takes a NUL for the end of the text, and would call whatever follows it well-formed.
    if (const auto nul = text_.find('\0'); nul != std::string_view::npos) {
      stop(nul, "a NUL byte");
      return std::move(document_);
    }
    const auto* begin = text_.data();
    const bool strict = true;
    const bool comments = true;
    nlohmann::json::sax_parse(Cursor(begin, &reached_), Cursor(begin + text_.size(), &reached_), this,
                              nlohmann::json::input_format_t::json, strict, comments);
    return std::move(document_);
  }

  bool null() override { return add(Null{}); }
  bool boolean(bool value) override { return add(value); }
  bool number_integer(number_integer_t value) override { return add(std::int64_t{value}); }
  bool number_unsigned(number_unsigned_t value) override { return add(std::uint64_t{value}); }
  bool number_float(number_float_t value, const string_t& text) override { return add(Real{value, text}); }
  bool string(string_t& value) override { return add(std::move(value)); }
  bool binary(binary_t& /*value*/) override { return true; }  // Not in JSON text.

  bool key(string_t& name) override {
    auto& frame = frames_.back();
    if (frame.skipped) return true;
    const auto part = path_part(name);
    path_ = frame.path.empty() ? part : frame.path + "." + part;
    source_ = place(key_start());
    const auto [first, is_new] = frame.lines.emplace(std::move(name), source_.line);
    repeated_ = !is_new;
    if (repeated_) {
      document_.mistakes.push_back(
          {source_, path_, "given twice; the first is on line " + std::to_string(first->second)});
    }
    return true;
  }

  bool start_object(std::size_t /*size*/) override {
    if (!may_open()) return false;
    const bool root = frames_.empty();
    const bool section = root || (takes_values() && is_section(path_));
    if (!section && !add(Object{})) return false;
    frames_.push_back({section && !root ? path_ : std::string(), !section, {}});
    return true;
  }

  bool start_array(std::size_t /*size*/) override {
    if (!may_open() || !add(List{})) return false;
    frames_.push_back({{}, true, {}});
    return true;
  }

  bool end_object() override { return close(); }
  bool end_array() override { return close(); }

  bool parse_error(std::size_t /*position*/, const std::string& /*token*/,
                   const nlohmann::json::exception& error) override {
    const auto consumed = static_cast<std::size_t>(reached_ - text_.data());
    stop(consumed == 0 ? 0 : consumed - 1, parser_message(error.what()));
    return false;
  }

 private:
  struct Frame {
    std::string path;
    bool skipped;                           // Inside a list or an unknown key.
    std::map<std::string, unsigned> lines;  // Of the names so far.
  };

  // Whether a value that comes now belongs to a key that matters.
  [[nodiscard]] bool takes_values() const {
    return !frames_.empty() && !frames_.back().skipped && !repeated_;
  }

  bool add(Value value) {
    if (frames_.empty()) {
      stop(0, describe(value) + " in place of an object with the configuration's sections");
      return false;
    }
    if (takes_values()) document_.entries.push_back({path_, std::move(value), source_});
    return true;
  }

  bool may_open() {
    if (frames_.size() < deepest) return true;
    const auto consumed = static_cast<std::size_t>(reached_ - text_.data());
    stop(consumed - 1, "nested deeper than " + std::to_string(deepest) + " levels");
    return false;
  }

  bool close() {
    frames_.pop_back();
    // Of an outer frame's repeated key the value has just ended; inner keys have set the flag for themselves.
    repeated_ = false;
    return true;
  }

  // The parser reports a key once its closing quote is read. Going back, the first quote without a backslash
  // before it is the opening one: inside, a quote always has one; outside, nothing can end in one.
  [[nodiscard]] std::size_t key_start() const {
    auto at = static_cast<std::size_t>(reached_ - text_.data()) - 1;
    do {
      --at;
    } while (text_[at] != '"' || (at > 0 && text_[at - 1] == '\\'));
    return at;
  }

  Source place(std::size_t offset) {
    const auto position = lines_.at(offset);
    return {Source::Kind::file, file_, position.line, position.column};
  }

  void stop(std::size_t offset, std::string message) {
    document_.mistakes.push_back({place(offset), {}, std::move(message)});
    document_.complete = false;
  }

  std::string_view text_;
  LineCounter lines_;
  std::string file_;
  const char* reached_;
  Document document_;
  std::vector<Frame> frames_;
  std::string path_;  // Of the key whose value comes next.
  Source source_;
  bool repeated_ = false;
};

}  // namespace

Document read_document(std::string_view text, const std::string& file) {
  return Reader(text, file).read();
}

}  // namespace sallyport::config
