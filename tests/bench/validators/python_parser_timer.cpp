// Times the parser for python_parser_bench.py, which drives it over pipes:
//   the version and the files, one a line, then an empty line;
//   then commands, each answered by one line of nanoseconds: "parse" or "validate" (one pass over all files,
//   a figure a file), or "repeat COUNT" (validates the first file COUNT times).
#include "validators/python/parser.hpp"
#include "validators/syntax_validator.hpp"

#include <charconv>
#include <chrono>
#include <cstdint>
#include <fstream>
#include <iostream>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace {

using sallyport::validators::SyntaxValidator;
namespace python = sallyport::validators::python;

template <class Work>
std::int64_t nanoseconds(Work&& work) {
  const auto begun = std::chrono::steady_clock::now();
  work();
  return std::chrono::nanoseconds(std::chrono::steady_clock::now() - begun).count();
}

// Making the tree and dropping it.
void parse(const std::string& source, python::Version version) {
  const auto parsed = python::parse(source, {version, python::SourceKind::text});
  if (parsed.index() != 0) {
    std::cerr << "a program was refused\n";
  }
}

void validate(const std::string& source, python::Version version) {
  if (!SyntaxValidator().validate(source, version).is_valid) {
    std::cerr << "a program was refused\n";
  }
}

std::vector<std::string> read_sources() {
  std::vector<std::string> sources;
  std::string path;
  while (std::getline(std::cin, path) && !path.empty()) {
    std::ifstream stream(path, std::ios::binary);
    sources.emplace_back(std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>());
  }
  return sources;
}

}  // namespace

int main() {
  std::string line;
  std::getline(std::cin, line);
  const auto version = python::version_from(line);
  if (!version) {
    return 2;
  }
  const std::vector<std::string> sources = read_sources();
  while (std::getline(std::cin, line)) {
    constexpr std::string_view repeat = "repeat ";
    if (line.starts_with(repeat)) {
      int count = 0;
      std::from_chars(line.data() + repeat.size(), line.data() + line.size(), count);
      for (int i = 0; i < count; ++i) {
        std::cout << nanoseconds([&] { validate(sources[0], *version); }) << ' ';
      }
    } else {
      for (const std::string& source : sources) {
        std::cout << (line == "parse" ? nanoseconds([&] { parse(source, *version); })
                                      : nanoseconds([&] { validate(source, *version); }))
                  << ' ';
      }
    }
    std::cout << std::endl;
  }
  return 0;
}
