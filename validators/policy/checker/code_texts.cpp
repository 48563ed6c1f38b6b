// Texts that are run as programs: each is checked as one.
#include "validators/policy/checker/checker.hpp"

#include <string>
#include <variant>

namespace sallyport::validators::policy {

using namespace python::ast;

namespace {

constexpr int deepest_nesting = 2;
constexpr std::size_t most_code = 1'000'000;  // of programs as text; a tenth within one

}  // namespace

void Checker::check_code(std::string_view text, const Expr& where, std::string_view name) {
  code_checked_ += text.size();
  if (nesting_ >= deepest_nesting || text.size() > longest_checked_text ||
      code_checked_ > (nesting_ == 0 ? most_code : most_code / 10)) {
    return tell("code-text", where.location, name);
  }
  const auto parsed = python::parse(text, {version_, python::SourceKind::text});
  const auto* tree = std::get_if<python::Tree>(&parsed);
  if (tree == nullptr) {
    return;  // it will not run
  }
  Checker inner(*tree, rights_, version_, nesting_ + 1);
  for (const auto& violation : inner.run()) {
    if (violation.action == Action::block) {
      Words words;
      words.name = name;
      words.detail = violation.hint;
      words.value = violation.message;
      report_.add("code-text", where.location, words);
      return;
    }
  }
}

// timeit.timeit("f()", "from os import abort as f"): the one runs after the other.
void Checker::check_code_after_setup(const CallRule& rule, std::string_view text, const Expr& where,
                                     std::string_view name, const Call& call) {
  for (const auto& other : rule.arguments) {
    const Expr* setup =
        other.position && *other.position < call.args.size() ? call.args[*other.position] : nullptr;
    for (const auto* keyword : call.keywords) {
      setup = !other.keyword.empty() && keyword->arg == other.keyword ? keyword->value : setup;
    }
    if (other.demand != Demand::code || setup == nullptr || setup == &where) {
      continue;
    }
    for (const auto& value : evaluator_.values(setup)) {
      if (value.kind == ValueKind::text && !value.prefix_only && value.text.size() < longest_checked_text) {
        check_code(std::string(value.text) + "\n" + std::string(text.substr(0, longest_checked_text)), where,
                   name);
      }
    }
  }
}

}  // namespace sallyport::validators::policy
