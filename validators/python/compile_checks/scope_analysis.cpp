#include "validators/python/compile_checks/scope_analysis.hpp"

#include <string>

namespace sallyport::validators::python::checks {
namespace {

bool holds_locals(ScopeKind kind) {
  return kind != ScopeKind::module && kind != ScopeKind::class_body;
}

class Analysis {
 public:
  Analysis(const SymbolTable& table, Report& report) : table_(table), report_(report) {}

  bool run() {
    // Scopes stand in the order in which they were opened, which is the order of CPython's analysis.
    for (Index index = 0; index < table_.scope_count(); ++index) {
      if (!table_.scope(index).analysed) {
        continue;
      }
      for (Index at = table_.scope(index).first_symbol; at != none; at = table_.symbol(at).next) {
        if ((table_.symbol(at).flags & declared_nonlocal) != 0 && !check(index, table_.symbol(at))) {
          return false;
        }
      }
    }
    return true;
  }

 private:
  bool check(Index scope, const Symbol& symbol) {
    const std::string name(table_.name(symbol.name));
    if ((symbol.flags & declared_global) != 0) {
      return refuse(scope, symbol, "name '" + name + "' is nonlocal and global");
    }
    if (table_.scope(scope).kind == ScopeKind::module) {
      return refuse(scope, symbol, "nonlocal declaration not allowed at module level");
    }
    if (!is_bound_around(scope, symbol.name)) {
      return refuse(scope, symbol, "no binding for nonlocal '" + name + "' found");
    }
    if (is_type_parameter_around(scope, symbol.name)) {
      return refuse(scope, symbol, "nonlocal binding not allowed for type parameter '" + name + "'");
    }
    return true;
  }

  [[nodiscard]] bool is_bound_around(Index inner, Index name) const {
    for (Index index = table_.scope(inner).parent; index != none; index = table_.scope(index).parent) {
      const ScopeKind kind = table_.scope(index).kind;
      if (kind == ScopeKind::class_body) {
        // Its own names are not seen from inside, but for the cells that the compiler makes.
        const std::string_view text = table_.name(name);
        if (text == "__class__") {
          return true;
        }
        if (report_.version() >= Version::v3_12 && text == "__classdict__") {
          return true;
        }
        continue;
      }
      if (!holds_locals(kind)) {
        return false;
      }
      const std::uint32_t flags = table_.flags(index, name);
      if ((flags & declared_global) != 0) {
        return false;
      }
      if ((flags & declared_nonlocal) == 0 && (flags & bound_here) != 0) {
        return true;
      }
    }
    return false;
  }

  [[nodiscard]] bool is_type_parameter_around(Index inner, Index name) const {
    for (Index index = table_.scope(inner).parent; index != none; index = table_.scope(index).parent) {
      const std::uint32_t flags = table_.flags(index, name);
      if ((flags & (declared_global | declared_nonlocal)) == 0 && (flags & bound_here) != 0) {
        return (flags & declared_type_parameter) != 0;
      }
    }
    return false;
  }

  bool refuse(Index scope, const Symbol& symbol, std::string message) {
    for (Index at = table_.scope(scope).first_directive; at != none; at = table_.directive(at).next) {
      if (table_.directive(at).name == symbol.name) {
        return report_.refuse(table_.directive(at).where, std::move(message));
      }
    }
    return true;
  }

  const SymbolTable& table_;
  Report& report_;
};

}  // namespace

bool analyse_scopes(const SymbolTable& table, Report& report) {
  return Analysis(table, report).run();
}

}  // namespace sallyport::validators::python::checks
