#include "broker/cli/ast.hpp"

#include "broker/cli/command_line.hpp"
#include "broker/cli/python_source.hpp"
#include "validators/python/dump.hpp"
#include "validators/python/error_display.hpp"
#include "validators/python/parser.hpp"
#include "validators/python/source.hpp"

#include <iostream>
#include <string>
#include <variant>

namespace sallyport::broker::cli {
namespace {

namespace python = validators::python;

/// What `python3 -m ast` indents by.
constexpr unsigned kIndent = 3;

int print_error(const python::SyntaxError& error, const std::string& code, const AstOptions& options,
                python::Version version) {
  if (error.line != 0) {
    const auto text = python::decode(code, python::SourceKind::bytes, version);
    const auto* decoded = std::get_if<std::string>(&text);
    std::cerr << "  File \"" << shown_name(options.file) << "\", line " << error.line << "\n";
    if (decoded != nullptr) {
      std::cerr << python::display(error, python::line_of(*decoded, error.line), version) << "\n";
    }
  }
  std::cerr << python::to_string(error.type) << ": " << error.message << "\n";
  return kFailure;
}

}  // namespace

int print_ast(const AstOptions& options) {
  const auto version = chosen_version(options.python);
  if (!version) return kUsage;
  const auto code = read_source(options.file);
  if (!code) return kUsage;

  const auto parsed = python::parse(*code, {*version, python::SourceKind::bytes});
  if (const auto* error = std::get_if<python::SyntaxError>(&parsed)) {
    return print_error(*error, *code, options, *version);
  }
  python::DumpOptions dump_options;
  dump_options.version = *version;
  dump_options.include_attributes = options.attributes;
  dump_options.indent = kIndent;
  std::cout << python::dump(std::get<python::Tree>(parsed).module(), dump_options) << "\n" << std::flush;
  return std::cout ? kSuccess : kFailure;
}

}  // namespace sallyport::broker::cli
