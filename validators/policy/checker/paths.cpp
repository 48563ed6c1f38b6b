// Paths of files.
#include "validators/policy/checker/checker.hpp"

#include <algorithm>
#include <string>

namespace sallyport::validators::policy {

using namespace python::ast;

namespace {

constexpr std::size_t longest_path = 4096;  // the system takes no longer ones
constexpr std::size_t longest_scheme = 14;  // with "://"

bool climbs(std::string_view path) {
  return path == ".." || path.starts_with("../") || path.find("/../") != std::string_view::npos ||
         path.ends_with("/..");
}

}  // namespace

void Checker::check_path(const Value& value, const Expr& where, std::string_view name) {
  if (value.kind == ValueKind::number) {  // a file descriptor
    tell("path", where.location, name, std::to_string(value.number));
  } else if (value.kind == ValueKind::text || value.kind == ValueKind::bytes) {
    auto path = value.text.substr(0, longest_path);
    if (path.starts_with("file:") && !path.starts_with("file://")) {
      path.remove_prefix(5);  // sqlite3's "file:name?mode=ro"
    }
    if (!is_open_path(path, value.prefix_only)) {
      tell("path", where.location, name, path);
    }
  } else if (value.kind == ValueKind::unknown && value.assembled) {
    undecided(where, name, "path");
  }
}

bool Checker::is_open_path(std::string_view path, bool is_beginning) const {
  const auto& paths = policy_.paths;
  if (path.substr(0, longest_scheme).find("://") != std::string_view::npos) {
    return paths.urls;
  }
  if (path.starts_with('/') || path.starts_with('~')) {
    return path.find("..") == std::string_view::npos &&
           std::any_of(paths.roots.begin(), paths.roots.end(),
                       [path](const std::string& root) { return path.starts_with(root); });
  }
  return (paths.relative && !climbs(path)) || (is_beginning && path.empty());
}

// Path("a") / "b": nothing else divides by a text.
void Checker::check_division(const BinOp& node) {
  if (node.op != Operator::Div) {
    return;
  }
  for (const auto* side : {node.left, node.right}) {
    for (const auto& value : evaluator_.values(side)) {
      if (value.kind == ValueKind::text) {
        check_path(value, *side, "/");
      }
    }
  }
}

}  // namespace sallyport::validators::policy
