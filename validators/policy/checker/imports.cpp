// What a program may import.
#include "validators/policy/checker/checker.hpp"

#include <string>

namespace sallyport::validators::policy {

using namespace python::ast;

void Checker::check_import(const Import& node) {
  for (const auto* alias : node.names) {
    look_alike(alias->location, alias->name);  // what is imported is judged all the same
    check_bound_name(alias->asname, alias->location);
    if (rights_.surface(alias->name) == nullptr) {
      Words words;
      words.name = words.module = alias->name;
      words.detail = module_hint(alias->name);
      report_.add("import", alias->location, words);
    }
  }
}

void Checker::check_import_from(const ImportFrom& node) {
  if (node.level == 0 && node.module == "__future__") {
    return;
  }
  const auto* surface = node.level == 0 ? rights_.surface(node.module) : nullptr;
  bool told = false;
  for (const auto* alias : node.names) {
    look_alike(alias->location, alias->name);
    check_bound_name(alias->asname, alias->location);
    if (surface == nullptr) {
      if (!told && !is_open_module(node, alias->name)) {
        told = true;
        Words words;
        words.module = std::string(node.level, '.') + std::string(node.module);
        words.name = words.module;
        words.detail = module_hint(node.module);
        report_.add("import", node.location, words);
      }
    } else if (alias->name != "*") {
      Value base = made(ValueKind::module);
      base.text = node.module;
      check_attribute_of({base}, alias->name, alias->location, nullptr, false, false);
    }
  }
}

// `from os import path`, where os.path is open and os is not.
bool Checker::is_open_module(const ImportFrom& node, std::string_view name) const {
  const auto deeper = std::string(node.module) + "." + std::string(name);
  return node.level == 0 && policy_.modules.contains(deeper) && rights_.surface(deeper) != nullptr;
}

std::string Checker::module_hint(std::string_view module) const {
  for (;;) {
    if (const auto found = policy_.module_hints.find(module); found != policy_.module_hints.end()) {
      return found->second;
    }
    const auto dot = module.rfind('.');
    if (dot == std::string_view::npos) {
      return {};
    }
    module = module.substr(0, dot);
  }
}

}  // namespace sallyport::validators::policy
