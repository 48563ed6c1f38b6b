// The tree of a Python program: the nodes and fields of CPython's `ast` module, under the same names.
//
// Nodes live in an Arena, own nothing and are dropped with it. They are written by the parser only; everybody
// else has them const. A pointer that may be null says so ("or null"); lists hold no null except where that
// is said. Texts are UTF-8 and point into the arena or into the source, both owned by the Tree (parser.hpp).
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace sallyport::validators::python::ast {

// Where a node stands. Lines from 1, columns from 0 in UTF-8 bytes, the end exclusive: what `ast` reports,
// including what the older versions report wrongly inside f-strings.
struct Location {
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  std::uint32_t end_line = 0;
  std::uint32_t end_column = 0;

  bool operator==(const Location&) const = default;
};

// clang-format off
#define SALLYPORT_PYTHON_STATEMENTS(X)                                                                           \
  X(FunctionDef) X(AsyncFunctionDef) X(ClassDef) X(Return) X(Delete) X(Assign) X(TypeAlias) X(AugAssign)         \
  X(AnnAssign) X(For) X(AsyncFor) X(While) X(If) X(With) X(AsyncWith) X(Match) X(Raise) X(Try) X(TryStar)        \
  X(Assert) X(Import) X(ImportFrom) X(Global) X(Nonlocal) X(ExprStmt) X(Pass) X(Break) X(Continue)
#define SALLYPORT_PYTHON_EXPRESSIONS(X)                                                                          \
  X(BoolOp) X(NamedExpr) X(BinOp) X(UnaryOp) X(Lambda) X(IfExp) X(Dict) X(Set) X(ListComp) X(SetComp)            \
  X(DictComp) X(GeneratorExp) X(Await) X(Yield) X(YieldFrom) X(Compare) X(Call) X(FormattedValue)                \
  X(Interpolation) X(JoinedStr) X(TemplateStr) X(Constant) X(Attribute) X(Subscript) X(Starred) X(Name)          \
  X(List) X(Tuple) X(Slice)
#define SALLYPORT_PYTHON_PATTERNS(X)                                                                             \
  X(MatchValue) X(MatchSingleton) X(MatchSequence) X(MatchMapping) X(MatchClass) X(MatchStar) X(MatchAs)         \
  X(MatchOr)
#define SALLYPORT_PYTHON_TYPE_PARAMETERS(X) X(TypeVar) X(ParamSpec) X(TypeVarTuple)
#define SALLYPORT_PYTHON_PARTS(X)                                                                                \
  X(Module) X(Comprehension) X(ExceptHandler) X(Arguments) X(Arg) X(Keyword) X(Alias) X(WithItem) X(MatchCase)
#define SALLYPORT_PYTHON_NODES(X)                                                                                \
  SALLYPORT_PYTHON_PARTS(X) SALLYPORT_PYTHON_STATEMENTS(X) SALLYPORT_PYTHON_EXPRESSIONS(X)                       \
  SALLYPORT_PYTHON_PATTERNS(X) SALLYPORT_PYTHON_TYPE_PARAMETERS(X)
// clang-format on

enum class NodeKind : std::uint8_t {
#define X(Name) Name,
  SALLYPORT_PYTHON_NODES(X)
#undef X
};

enum class Context : std::uint8_t { Load, Store, Del };
enum class BoolOperator : std::uint8_t { And, Or };
enum class Operator : std::uint8_t {
  Add,
  Sub,
  Mult,
  MatMult,
  Div,
  Mod,
  Pow,
  LShift,
  RShift,
  BitOr,
  BitXor,
  BitAnd,
  FloorDiv,
};
enum class UnaryOperator : std::uint8_t { Invert, Not, UAdd, USub };
enum class CompareOperator : std::uint8_t { Eq, NotEq, Lt, LtE, Gt, GtE, Is, IsNot, In, NotIn };
enum class ConstantKind : std::uint8_t { None, True, False, Ellipsis, Int, Float, Complex, Str, Bytes };

// Normalised to NFKC, as CPython does it. A dotted module name is one identifier ("os.path").
using Identifier = std::string_view;

template <class T>
using Sequence = std::span<T const>;

struct Node {
  Location location;
  NodeKind kind;

 protected:
  Node(NodeKind node_kind, Location where) : location(where), kind(node_kind) {}
};

struct Stmt : Node {
 protected:
  using Node::Node;
};

struct Expr : Node {
 protected:
  using Node::Node;
};

struct Pattern : Node {
 protected:
  using Node::Node;
};

struct TypeParameter : Node {
 protected:
  using Node::Node;
};

// Each node type says its own kind, and is made with its location: `arena.make<ast::Name>(where)`; the fields
// follow.
#define SALLYPORT_NODE(Type, Base)                      \
  static constexpr NodeKind node_kind = NodeKind::Type; \
  explicit Type(Location where) : Base(node_kind, where) {}

struct Arguments;
struct Arg;
struct Keyword;
struct Comprehension;
struct ExceptHandler;
struct Alias;
struct WithItem;
struct MatchCase;

// Parts

struct Module : Node {
  SALLYPORT_NODE(Module, Node)
  Sequence<Stmt*> body;
};

struct Comprehension : Node {  // `comprehension`: no location in Python
  SALLYPORT_NODE(Comprehension, Node)
  bool is_async = false;
  Expr* target = nullptr;
  Expr* iter = nullptr;
  Sequence<Expr*> ifs;
};

struct ExceptHandler : Node {
  SALLYPORT_NODE(ExceptHandler, Node)
  Expr* type = nullptr;  // or null
  Identifier name;       // or empty
  Sequence<Stmt*> body;
};

struct Arg : Node {
  SALLYPORT_NODE(Arg, Node)
  Identifier arg;
  Expr* annotation = nullptr;  // or null
};

struct Arguments : Node {  // no location in Python
  SALLYPORT_NODE(Arguments, Node)
  Sequence<Arg*> posonlyargs;
  Sequence<Arg*> args;
  Arg* vararg = nullptr;  // or null
  Sequence<Arg*> kwonlyargs;
  Sequence<Expr*> kw_defaults;  // one for each of kwonlyargs, null where it has none
  Arg* kwarg = nullptr;         // or null
  Sequence<Expr*> defaults;     // of the last of posonlyargs and args
};

struct Keyword : Node {
  SALLYPORT_NODE(Keyword, Node)
  Identifier arg;  // empty for **value
  Expr* value = nullptr;
};

struct Alias : Node {
  SALLYPORT_NODE(Alias, Node)
  Identifier name;
  Identifier asname;  // or empty
};

struct WithItem : Node {  // no location in Python
  SALLYPORT_NODE(WithItem, Node)
  Expr* context_expr = nullptr;
  Expr* optional_vars = nullptr;  // or null
};

struct MatchCase : Node {  // no location in Python
  SALLYPORT_NODE(MatchCase, Node)
  Pattern* pattern = nullptr;
  Expr* guard = nullptr;  // or null
  Sequence<Stmt*> body;
};

// Statements

struct FunctionDef : Stmt {
  SALLYPORT_NODE(FunctionDef, Stmt)
  Identifier name;
  Arguments* args = nullptr;
  Sequence<Stmt*> body;
  Sequence<Expr*> decorator_list;
  Expr* returns = nullptr;  // or null
  Sequence<TypeParameter*> type_params;

 protected:
  FunctionDef(NodeKind subtype, Location where) : Stmt(subtype, where) {}
};

struct AsyncFunctionDef : FunctionDef {
  SALLYPORT_NODE(AsyncFunctionDef, FunctionDef)
};

struct ClassDef : Stmt {
  SALLYPORT_NODE(ClassDef, Stmt)
  Identifier name;
  Sequence<Expr*> bases;
  Sequence<Keyword*> keywords;
  Sequence<Stmt*> body;
  Sequence<Expr*> decorator_list;
  Sequence<TypeParameter*> type_params;
};

struct Return : Stmt {
  SALLYPORT_NODE(Return, Stmt)
  Expr* value = nullptr;  // or null
};

struct Delete : Stmt {
  SALLYPORT_NODE(Delete, Stmt)
  Sequence<Expr*> targets;
};

struct Assign : Stmt {
  SALLYPORT_NODE(Assign, Stmt)
  Sequence<Expr*> targets;
  Expr* value = nullptr;
};

struct TypeAlias : Stmt {
  SALLYPORT_NODE(TypeAlias, Stmt)
  Expr* name = nullptr;
  Sequence<TypeParameter*> type_params;
  Expr* value = nullptr;
};

struct AugAssign : Stmt {
  SALLYPORT_NODE(AugAssign, Stmt)
  Operator op = Operator::Add;
  Expr* target = nullptr;
  Expr* value = nullptr;
};

struct AnnAssign : Stmt {
  SALLYPORT_NODE(AnnAssign, Stmt)
  bool simple = false;
  Expr* target = nullptr;
  Expr* annotation = nullptr;
  Expr* value = nullptr;  // or null
};

struct For : Stmt {
  SALLYPORT_NODE(For, Stmt)
  Expr* target = nullptr;
  Expr* iter = nullptr;
  Sequence<Stmt*> body;
  Sequence<Stmt*> orelse;

 protected:
  For(NodeKind subtype, Location where) : Stmt(subtype, where) {}
};

struct AsyncFor : For {
  SALLYPORT_NODE(AsyncFor, For)
};

struct While : Stmt {
  SALLYPORT_NODE(While, Stmt)
  Expr* test = nullptr;
  Sequence<Stmt*> body;
  Sequence<Stmt*> orelse;
};

struct If : Stmt {
  SALLYPORT_NODE(If, Stmt)
  Expr* test = nullptr;
  Sequence<Stmt*> body;
  Sequence<Stmt*> orelse;  // an `elif` is one If in here
};

struct With : Stmt {
  SALLYPORT_NODE(With, Stmt)
  Sequence<WithItem*> items;
  Sequence<Stmt*> body;

 protected:
  With(NodeKind subtype, Location where) : Stmt(subtype, where) {}
};

struct AsyncWith : With {
  SALLYPORT_NODE(AsyncWith, With)
};

struct Match : Stmt {
  SALLYPORT_NODE(Match, Stmt)
  Expr* subject = nullptr;
  Sequence<MatchCase*> cases;
};

struct Raise : Stmt {
  SALLYPORT_NODE(Raise, Stmt)
  Expr* exc = nullptr;    // or null
  Expr* cause = nullptr;  // or null
};

struct Try : Stmt {
  SALLYPORT_NODE(Try, Stmt)
  Sequence<Stmt*> body;
  Sequence<ExceptHandler*> handlers;
  Sequence<Stmt*> orelse;
  Sequence<Stmt*> finalbody;

 protected:
  Try(NodeKind subtype, Location where) : Stmt(subtype, where) {}
};

struct TryStar : Try {
  SALLYPORT_NODE(TryStar, Try)
};

struct Assert : Stmt {
  SALLYPORT_NODE(Assert, Stmt)
  Expr* test = nullptr;
  Expr* msg = nullptr;  // or null
};

struct Import : Stmt {
  SALLYPORT_NODE(Import, Stmt)
  Sequence<Alias*> names;
};

struct ImportFrom : Stmt {
  SALLYPORT_NODE(ImportFrom, Stmt)
  std::uint32_t level = 0;  // the number of leading dots
  Identifier module;        // or empty
  Sequence<Alias*> names;   // one alias named "*" for `import *`
};

struct Global : Stmt {
  SALLYPORT_NODE(Global, Stmt)
  Sequence<Identifier> names;
};

struct Nonlocal : Stmt {
  SALLYPORT_NODE(Nonlocal, Stmt)
  Sequence<Identifier> names;
};

struct ExprStmt : Stmt {  // `Expr` in Python
  SALLYPORT_NODE(ExprStmt, Stmt)
  Expr* value = nullptr;
};

struct Pass : Stmt {
  SALLYPORT_NODE(Pass, Stmt)
};

struct Break : Stmt {
  SALLYPORT_NODE(Break, Stmt)
};

struct Continue : Stmt {
  SALLYPORT_NODE(Continue, Stmt)
};

// Expressions

struct BoolOp : Expr {
  SALLYPORT_NODE(BoolOp, Expr)
  BoolOperator op = BoolOperator::And;
  Sequence<Expr*> values;
};

struct NamedExpr : Expr {
  SALLYPORT_NODE(NamedExpr, Expr)
  Expr* target = nullptr;
  Expr* value = nullptr;
};

struct BinOp : Expr {
  SALLYPORT_NODE(BinOp, Expr)
  Operator op = Operator::Add;
  Expr* left = nullptr;
  Expr* right = nullptr;
};

struct UnaryOp : Expr {
  SALLYPORT_NODE(UnaryOp, Expr)
  UnaryOperator op = UnaryOperator::Not;
  Expr* operand = nullptr;
};

struct Lambda : Expr {
  SALLYPORT_NODE(Lambda, Expr)
  Arguments* args = nullptr;
  Expr* body = nullptr;
};

struct IfExp : Expr {
  SALLYPORT_NODE(IfExp, Expr)
  Expr* test = nullptr;
  Expr* body = nullptr;
  Expr* orelse = nullptr;
};

struct Dict : Expr {
  SALLYPORT_NODE(Dict, Expr)
  Sequence<Expr*> keys;  // one for each of values, null for **value
  Sequence<Expr*> values;
};

struct Set : Expr {
  SALLYPORT_NODE(Set, Expr)
  Sequence<Expr*> elts;
};

struct ListComp : Expr {
  SALLYPORT_NODE(ListComp, Expr)
  Expr* elt = nullptr;
  Sequence<Comprehension*> generators;
};

struct SetComp : Expr {
  SALLYPORT_NODE(SetComp, Expr)
  Expr* elt = nullptr;
  Sequence<Comprehension*> generators;
};

struct DictComp : Expr {
  SALLYPORT_NODE(DictComp, Expr)
  Expr* key = nullptr;
  Expr* value = nullptr;
  Sequence<Comprehension*> generators;
};

struct GeneratorExp : Expr {
  SALLYPORT_NODE(GeneratorExp, Expr)
  Expr* elt = nullptr;
  Sequence<Comprehension*> generators;
};

struct Await : Expr {
  SALLYPORT_NODE(Await, Expr)
  Expr* value = nullptr;
};

struct Yield : Expr {
  SALLYPORT_NODE(Yield, Expr)
  Expr* value = nullptr;  // or null
};

struct YieldFrom : Expr {
  SALLYPORT_NODE(YieldFrom, Expr)
  Expr* value = nullptr;
};

struct Compare : Expr {
  SALLYPORT_NODE(Compare, Expr)
  Expr* left = nullptr;
  Sequence<CompareOperator> ops;
  Sequence<Expr*> comparators;
};

struct Call : Expr {
  SALLYPORT_NODE(Call, Expr)
  Expr* func = nullptr;
  Sequence<Expr*> args;
  Sequence<Keyword*> keywords;
};

struct FormattedValue : Expr {
  SALLYPORT_NODE(FormattedValue, Expr)
  std::int8_t conversion = -1;  // 's', 'r', 'a', or -1
  Expr* value = nullptr;
  Expr* format_spec = nullptr;  // a JoinedStr, or null
};

struct Interpolation : Expr {
  SALLYPORT_NODE(Interpolation, Expr)
  std::int8_t conversion = -1;  // 's', 'r', 'a', or -1
  Expr* value = nullptr;
  std::string_view str;         // the expression as it was written
  Expr* format_spec = nullptr;  // a JoinedStr, or null
};

struct JoinedStr : Expr {
  SALLYPORT_NODE(JoinedStr, Expr)
  Sequence<Expr*> values;
};

struct TemplateStr : Expr {
  SALLYPORT_NODE(TemplateStr, Expr)
  Sequence<Expr*> values;
};

struct Constant : Expr {
  SALLYPORT_NODE(Constant, Expr)
  ConstantKind value_kind = ConstantKind::None;
  bool has_u_prefix = false;  // `kind='u'` in Python
  // Str: the characters as UTF-8, lone surrogates encoded as if they were characters (WTF-8). Bytes: the
  // bytes. Numbers: the literal as it was written. Empty for the others.
  std::string_view value;
};

struct Attribute : Expr {
  SALLYPORT_NODE(Attribute, Expr)
  Context ctx = Context::Load;
  Expr* value = nullptr;
  Identifier attr;
};

struct Subscript : Expr {
  SALLYPORT_NODE(Subscript, Expr)
  Context ctx = Context::Load;
  Expr* value = nullptr;
  Expr* slice = nullptr;
};

struct Starred : Expr {
  SALLYPORT_NODE(Starred, Expr)
  Context ctx = Context::Load;
  Expr* value = nullptr;
};

struct Name : Expr {
  SALLYPORT_NODE(Name, Expr)
  Context ctx = Context::Load;
  Identifier id;
};

struct List : Expr {
  SALLYPORT_NODE(List, Expr)
  Context ctx = Context::Load;
  Sequence<Expr*> elts;
};

struct Tuple : Expr {
  SALLYPORT_NODE(Tuple, Expr)
  Context ctx = Context::Load;
  Sequence<Expr*> elts;
};

struct Slice : Expr {
  SALLYPORT_NODE(Slice, Expr)
  Expr* lower = nullptr;  // or null
  Expr* upper = nullptr;  // or null
  Expr* step = nullptr;   // or null
};

// Patterns

struct MatchValue : Pattern {
  SALLYPORT_NODE(MatchValue, Pattern)
  Expr* value = nullptr;
};

struct MatchSingleton : Pattern {
  SALLYPORT_NODE(MatchSingleton, Pattern)
  ConstantKind value = ConstantKind::None;  // None, True or False
};

struct MatchSequence : Pattern {
  SALLYPORT_NODE(MatchSequence, Pattern)
  Sequence<Pattern*> patterns;
};

struct MatchMapping : Pattern {
  SALLYPORT_NODE(MatchMapping, Pattern)
  Sequence<Expr*> keys;
  Sequence<Pattern*> patterns;
  Identifier rest;  // or empty
};

struct MatchClass : Pattern {
  SALLYPORT_NODE(MatchClass, Pattern)
  Expr* cls = nullptr;
  Sequence<Pattern*> patterns;
  Sequence<Identifier> kwd_attrs;
  Sequence<Pattern*> kwd_patterns;
};

struct MatchStar : Pattern {
  SALLYPORT_NODE(MatchStar, Pattern)
  Identifier name;  // empty for `*_`
};

struct MatchAs : Pattern {
  SALLYPORT_NODE(MatchAs, Pattern)
  Pattern* pattern = nullptr;  // or null
  Identifier name;             // empty for `_`
};

struct MatchOr : Pattern {
  SALLYPORT_NODE(MatchOr, Pattern)
  Sequence<Pattern*> patterns;
};

// Type parameters

struct TypeVar : TypeParameter {
  SALLYPORT_NODE(TypeVar, TypeParameter)
  Identifier name;
  Expr* bound = nullptr;          // or null
  Expr* default_value = nullptr;  // or null
};

struct ParamSpec : TypeParameter {
  SALLYPORT_NODE(ParamSpec, TypeParameter)
  Identifier name;
  Expr* default_value = nullptr;  // or null
};

struct TypeVarTuple : TypeParameter {
  SALLYPORT_NODE(TypeVarTuple, TypeParameter)
  Identifier name;
  Expr* default_value = nullptr;  // or null
};

#undef SALLYPORT_NODE

// The node as its own type, or null if it is of another kind. An async statement is not its sync kind here.
template <class T>
const T* as(const Node* node) {
  return node != nullptr && node->kind == T::node_kind ? static_cast<const T*>(node) : nullptr;
}

// Calls `visitor` with the node as its own type.
template <class Visitor>
decltype(auto) visit(const Node& node, Visitor&& visitor) {
  switch (node.kind) {
#define X(Name)        \
  case NodeKind::Name: \
    return visitor(static_cast<const struct Name&>(node));
    SALLYPORT_PYTHON_NODES(X)
#undef X
  }
  __builtin_unreachable();
}

}  // namespace sallyport::validators::python::ast
