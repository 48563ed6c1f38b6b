// Going through trees.
#include "validators/python/walk.hpp"

#include "tests/unit/validators/python/parser_support.hpp"

namespace sallyport::validators::python::test {
namespace {

struct Recorder {
  std::string events;
  std::size_t deepest = 0;
  bool enters_functions = true;

  bool enter(const ast::Node& node, std::size_t depth) {
    deepest = std::max(deepest, depth);
    if (const auto* const name = ast::as<ast::Name>(&node)) {
      events += name->id;
    }
    if (ast::as<ast::Call>(&node) != nullptr) {
      events += '(';
    }
    return enters_functions || ast::as<ast::FunctionDef>(&node) == nullptr;
  }
  void leave(const ast::Node& node, std::size_t /*depth*/) {
    if (ast::as<ast::Call>(&node) != nullptr) {
      events += ')';
    }
  }
};

struct Counter {
  std::size_t nodes = 0;
  std::size_t deepest = 0;
  void enter(const ast::Node& /*node*/, std::size_t depth) {
    ++nodes;
    deepest = std::max(deepest, depth);
  }
};

const ast::Module& module_of(const std::variant<Tree, SyntaxError>& result) {
  return std::get<Tree>(result).module();
}

TEST(Walk, GoesInOrderAndTellsBeginAndEnd) {
  const auto result = parse("a = b(c, d(e), *f, g=h)\ni if j else k", {});
  Recorder recorder;
  walk(module_of(result), recorder);
  EXPECT_EQ(recorder.events, "a(bc(de)fh)jik");
  EXPECT_EQ(recorder.deepest, 4U);
}

TEST(Walk, LeavesOutWhatIsNotEntered) {
  const auto result = parse("def f(): a\nb", {});
  Recorder recorder;
  recorder.enters_functions = false;
  walk(module_of(result), recorder);
  EXPECT_EQ(recorder.events, "b");
}

TEST(Walk, SeesEveryKindOfNode) {
  const auto result = parse(
      "@a\nasync def f(b: c = d, /, *e: g, h=i, **j) -> k:\n async for l in m: await n\n async with o as p: "
      "yield q\n yield from r\n"
      "class A[T: b, *U = c, **V](B, k=C):\n global a\n nonlocal b\n"
      "match a:\n case [1, *b, None] | {'a': c, **d} | E(f, g=h) as i if j: pass\n"
      "try: a\nexcept B as c: d\nelse: e\nfinally: f\n"
      "try: a\nexcept* B: c\n"
      "for a in b: break\nwhile a: continue\nif a: b\n"
      "with a as b: c\n"
      "del a; assert a, b; raise a from b; import a as b; from a import b; a += b; a: b = c; type X[T] = c; "
      "return a\n"
      "def f(): pass\n"
      "a = [b, *c], {d: e}, {f}, [g for h in i if j], {k for l in m}, {n: o for p in q}, (r for s in t)\n"
      "(lambda: a)(b, c=d).e[f:g:h]; a if b else c; not a or b + c < d; (x := -y); f'{a!r:b}'; t'{a:b}'",
      {});
  ASSERT_TRUE(std::holds_alternative<Tree>(result));
  struct Kinds {
    std::vector<bool> seen = std::vector<bool>(256);
    void enter(const ast::Node& node, std::size_t /*depth*/) {
      seen[static_cast<std::size_t>(node.kind)] = true;
    }
  } kinds;
  walk(module_of(result), kinds);
#define X(Kind) EXPECT_TRUE(kinds.seen[static_cast<std::size_t>(ast::NodeKind::Kind)]) << #Kind;
  SALLYPORT_PYTHON_NODES(X)
#undef X
}

TEST(Walk, DeepTrees) {
  constexpr std::size_t terms = 100'000;
  std::string sum = "a";
  for (std::size_t i = 0; i < terms; ++i) {
    sum += "+a";
  }
  const auto result = parse(sum, {});
  Counter counter;
  walk(module_of(result), counter);
  EXPECT_EQ(counter.nodes, 2 * terms + 3);
  EXPECT_EQ(counter.deepest, terms + 2);
}

TEST(Walk, ChildrenOfOneNode) {
  const auto result = parse("a; b; c", {});
  int children = 0;
  for_each_child(module_of(result), [&children](const ast::Node& node) {
    EXPECT_EQ(node.kind, ast::NodeKind::ExprStmt);
    ++children;
  });
  EXPECT_EQ(children, 3);
}

}  // namespace
}  // namespace sallyport::validators::python::test
