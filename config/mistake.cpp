#include "config/mistake.hpp"

#include "config/value.hpp"

namespace sallyport::config {
namespace {

constexpr std::size_t longest_name_shown = 1024;

}  // namespace

std::string Source::text() const {
  if (kind == Kind::default_value) return "default";
  auto text = printable(name, longest_name_shown);
  if (line != 0) text += ":" + std::to_string(line);
  return text;
}

std::string Mistake::text() const {
  std::string text;
  if (source.kind != Source::Kind::default_value) {
    text = source.text();
    if (source.column != 0) text += ":" + std::to_string(source.column);
    text += ": ";
  }
  if (!key.empty()) text += key + ": ";
  return text + message;
}

}  // namespace sallyport::config
