#include "broker/cli/python_source.hpp"

#include <fstream>
#include <iostream>
#include <iterator>

namespace sallyport::broker::cli {

std::optional<std::string> read_source(const std::string& file) {
  if (file == "-") return std::string(std::istreambuf_iterator<char>(std::cin), {});
  std::ifstream stream(file, std::ios::binary);
  if (stream) return std::string(std::istreambuf_iterator<char>(stream), {});
  std::cerr << "sallyport: " << file << " cannot be read\n";
  return std::nullopt;
}

std::optional<validators::python::Version> chosen_version(const std::string& text) {
  if (text.empty()) return validators::python::newest_version;
  const auto version = validators::python::version_from(text);
  if (!version) std::cerr << "sallyport: --python " << text << " is not known; use 3.9 to 3.14\n";
  return version;
}

std::string shown_name(const std::string& file) {
  return file == "-" ? "<stdin>" : file;
}

}  // namespace sallyport::broker::cli
