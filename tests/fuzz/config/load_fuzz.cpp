// A configuration file from arbitrary bytes: load_text() never fails but with mistakes, each of one printable
// line, and what it accepts it accepts again from its own listing.
//
// A text that begins with '#' is the value of an environment variable in place of a file: '#' and one byte
// that picks the key.
#include "config/keys.hpp"
#include "config/load.hpp"
#include "config/show.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

using namespace sallyport::config;

void require(bool holds) {
  if (!holds) std::abort();
}

LoadResult load_either(std::string_view text) {
  if (text.size() < 2 || text[0] != '#') return load_text(text, "fuzz.json", {});
  const auto& key = keys()[static_cast<unsigned char>(text[1]) % keys().size()];
  return load_text("{}", "fuzz.json", {{variable_of(key.path), std::string(text.substr(2))}});
}

std::string values(const Config& config) {
  std::string all;
  for (const auto& key : keys()) all += value_text(key, config) + "\n";
  return all;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto result = load_either(std::string_view(reinterpret_cast<const char*>(data), size));
  require(result.ok() == result.mistakes.empty());
  for (const auto& mistake : result.mistakes) {
    for (const char c : mistake.text()) require(static_cast<unsigned char>(c) >= 0x20 && c != 0x7f);
  }
  if (result.ok()) {
    const auto again = load_text(show(*result.loaded), "shown.json", {});
    require(again.ok());
    require(values(again.loaded->config) == values(result.loaded->config));
  }
  return 0;
}
