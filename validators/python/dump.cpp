#include "validators/python/dump.hpp"

#include "validators/python/literal_repr.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

namespace sallyport::validators::python {

namespace {

// A list of nodes of any type. Nodes may be null.
class NodeList {
 public:
  NodeList() = default;
  template <class T>
  explicit NodeList(ast::Sequence<T*> list)
      : data_(list.data()),
        size_(list.size()),
        at_([](const void* data, std::size_t index) -> const ast::Node* {
          return static_cast<T* const*>(data)[index];
        }) {}

  [[nodiscard]] std::size_t size() const { return size_; }
  const ast::Node* operator[](std::size_t index) const { return at_(data_, index); }

 private:
  const void* data_ = nullptr;
  std::size_t size_ = 0;
  const ast::Node* (*at_)(const void*, std::size_t) = nullptr;
};

// One field of a node, with its value in one of several forms.
struct Field {
  enum class Form : std::uint8_t {
    node,       // one node
    nodes,      // a list of them
    names,      // a list of identifiers
    operators,  // a list of comparison operators
    text,       // a string, by repr
    word,       // as it is: None, True, a class name with parentheses
    number,
    constant,  // the value of a Constant
  };

  std::string_view name;
  Form form = Form::word;
  const ast::Node* node = nullptr;
  NodeList nodes;
  ast::Sequence<ast::Identifier> names;
  ast::Sequence<ast::CompareOperator> operators;
  std::string_view text;
  std::int64_t number = 0;
  const ast::Constant* constant = nullptr;
};

std::string_view class_of(ast::Context context) {
  switch (context) {
    case ast::Context::Load:
      return "Load()";
    case ast::Context::Store:
      return "Store()";
    case ast::Context::Del:
      return "Del()";
  }
  return {};
}

std::string_view class_of(ast::BoolOperator op) {
  return op == ast::BoolOperator::And ? "And()" : "Or()";
}

std::string_view class_of(ast::Operator op) {
  switch (op) {
    case ast::Operator::Add:
      return "Add()";
    case ast::Operator::Sub:
      return "Sub()";
    case ast::Operator::Mult:
      return "Mult()";
    case ast::Operator::MatMult:
      return "MatMult()";
    case ast::Operator::Div:
      return "Div()";
    case ast::Operator::Mod:
      return "Mod()";
    case ast::Operator::Pow:
      return "Pow()";
    case ast::Operator::LShift:
      return "LShift()";
    case ast::Operator::RShift:
      return "RShift()";
    case ast::Operator::BitOr:
      return "BitOr()";
    case ast::Operator::BitXor:
      return "BitXor()";
    case ast::Operator::BitAnd:
      return "BitAnd()";
    case ast::Operator::FloorDiv:
      return "FloorDiv()";
  }
  return {};
}

std::string_view class_of(ast::UnaryOperator op) {
  switch (op) {
    case ast::UnaryOperator::Invert:
      return "Invert()";
    case ast::UnaryOperator::Not:
      return "Not()";
    case ast::UnaryOperator::UAdd:
      return "UAdd()";
    case ast::UnaryOperator::USub:
      return "USub()";
  }
  return {};
}

std::string_view class_of(ast::CompareOperator op) {
  switch (op) {
    case ast::CompareOperator::Eq:
      return "Eq()";
    case ast::CompareOperator::NotEq:
      return "NotEq()";
    case ast::CompareOperator::Lt:
      return "Lt()";
    case ast::CompareOperator::LtE:
      return "LtE()";
    case ast::CompareOperator::Gt:
      return "Gt()";
    case ast::CompareOperator::GtE:
      return "GtE()";
    case ast::CompareOperator::Is:
      return "Is()";
    case ast::CompareOperator::IsNot:
      return "IsNot()";
    case ast::CompareOperator::In:
      return "In()";
    case ast::CompareOperator::NotIn:
      return "NotIn()";
  }
  return {};
}

std::string_view class_of(ast::NodeKind kind) {
  switch (kind) {
    case ast::NodeKind::Comprehension:
      return "comprehension";
    case ast::NodeKind::Arguments:
      return "arguments";
    case ast::NodeKind::Arg:
      return "arg";
    case ast::NodeKind::Keyword:
      return "keyword";
    case ast::NodeKind::Alias:
      return "alias";
    case ast::NodeKind::WithItem:
      return "withitem";
    case ast::NodeKind::MatchCase:
      return "match_case";
    case ast::NodeKind::ExprStmt:
      return "Expr";
    default:
      break;
  }
  switch (kind) {
#define X(Name)             \
  case ast::NodeKind::Name: \
    return #Name;
    SALLYPORT_PYTHON_NODES(X)
#undef X
  }
  return {};
}

std::string_view word_of(ast::ConstantKind kind) {
  switch (kind) {
    case ast::ConstantKind::True:
      return "True";
    case ast::ConstantKind::False:
      return "False";
    default:
      return "None";
  }
}

// The fields of one node that are written, in Python's order.
class Fields {
 public:
  Fields(const ast::Node& node, const DumpOptions& options) : options_(options) {
    ast::visit(node, [this](const auto& typed) { add(typed); });
    if (options.include_attributes && has_location(node.kind)) {
      number("lineno", node.location.line);
      number("col_offset", node.location.column);
      number("end_lineno", node.location.end_line);
      number("end_col_offset", node.location.end_column);
    }
  }

  [[nodiscard]] std::size_t size() const { return size_; }
  const Field& operator[](std::size_t index) const { return fields_[index]; }

 private:
  static constexpr std::size_t most_fields = 12;

  Field& append(std::string_view name, Field::Form form) {
    auto& field = fields_[size_++];
    field = Field{};
    field.name = name;
    field.form = form;
    return field;
  }

  // What is null is None in Python, and never written: such fields are optional.
  void node(std::string_view name, const ast::Node* value) {
    if (value != nullptr) {
      append(name, Field::Form::node).node = value;
    }
  }
  [[nodiscard]] bool omits(std::size_t list_size) const {
    return list_size == 0 && options_.version >= Version::v3_13;
  }
  template <class T>
  void nodes(std::string_view name, ast::Sequence<T*> list) {
    if (!omits(list.size())) {
      append(name, Field::Form::nodes).nodes = NodeList(list);
    }
  }
  void names(std::string_view name, ast::Sequence<ast::Identifier> list) {
    if (!omits(list.size())) {
      append(name, Field::Form::names).names = list;
    }
  }
  void text(std::string_view name, std::string_view value) { append(name, Field::Form::text).text = value; }
  void optional_text(std::string_view name, std::string_view value) {
    if (!value.empty()) {
      text(name, value);
    }
  }
  void word(std::string_view name, std::string_view value) { append(name, Field::Form::word).text = value; }
  void number(std::string_view name, std::int64_t value) { append(name, Field::Form::number).number = value; }

  [[nodiscard]] bool has_location(ast::NodeKind kind) const {
    switch (kind) {
      case ast::NodeKind::Module:
      case ast::NodeKind::Comprehension:
      case ast::NodeKind::Arguments:
      case ast::NodeKind::WithItem:
      case ast::NodeKind::MatchCase:
        return false;
      case ast::NodeKind::Alias:
        return options_.version >= Version::v3_10;
      default:
        return true;
    }
  }

  void type_params(ast::Sequence<ast::TypeParameter*> list) {
    if (options_.version >= Version::v3_12) {
      nodes("type_params", list);
    }
  }

  void add(const ast::Module& n) {
    nodes("body", n.body);
    nodes("type_ignores", ast::Sequence<ast::Node*>{});
  }
  void add(const ast::Comprehension& n) {
    node("target", n.target);
    node("iter", n.iter);
    nodes("ifs", n.ifs);
    number("is_async", n.is_async ? 1 : 0);
  }
  void add(const ast::ExceptHandler& n) {
    node("type", n.type);
    optional_text("name", n.name);
    nodes("body", n.body);
  }
  void add(const ast::Arguments& n) {
    nodes("posonlyargs", n.posonlyargs);
    nodes("args", n.args);
    node("vararg", n.vararg);
    nodes("kwonlyargs", n.kwonlyargs);
    nodes("kw_defaults", n.kw_defaults);
    node("kwarg", n.kwarg);
    nodes("defaults", n.defaults);
  }
  void add(const ast::Arg& n) {
    text("arg", n.arg);
    node("annotation", n.annotation);
  }
  void add(const ast::Keyword& n) {
    optional_text("arg", n.arg);
    node("value", n.value);
  }
  void add(const ast::Alias& n) {
    text("name", n.name);
    optional_text("asname", n.asname);
  }
  void add(const ast::WithItem& n) {
    node("context_expr", n.context_expr);
    node("optional_vars", n.optional_vars);
  }
  void add(const ast::MatchCase& n) {
    node("pattern", n.pattern);
    node("guard", n.guard);
    nodes("body", n.body);
  }

  void add(const ast::FunctionDef& n) {
    text("name", n.name);
    node("args", n.args);
    nodes("body", n.body);
    nodes("decorator_list", n.decorator_list);
    node("returns", n.returns);
    type_params(n.type_params);
  }
  void add(const ast::ClassDef& n) {
    text("name", n.name);
    nodes("bases", n.bases);
    nodes("keywords", n.keywords);
    nodes("body", n.body);
    nodes("decorator_list", n.decorator_list);
    type_params(n.type_params);
  }
  void add(const ast::Return& n) { node("value", n.value); }
  void add(const ast::Delete& n) { nodes("targets", n.targets); }
  void add(const ast::Assign& n) {
    nodes("targets", n.targets);
    node("value", n.value);
  }
  void add(const ast::TypeAlias& n) {
    node("name", n.name);
    nodes("type_params", n.type_params);
    node("value", n.value);
  }
  void add(const ast::AugAssign& n) {
    node("target", n.target);
    word("op", class_of(n.op));
    node("value", n.value);
  }
  void add(const ast::AnnAssign& n) {
    node("target", n.target);
    node("annotation", n.annotation);
    node("value", n.value);
    number("simple", n.simple ? 1 : 0);
  }
  void add(const ast::For& n) {
    node("target", n.target);
    node("iter", n.iter);
    nodes("body", n.body);
    nodes("orelse", n.orelse);
  }
  void add(const ast::While& n) {
    node("test", n.test);
    nodes("body", n.body);
    nodes("orelse", n.orelse);
  }
  void add(const ast::If& n) {
    node("test", n.test);
    nodes("body", n.body);
    nodes("orelse", n.orelse);
  }
  void add(const ast::With& n) {
    nodes("items", n.items);
    nodes("body", n.body);
  }
  void add(const ast::Match& n) {
    node("subject", n.subject);
    nodes("cases", n.cases);
  }
  void add(const ast::Raise& n) {
    node("exc", n.exc);
    node("cause", n.cause);
  }
  void add(const ast::Try& n) {
    nodes("body", n.body);
    nodes("handlers", n.handlers);
    nodes("orelse", n.orelse);
    nodes("finalbody", n.finalbody);
  }
  void add(const ast::Assert& n) {
    node("test", n.test);
    node("msg", n.msg);
  }
  void add(const ast::Import& n) { nodes("names", n.names); }
  void add(const ast::ImportFrom& n) {
    optional_text("module", n.module);
    nodes("names", n.names);
    number("level", n.level);
  }
  void add(const ast::Global& n) { names("names", n.names); }
  void add(const ast::Nonlocal& n) { names("names", n.names); }
  void add(const ast::ExprStmt& n) { node("value", n.value); }
  void add(const ast::Pass& /*n*/) {}
  void add(const ast::Break& /*n*/) {}
  void add(const ast::Continue& /*n*/) {}

  void add(const ast::BoolOp& n) {
    word("op", class_of(n.op));
    nodes("values", n.values);
  }
  void add(const ast::NamedExpr& n) {
    node("target", n.target);
    node("value", n.value);
  }
  void add(const ast::BinOp& n) {
    node("left", n.left);
    word("op", class_of(n.op));
    node("right", n.right);
  }
  void add(const ast::UnaryOp& n) {
    word("op", class_of(n.op));
    node("operand", n.operand);
  }
  void add(const ast::Lambda& n) {
    node("args", n.args);
    node("body", n.body);
  }
  void add(const ast::IfExp& n) {
    node("test", n.test);
    node("body", n.body);
    node("orelse", n.orelse);
  }
  void add(const ast::Dict& n) {
    nodes("keys", n.keys);
    nodes("values", n.values);
  }
  void add(const ast::Set& n) { nodes("elts", n.elts); }
  void add(const ast::ListComp& n) { comprehension(n.elt, n.generators); }
  void add(const ast::SetComp& n) { comprehension(n.elt, n.generators); }
  void add(const ast::GeneratorExp& n) { comprehension(n.elt, n.generators); }
  void comprehension(const ast::Expr* element, ast::Sequence<ast::Comprehension*> generators) {
    node("elt", element);
    nodes("generators", generators);
  }
  void add(const ast::DictComp& n) {
    node("key", n.key);
    node("value", n.value);
    nodes("generators", n.generators);
  }
  void add(const ast::Await& n) { node("value", n.value); }
  void add(const ast::Yield& n) { node("value", n.value); }
  void add(const ast::YieldFrom& n) { node("value", n.value); }
  void add(const ast::Compare& n) {
    node("left", n.left);
    append("ops", Field::Form::operators).operators = n.ops;
    nodes("comparators", n.comparators);
  }
  void add(const ast::Call& n) {
    node("func", n.func);
    nodes("args", n.args);
    nodes("keywords", n.keywords);
  }
  void add(const ast::FormattedValue& n) {
    node("value", n.value);
    number("conversion", n.conversion);
    node("format_spec", n.format_spec);
  }
  void add(const ast::Interpolation& n) {
    node("value", n.value);
    text("str", n.str);
    number("conversion", n.conversion);
    node("format_spec", n.format_spec);
  }
  void add(const ast::JoinedStr& n) { nodes("values", n.values); }
  void add(const ast::TemplateStr& n) { nodes("values", n.values); }
  void add(const ast::Constant& n) {
    append("value", Field::Form::constant).constant = &n;
    if (n.has_u_prefix) {
      text("kind", "u");
    }
  }
  void add(const ast::Attribute& n) {
    node("value", n.value);
    text("attr", n.attr);
    word("ctx", class_of(n.ctx));
  }
  void add(const ast::Subscript& n) {
    node("value", n.value);
    node("slice", n.slice);
    word("ctx", class_of(n.ctx));
  }
  void add(const ast::Starred& n) {
    node("value", n.value);
    word("ctx", class_of(n.ctx));
  }
  void add(const ast::Name& n) {
    text("id", n.id);
    word("ctx", class_of(n.ctx));
  }
  void add(const ast::List& n) {
    nodes("elts", n.elts);
    word("ctx", class_of(n.ctx));
  }
  void add(const ast::Tuple& n) {
    nodes("elts", n.elts);
    word("ctx", class_of(n.ctx));
  }
  void add(const ast::Slice& n) {
    node("lower", n.lower);
    node("upper", n.upper);
    node("step", n.step);
  }

  void add(const ast::MatchValue& n) { node("value", n.value); }
  void add(const ast::MatchSingleton& n) { word("value", word_of(n.value)); }
  void add(const ast::MatchSequence& n) { nodes("patterns", n.patterns); }
  void add(const ast::MatchMapping& n) {
    nodes("keys", n.keys);
    nodes("patterns", n.patterns);
    optional_text("rest", n.rest);
  }
  void add(const ast::MatchClass& n) {
    node("cls", n.cls);
    nodes("patterns", n.patterns);
    names("kwd_attrs", n.kwd_attrs);
    nodes("kwd_patterns", n.kwd_patterns);
  }
  void add(const ast::MatchStar& n) { optional_text("name", n.name); }
  void add(const ast::MatchAs& n) {
    node("pattern", n.pattern);
    optional_text("name", n.name);
  }
  void add(const ast::MatchOr& n) { nodes("patterns", n.patterns); }

  void add(const ast::TypeVar& n) {
    text("name", n.name);
    node("bound", n.bound);
    node("default_value", n.default_value);
  }
  void add(const ast::ParamSpec& n) { named_default(n.name, n.default_value); }
  void add(const ast::TypeVarTuple& n) { named_default(n.name, n.default_value); }
  void named_default(std::string_view name, const ast::Expr* default_value) {
    text("name", name);
    node("default_value", default_value);
  }

  const DumpOptions& options_;
  std::array<Field, most_fields> fields_;
  std::size_t size_ = 0;
};

// Writes the nodes with a stack of its own: each frame is a node that is written in part.
class Writer {
 public:
  explicit Writer(const DumpOptions& options) : options_(options) {}

  std::string write(const ast::Node& root) {
    open(&root, 0);
    while (!stack_.empty()) {
      step();
    }
    return std::move(text_);
  }

 private:
  struct Frame {
    const ast::Node* node;
    std::uint32_t field;    // the next
    std::uint32_t element;  // the next of that field, if it is a list
    std::uint32_t level;
    bool on_one_line;
  };

  static constexpr std::size_t most_simple_fields = 3;

  // As Python: a node without fields, and everything that is neither node nor list.
  [[nodiscard]] bool is_simple(const Field& field) const {
    switch (field.form) {
      case Field::Form::node:
        return Fields(*field.node, options_).size() == 0;
      case Field::Form::nodes:
        return field.nodes.size() == 0;
      case Field::Form::names:
        return field.names.empty();
      case Field::Form::operators:
        return field.operators.empty();
      default:
        return true;
    }
  }

  void open(const ast::Node* node, std::uint32_t level) {
    const Fields fields(*node, options_);
    bool on_one_line = fields.size() <= most_simple_fields;
    for (std::size_t i = 0; on_one_line && i < fields.size(); ++i) {
      on_one_line = is_simple(fields[i]);
    }
    text_ += class_of(node->kind);
    text_ += '(';
    stack_.push_back({node, 0, 0, level + 1, on_one_line});
  }

  void break_line(std::uint32_t level) {
    if (!options_.indent) {
      return;
    }
    text_ += '\n';
    text_.append(std::size_t{*options_.indent} * level, ' ');
  }

  void separate(bool first, bool on_one_line, std::uint32_t level) {
    if (!first) {
      text_ += options_.indent && !on_one_line ? "," : ", ";
    }
    if (!on_one_line) {
      break_line(level);
    }
  }

  // Writes up to the next node within the one on top of the stack, or to its end.
  void step() {
    const Fields fields(*stack_.back().node, options_);
    for (;;) {
      auto& frame = stack_.back();
      if (frame.field == fields.size()) {
        text_ += ')';
        stack_.pop_back();
        return;
      }
      const Field& field = fields[frame.field];
      if (frame.element == 0) {
        separate(frame.field == 0, frame.on_one_line, frame.level);
        text_ += field.name;
        text_ += '=';
      }
      switch (field.form) {
        case Field::Form::node: {
          ++frame.field;
          open(field.node, frame.level);
          return;
        }
        case Field::Form::nodes:
          if (write_nodes(frame, field.nodes)) {
            return;
          }
          continue;
        default:
          write_value(field, frame.level);
          break;
      }
      ++frame.field;
    }
  }

  // True if a node was opened.
  bool write_nodes(Frame& frame, const NodeList& nodes) {
    if (frame.element == 0) {
      text_ += '[';
    }
    while (frame.element < nodes.size()) {
      const auto index = frame.element++;
      separate(index == 0, false, frame.level + 1);
      if (const auto* const node = nodes[index]) {
        open(node, frame.level + 1);
        return true;
      }
      text_ += "None";
    }
    text_ += ']';
    frame.element = 0;
    ++frame.field;
    return false;
  }

  void write_value(const Field& field, std::uint32_t level) {
    switch (field.form) {
      case Field::Form::names: {
        text_ += '[';
        bool first = true;
        for (const auto name : field.names) {
          separate(std::exchange(first, false), false, level + 1);
          append_repr_of_string(text_, name, options_.version);
        }
        text_ += ']';
        break;
      }
      case Field::Form::operators: {
        text_ += '[';
        bool first = true;
        for (const auto op : field.operators) {
          separate(std::exchange(first, false), false, level + 1);
          text_ += class_of(op);
        }
        text_ += ']';
        break;
      }
      case Field::Form::text:
        append_repr_of_string(text_, field.text, options_.version);
        break;
      case Field::Form::word:
        text_ += field.text;
        break;
      case Field::Form::number:
        text_ += std::to_string(field.number);
        break;
      case Field::Form::constant:
        append_repr(text_, *field.constant, options_.version);
        break;
      default:
        break;
    }
  }

  const DumpOptions& options_;
  std::string text_;
  std::vector<Frame> stack_;
};

}  // namespace

std::string dump(const ast::Module& module, const DumpOptions& options) {
  return Writer(options).write(module);
}

}  // namespace sallyport::validators::python
