// A Python parser that agrees with CPython: the same programs accepted, the same tree, the same complaint.
#pragma once

#include "validators/python/arena.hpp"
#include "validators/python/ast.hpp"
#include "validators/python/syntax_error.hpp"
#include "validators/python/version.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace sallyport::validators::python {

// What the bytes of a submission are, which decides how CPython reads them.
enum class SourceKind : std::uint8_t {
  text,   // compile(str): UTF-8 already; an encoding declaration is a comment like any other
  bytes,  // compile(bytes), a file: BOM and encoding declaration count
};

struct ParseOptions {
  Version version = newest_version;
  SourceKind source_kind = SourceKind::text;
};

// A parsed program. Owns its nodes and texts; movable; const and so shareable between threads.
class Tree {
 public:
  Tree(std::unique_ptr<const std::string> source, Arena arena, const ast::Module* module,
       std::vector<SyntaxWarning> warnings)
      : source_(std::move(source)),
        arena_(std::move(arena)),
        module_(module),
        warnings_(std::move(warnings)) {}

  [[nodiscard]] const ast::Module& module() const { return *module_; }
  // Decoded: UTF-8 without BOM, line ends as "\n".
  [[nodiscard]] std::string_view source() const { return *source_; }
  [[nodiscard]] const std::vector<SyntaxWarning>& warnings() const { return warnings_; }

 private:
  std::unique_ptr<const std::string> source_;
  Arena arena_;
  const ast::Module* module_;
  std::vector<SyntaxWarning> warnings_;
};

// Parses a whole program (CPython's "exec" mode). Never throws for anything in `source`, never recurses
// deeper than a bound, and needs time and memory linear in its length. What only the compiler finds (`return`
// outside a function) is not looked for here: see compile_checks.hpp. Thread-safe: no shared state.
std::variant<Tree, SyntaxError> parse(std::string_view source, const ParseOptions& options);

}  // namespace sallyport::validators::python
