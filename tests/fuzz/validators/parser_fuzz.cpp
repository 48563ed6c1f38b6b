// The parser: any text, for any version. It ends with a tree that can be walked and dumped, or with an error.
#include "validators/python/dump.hpp"
#include "validators/python/parser.hpp"
#include "validators/python/walk.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <variant>

namespace {

using namespace sallyport::validators::python;

void require(bool kept) {
  if (!kept) {
    std::abort();
  }
}

// Every node lies within its program, and ends where it begins or later.
struct PlaceChecker {
  std::uint32_t lines;

  void enter(const ast::Node& node, std::size_t /*depth*/) const {
    if (node.kind == ast::NodeKind::Module) {
      return;
    }
    const auto& where = node.location;
    require(where.line >= 1 && where.line <= where.end_line && where.end_line <= lines);
  }
};

}  // namespace

// The first byte says which version, and whether the rest is text or the bytes of a file.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) {
    return 0;
  }
  constexpr unsigned versions = 6;
  const auto version = static_cast<Version>(static_cast<unsigned>(oldest_version) + data[0] % versions);
  const auto kind = (data[0] / versions) % 2 == 0 ? SourceKind::text : SourceKind::bytes;
  const auto source = std::string_view(reinterpret_cast<const char*>(data), size).substr(1);
  const auto result = parse(source, {.version = version, .source_kind = kind});
  if (const auto* const tree = std::get_if<Tree>(&result)) {
    std::uint32_t lines = 1;
    for (const char c : tree->source()) {
      lines += c == '\n' ? 1 : 0;
    }
    PlaceChecker checker{lines};
    walk(tree->module(), checker);
    require(!dump(tree->module(), {.version = version, .include_attributes = true}).empty());
  } else {
    const auto& error = std::get<SyntaxError>(result);
    require(error.type == ErrorType::memory_error || !error.message.empty());
  }
  return 0;
}
