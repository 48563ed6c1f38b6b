#include "validators/python/parser.hpp"

#include "validators/python/diagnose.hpp"
#include "validators/python/lexer.hpp"
#include "validators/python/parser/parser.hpp"
#include "validators/python/source.hpp"

#include <memory>
#include <string>
#include <utility>

namespace sallyport::validators::python {

std::variant<Tree, SyntaxError> parse(std::string_view source, const ParseOptions& options) {
  auto decoded = decode(source, options.source_kind, options.version);
  if (auto* const error = std::get_if<SyntaxError>(&decoded)) {
    return std::move(*error);
  }
  auto text = std::make_unique<const std::string>(std::move(std::get<std::string>(decoded)));
  Arena arena;
  auto tokens = lex(*text, options.version);
  auto warnings = std::move(tokens.warnings);
  detail::Parser parser(tokens, options.version, arena, warnings);
  const ast::Module* const module = parser.parse_module();
  if (module != nullptr) {
    return Tree(std::move(text), std::move(arena), module, std::move(warnings));
  }
  if (!parser.error()) {
    arena.clear();  // The half tree is of no more use, and may be large.
    return diagnose(tokens, options.version, StartRule::file, arena, parser.last_statement());
  }
  if (parser.error()->type != ErrorType::syntax_error) {
    return *parser.error();
  }
  return rank_with_lexer_error(tokens, options.version, *parser.error());
}

}  // namespace sallyport::validators::python
