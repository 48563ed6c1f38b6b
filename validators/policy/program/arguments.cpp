// What calls within the program pass becomes a source of the parameter.
#include "validators/policy/program.hpp"

#include <algorithm>

namespace sallyport::validators::policy {

using namespace python::ast;

namespace {

constexpr std::size_t most_arguments = 64;
constexpr std::size_t most_passed_on = 6;     // to a function that is passed on itself
constexpr std::size_t most_of_passed_on = 4;  // parameters of such a function

bool is_static(const FunctionDef& method) {
  return std::any_of(method.decorator_list.begin(), method.decorator_list.end(), [](const Expr* decorator) {
    const auto* id = as<Name>(decorator);
    return id != nullptr && id->id == "staticmethod";
  });
}

const Arg* positional(const Arguments& arguments, std::size_t place) {
  const auto first = arguments.posonlyargs.size();
  return place < first ? arguments.posonlyargs[place] : arguments.args[place - first];
}

}  // namespace

void Program::bind_arguments() {
  for (const auto index : calls_) {
    const auto& call = static_cast<const Call&>(*nodes[index].node);
    for (const auto* argument : call.args) {
      if (const auto* lambda = as<Lambda>(argument); lambda != nullptr && call.args.size() > 1) {
        pass_on(*lambda, call);
      }
    }
    if (call.args.empty() && call.keywords.empty()) {
      continue;
    }
    if (const auto* lambda = as<Lambda>(call.func)) {
      pass(lambda, *lambda->args, call, 0);
    } else if (const auto* name = as<Name>(call.func)) {
      pass_to_name(*name, call, index);
    } else if (const auto* attribute = as<Attribute>(call.func)) {
      pass_to_methods(attribute->attr, call);
    }
  }
}

// name(...): the functions, classes and lambdas that it may be.
void Program::pass_to_name(const Name& name, const Call& call, std::uint32_t index) {
  const auto found = lookup(nodes[index].scope, name.id);
  if (found.binding == none) {
    return;
  }
  std::size_t tried = 0;
  const auto& known = bindings[found.binding].sources;
  for (std::size_t i = 0; i < known.size() && tried < most_candidates; ++i) {
    const Source source = known[i];  // by copy: passing adds to sources
    if (source.kind == Source::Kind::function) {
      const auto* function = static_cast<const FunctionDef*>(source.node);
      pass(function, *function->args, call, 0);
      ++tried;
    } else if (source.kind == Source::Kind::klass) {
      tried += pass_to_init(source.node, call) ? 1 : 0;
    } else if (const auto* lambda = as<Lambda>(source.node); lambda != nullptr && source.path == nullptr) {
      pass(lambda, *lambda->args, call, 0);
      ++tried;
    }
  }
}

// False if the class has no __init__ of its own.
bool Program::pass_to_init(const Node* klass, const Call& call) {
  const auto found = methods_.find("__init__");
  if (found == methods_.end()) {
    return false;
  }
  for (const auto* method : found->second) {
    const auto index = index_of(method);
    if (index != none && nodes[nodes[index].parent].node == klass) {
      pass(method, *method->args, call, 1);
      return true;
    }
  }
  return false;
}

// x.name(...): the methods of that name.
void Program::pass_to_methods(std::string_view name, const Call& call) {
  const auto found = methods_.find(name);
  if (found == methods_.end()) {
    return;
  }
  const auto count = std::min(found->second.size(), most_candidates);
  for (std::size_t i = 0; i < count; ++i) {
    const auto* method = found->second[i];
    pass(method, *method->args, call, is_static(*method) ? 0 : 1);
  }
}

// `skip`: parameters that the call does not name, as self.
void Program::pass(const Node* function, const Arguments& parameters, const Call& call, std::size_t skip) {
  const auto scope = function_scopes_.find(function);
  if (scope == function_scopes_.end()) {
    return;
  }
  const auto plain = parameters.posonlyargs.size() + parameters.args.size();
  for (std::size_t i = 0; i < call.args.size() && i < most_arguments; ++i) {
    if (call.args[i]->kind == NodeKind::Starred) {
      break;
    }
    if (i + skip < plain) {
      add_argument(scope->second, positional(parameters, i + skip)->arg, call.args[i]);
    }
  }
  for (const auto* keyword : call.keywords) {
    if (!keyword->arg.empty() && names_.contains({scope->second, keyword->arg})) {
      add_argument(scope->second, keyword->arg, keyword->value);
    }
  }
}

void Program::add_argument(std::uint32_t scope, std::string_view parameter, const Expr* value) {
  auto& bound = binding(scope, parameter);
  if (bound.sources.size() < most_sources) {
    Source source;
    source.kind = Source::Kind::expression;
    source.node = value;
    bound.sources.push_back(source);
  }
}

// reduce(lambda o, n: ..., names, start): a function that is passed on gets what is passed with it, or its
// items.
void Program::pass_on(const Lambda& lambda, const Call& call) {
  const auto scope = function_scopes_.find(&lambda);
  if (scope == function_scopes_.end()) {
    return;
  }
  const auto* items = step({Step::Kind::each, 0, 0, nullptr, {}, nullptr});
  for (std::size_t i = 0; i < lambda.args->args.size() && i < most_of_passed_on; ++i) {
    auto& bound = binding(scope->second, lambda.args->args[i]->arg);
    for (std::size_t j = 0; j < call.args.size() && j < most_passed_on; ++j) {
      if (call.args[j] == &lambda || bound.sources.size() >= most_sources) {
        continue;
      }
      Source source;
      source.kind = Source::Kind::expression;
      source.node = call.args[j];
      bound.sources.push_back(source);
      source.path = items;
      bound.sources.push_back(source);
    }
  }
}

}  // namespace sallyport::validators::policy
