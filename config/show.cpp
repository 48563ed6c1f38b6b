#include "config/show.hpp"

#include "config/keys.hpp"

#include <algorithm>
#include <string_view>
#include <vector>

namespace sallyport::config {
namespace {

using Parts = std::vector<std::string_view>;

Parts parts_of(std::string_view path) {
  Parts parts;
  for (auto dot = path.find('.'); dot != std::string_view::npos; dot = path.find('.')) {
    parts.push_back(path.substr(0, dot));
    path.remove_prefix(dot + 1);
  }
  parts.push_back(path);
  return parts;
}

class Writer {
 public:
  explicit Writer(const Loaded& loaded) : loaded_(loaded) {}

  std::string write() {
    text_ = "{";
    for (const auto& key : keys()) write_key(key);
    enter({});
    text_ += comment_ + "\n}\n";
    return std::move(text_);
  }

 private:
  // The table keeps sections together, so that each opens and closes once.
  void enter(const Parts& section) {
    const auto [open, wanted] =
        std::mismatch(section_.begin(), section_.end(), section.begin(), section.end());
    auto closing = section_.end() - open;
    for (; closing > 0; --closing) {
      section_.pop_back();
      new_line(false);
      text_ += "}";
    }
    for (auto part = wanted; part != section.end(); ++part) {
      new_line(true);
      text_ += "\"" + std::string(*part) + "\": {";
      section_.push_back(*part);
      first_ = true;
    }
  }

  void write_key(const Key& key) {
    auto section = parts_of(key.path);
    const auto name = section.back();
    section.pop_back();
    enter(section);
    new_line(true);
    text_ += "\"" + std::string(name) + "\": " + value_text(key, loaded_.config);
    comment_ = "  // " + origin(key);
  }

  // The comma of a line stands before its comment and is known only when the next line begins.
  void new_line(bool another_member) {
    if (another_member && !first_) text_ += ",";
    text_ += comment_ + "\n" + std::string(2 * (section_.size() + 1), ' ');
    comment_.clear();
    first_ = false;
  }

  [[nodiscard]] std::string origin(const Key& key) const {
    const auto source = loaded_.sources.find(key.path);
    return source == loaded_.sources.end() ? "default" : "from " + source->second.text();
  }

  const Loaded& loaded_;
  std::string text_;
  std::string comment_;
  Parts section_;
  bool first_ = true;
};

}  // namespace

std::string show(const Loaded& loaded) {
  return Writer(loaded).write();
}

}  // namespace sallyport::config
