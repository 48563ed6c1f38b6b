// What CPython's compiler refuses of programs that its parser takes, by version. The expectations are
// CPython's own answers.
#include "validators/python/compile_checks.hpp"

#include "validators/python/parser.hpp"

#include <gtest/gtest.h>

#include <string>
#include <variant>
#include <vector>

namespace sallyport::validators::python {
namespace {

struct Row {
  std::string source;
  Version first;
  Version last;
  std::string message;  // empty: accepted
  std::uint32_t line;
  std::uint32_t offset;
};

struct Outcome {
  bool parsed = false;
  SyntaxError error;
  std::vector<SyntaxWarning> warnings;
};

Outcome outcome_of(const std::string& source, Version version) {
  Outcome outcome;
  const auto parsed = parse(source + "\n", {version, SourceKind::text});
  if (const auto* error = std::get_if<SyntaxError>(&parsed)) {
    outcome.error = *error;
    return outcome;
  }
  outcome.parsed = true;
  const auto& tree = std::get<Tree>(parsed);
  const auto error = compile_checks(tree.module(), version, outcome.warnings);
  if (error) {
    outcome.error = *error;
  }
  return outcome;
}

void check(const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    for (auto number = static_cast<int>(row.first); number <= static_cast<int>(row.last); ++number) {
      const auto version = static_cast<Version>(number);
      SCOPED_TRACE(std::string(to_string(version)) + ": " + row.source);
      const Outcome outcome = outcome_of(row.source, version);
      EXPECT_TRUE(outcome.parsed) << outcome.error.message;
      EXPECT_EQ(outcome.error.message, row.message);
      EXPECT_EQ(outcome.error.line, row.line);
      EXPECT_EQ(outcome.error.offset, row.offset);
    }
  }
}

std::string repeated(const std::string& piece, int count, const std::string& between) {
  std::string text = piece;
  for (int i = 1; i < count; ++i) {
    text += between + piece;
  }
  return text;
}

std::string with_items(int count) {
  return "with " + repeated("a", count, ", ") + ": pass";
}

std::string targets_before_star(int count) {
  std::string text;
  for (int i = 0; i < count; ++i) {
    text += "a" + std::to_string(i) + ", ";
  }
  return text + "*b = c";
}

// Twenty names, then the eighth again.
std::string many_keywords() {
  std::string text = "f(";
  for (int i = 0; i < 20; ++i) {
    text += "a" + std::to_string(i) + "=" + std::to_string(i) + ", ";
  }
  return text + "a7=1)";
}

// clang-format off
TEST(CompileChecksTest, Functions) {
  check({
    {"return", Version::v3_9, Version::v3_14, "'return' outside function", 1, 1},
    {"class A:\n  return 1", Version::v3_9, Version::v3_14, "'return' outside function", 2, 3},
    {"if 0:\n  return", Version::v3_9, Version::v3_14, "'return' outside function", 2, 3},
    {"while 0:\n  return", Version::v3_9, Version::v3_14, "'return' outside function", 2, 3},
    {"yield", Version::v3_9, Version::v3_14, "'yield' outside function", 1, 1},
    {"class A:\n  yield 1", Version::v3_9, Version::v3_14, "'yield' outside function", 2, 3},
    {"yield from x", Version::v3_9, Version::v3_12, "'yield' outside function", 1, 1},
    {"yield from x", Version::v3_13, Version::v3_14, "'yield from' outside function", 1, 1},
    {"x = yield", Version::v3_9, Version::v3_14, "'yield' outside function", 1, 5},
    {"f\"{(yield)}\"", Version::v3_9, Version::v3_14, "'yield' outside function", 1, 5},
    {"async def f():\n  yield from x", Version::v3_9, Version::v3_14, "'yield from' inside async function", 2, 3},
    {"async def f():\n  yield 1\n  return 2", Version::v3_9, Version::v3_14, "'return' with value in async generator", 3, 3},
    {"async def f():\n  return 2\n  yield 1", Version::v3_9, Version::v3_14, "'return' with value in async generator", 2, 3},
    {"async def f():\n  return\n  yield", Version::v3_9, Version::v3_14, "", 0, 0},
    {"def f():\n  return 1\n  yield\n  await x", Version::v3_9, Version::v3_13, "'return' with value in async generator", 2, 3},
    {"def f():\n  return 1\n  yield\n  await x", Version::v3_14, Version::v3_14, "'await' outside async function", 4, 3},
  });
}

TEST(CompileChecksTest, Await) {
  check({
    {"await x", Version::v3_9, Version::v3_14, "'await' outside function", 1, 1},
    {"class A:\n  await x", Version::v3_9, Version::v3_14, "'await' outside function", 2, 3},
    {"def f():\n  await x", Version::v3_9, Version::v3_14, "'await' outside async function", 2, 3},
    {"async def f():\n  lambda: await x", Version::v3_9, Version::v3_14, "'await' outside async function", 2, 11},
    {"await (await x)", Version::v3_9, Version::v3_14, "'await' outside function", 1, 1},
    {"async for x in y: pass", Version::v3_9, Version::v3_14, "'async for' outside async function", 1, 1},
    {"async with x: pass", Version::v3_9, Version::v3_14, "'async with' outside async function", 1, 1},
    {"def f():\n  async for x in y: pass", Version::v3_9, Version::v3_14, "'async for' outside async function", 2, 3},
    {"def f():\n  async with x: pass", Version::v3_9, Version::v3_14, "'async with' outside async function", 2, 3},
    {"async with x: pass\n[(yield) for a in b]", Version::v3_9, Version::v3_9, "'yield' inside list comprehension", 2, 1},
    {"async with x: pass\n[(yield) for a in b]", Version::v3_10, Version::v3_13, "'yield' inside list comprehension", 2, 3},
    {"async with x: pass\n[(yield) for a in b]", Version::v3_14, Version::v3_14, "'async with' outside async function", 1, 1},
    {"[await x for x in y]", Version::v3_9, Version::v3_9, "asynchronous comprehension outside of an asynchronous function", 0, 1},
    {"[await x for x in y]", Version::v3_10, Version::v3_14, "asynchronous comprehension outside of an asynchronous function", 1, 1},
    {"(await x for x in y)", Version::v3_9, Version::v3_14, "", 0, 0},
    {"[x async for x in y]", Version::v3_9, Version::v3_9, "asynchronous comprehension outside of an asynchronous function", 0, 1},
    {"[x async for x in y]", Version::v3_10, Version::v3_14, "asynchronous comprehension outside of an asynchronous function", 1, 1},
    {"def f(): return {x async for x in y}", Version::v3_9, Version::v3_9, "asynchronous comprehension outside of an asynchronous function", 0, 1},
    {"def f(): return {x async for x in y}", Version::v3_10, Version::v3_14, "asynchronous comprehension outside of an asynchronous function", 1, 17},
    {"def f(): return {x: 1 async for x in y}", Version::v3_9, Version::v3_9, "asynchronous comprehension outside of an asynchronous function", 0, 1},
    {"def f(): return {x: 1 async for x in y}", Version::v3_10, Version::v3_14, "asynchronous comprehension outside of an asynchronous function", 1, 17},
    {"async def f(): return [x async for x in y]", Version::v3_9, Version::v3_14, "", 0, 0},
    {"async def f(): return [[x async for x in y] for z in w]", Version::v3_9, Version::v3_9, "asynchronous comprehension outside of an asynchronous function", 0, 1},
    {"async def f(): return [[x async for x in y] for z in w]", Version::v3_10, Version::v3_10, "asynchronous comprehension outside of an asynchronous function", 1, 24},
    {"async def f(): return [[x async for x in y] for z in w]", Version::v3_11, Version::v3_14, "", 0, 0},
    {"def f(): return [[x async for x in y] for z in w]", Version::v3_9, Version::v3_9, "asynchronous comprehension outside of an asynchronous function", 0, 1},
    {"def f(): return [[x async for x in y] for z in w]", Version::v3_10, Version::v3_10, "asynchronous comprehension outside of an asynchronous function", 1, 18},
    {"def f(): return [[x async for x in y] for z in w]", Version::v3_11, Version::v3_14, "asynchronous comprehension outside of an asynchronous function", 1, 17},
    {"def f(): return ([x async for x in y] for z in w)", Version::v3_9, Version::v3_9, "asynchronous comprehension outside of an asynchronous function", 0, 1},
    {"def f(): return ([x async for x in y] for z in w)", Version::v3_10, Version::v3_10, "asynchronous comprehension outside of an asynchronous function", 1, 18},
    {"def f(): return ([x async for x in y] for z in w)", Version::v3_11, Version::v3_14, "", 0, 0},
    {"async def f():\n  lambda: [x async for x in y]", Version::v3_9, Version::v3_9, "asynchronous comprehension outside of an asynchronous function", 0, 1},
    {"async def f():\n  lambda: [x async for x in y]", Version::v3_10, Version::v3_14, "asynchronous comprehension outside of an asynchronous function", 2, 11},
    {"async def f():\n  class A: [x async for x in y]", Version::v3_9, Version::v3_9, "asynchronous comprehension outside of an asynchronous function", 0, 1},
    {"async def f():\n  class A: [x async for x in y]", Version::v3_10, Version::v3_14, "asynchronous comprehension outside of an asynchronous function", 2, 12},
    {"[await x for x in (await y)]", Version::v3_9, Version::v3_10, "'await' outside function", 1, 20},
    {"[await x for x in (await y)]", Version::v3_11, Version::v3_11, "asynchronous comprehension outside of an asynchronous function", 1, 1},
    {"[await x for x in (await y)]", Version::v3_12, Version::v3_14, "'await' outside function", 1, 20},
    {"def f():\n  x: [await z for z in y]", Version::v3_9, Version::v3_13, "", 0, 0},
    {"def f():\n  x: [await z for z in y]", Version::v3_14, Version::v3_14, "asynchronous comprehension outside of an asynchronous function", 2, 6},
    {"(x): {y async for y in x}", Version::v3_9, Version::v3_9, "asynchronous comprehension outside of an asynchronous function", 0, 1},
    {"(x): {y async for y in x}", Version::v3_10, Version::v3_14, "asynchronous comprehension outside of an asynchronous function", 1, 6},
    {"async def g():\n  def f(x: {y async for y in x}): pass", Version::v3_9, Version::v3_13, "", 0, 0},
    {"async def g():\n  def f(x: {y async for y in x}): pass", Version::v3_14, Version::v3_14, "asynchronous comprehension outside of an asynchronous function", 2, 12},
  });
}

TEST(CompileChecksTest, Loops) {
  check({
    {"break", Version::v3_9, Version::v3_14, "'break' outside loop", 1, 1},
    {"continue", Version::v3_9, Version::v3_14, "'continue' not properly in loop", 1, 1},
    {"if x:\n  break", Version::v3_9, Version::v3_14, "'break' outside loop", 2, 3},
    {"for x in y:\n  def f():\n    break", Version::v3_9, Version::v3_14, "'break' outside loop", 3, 5},
    {"for x in y:\n  class A:\n    continue", Version::v3_9, Version::v3_14, "'continue' not properly in loop", 3, 5},
    {"for x in y: pass\nelse:\n  break", Version::v3_9, Version::v3_14, "'break' outside loop", 3, 3},
    {"while 1:\n  try: pass\n  finally: continue", Version::v3_9, Version::v3_14, "", 0, 0},
    {"while 1:\n  with a: break", Version::v3_9, Version::v3_14, "", 0, 0},
    {"while 1:\n  try: pass\n  except* E: break", Version::v3_11, Version::v3_14, "'break', 'continue' and 'return' cannot appear in an except* block", 3, 14},
    {"while 1:\n  try: pass\n  except* E: continue", Version::v3_11, Version::v3_14, "'break', 'continue' and 'return' cannot appear in an except* block", 3, 14},
    {"def f():\n  try: pass\n  except* E: return", Version::v3_11, Version::v3_14, "'break', 'continue' and 'return' cannot appear in an except* block", 3, 14},
    {"try: pass\nexcept* E:\n  for x in y: break", Version::v3_11, Version::v3_14, "", 0, 0},
    {"try: pass\nexcept: pass\nexcept E: pass", Version::v3_9, Version::v3_9, "default 'except:' must be last", 1, 6},
    {"try: pass\nexcept: pass\nexcept E: pass", Version::v3_10, Version::v3_14, "default 'except:' must be last", 2, 1},
    {"try: x\nexcept A: y\nexcept: pass\nexcept E: pass", Version::v3_9, Version::v3_9, "default 'except:' must be last", 2, 11},
    {"try: x\nexcept A: y\nexcept: pass\nexcept E: pass", Version::v3_10, Version::v3_14, "default 'except:' must be last", 3, 1},
    {"try: x\nexcept A:\n  return\nelse:\n  return", Version::v3_9, Version::v3_10, "'return' outside function", 3, 3},
    {"try: x\nexcept A:\n  return\nelse:\n  return", Version::v3_11, Version::v3_14, "'return' outside function", 5, 3},
    {"try: x\nexcept* A:\n  return\nelse:\n  return", Version::v3_11, Version::v3_14, "'return' outside function", 3, 3},
  });
}

TEST(CompileChecksTest, Arguments) {
  check({
    {"def f(a, a): pass", Version::v3_9, Version::v3_9, "duplicate argument 'a' in function definition", 1, 1},
    {"def f(a, a): pass", Version::v3_10, Version::v3_14, "duplicate argument 'a' in function definition", 1, 10},
    {"def f(a, *, a): pass", Version::v3_9, Version::v3_9, "duplicate argument 'a' in function definition", 1, 1},
    {"def f(a, *, a): pass", Version::v3_10, Version::v3_14, "duplicate argument 'a' in function definition", 1, 13},
    {"def f(a, *a): pass", Version::v3_9, Version::v3_9, "duplicate argument 'a' in function definition", 1, 1},
    {"def f(a, *a): pass", Version::v3_10, Version::v3_14, "duplicate argument 'a' in function definition", 1, 11},
    {"def f(a, **a): pass", Version::v3_9, Version::v3_9, "duplicate argument 'a' in function definition", 1, 1},
    {"def f(a, **a): pass", Version::v3_10, Version::v3_14, "duplicate argument 'a' in function definition", 1, 12},
    {"def f(a, /, a): pass", Version::v3_9, Version::v3_9, "duplicate argument 'a' in function definition", 1, 1},
    {"def f(a, /, a): pass", Version::v3_10, Version::v3_14, "duplicate argument 'a' in function definition", 1, 13},
    {"lambda a, a: 1", Version::v3_9, Version::v3_9, "duplicate argument 'a' in function definition", 1, 1},
    {"lambda a, a: 1", Version::v3_10, Version::v3_14, "duplicate argument 'a' in function definition", 1, 11},
    {"class A:\n  def f(__a, __a): pass", Version::v3_9, Version::v3_9, "duplicate argument '__a' in function definition", 2, 3},
    {"class A:\n  def f(__a, __a): pass", Version::v3_10, Version::v3_14, "duplicate argument '__a' in function definition", 2, 14},
    {"class A:\n  def f(__a, _A__a): pass", Version::v3_9, Version::v3_9, "duplicate argument '_A__a' in function definition", 2, 3},
    {"class A:\n  def f(__a, _A__a): pass", Version::v3_10, Version::v3_14, "duplicate argument '_A__a' in function definition", 2, 14},
    {"f(a=1, a=2)", Version::v3_9, Version::v3_14, "keyword argument repeated: a", 1, 8},
    {"f(b, c=1,\n  c=2)", Version::v3_9, Version::v3_9, "keyword argument repeated: c", 1, 3},
    {"f(b, c=1,\n  c=2)", Version::v3_10, Version::v3_14, "keyword argument repeated: c", 2, 3},
    {"class A(a=1, a=2): pass", Version::v3_9, Version::v3_14, "keyword argument repeated: a", 1, 14},
    {"f(a=1, a=2)(b=1, b=2)", Version::v3_9, Version::v3_10, "keyword argument repeated: a", 1, 8},
    {"f(a=1, a=2)(b=1, b=2)", Version::v3_11, Version::v3_14, "keyword argument repeated: b", 1, 18},
    {"f(a=1, **k, a=2)", Version::v3_9, Version::v3_14, "keyword argument repeated: a", 1, 13},
    {many_keywords(), Version::v3_9, Version::v3_14, "keyword argument repeated: a7", 1, 143},
  });
}

TEST(CompileChecksTest, Globals) {
  check({
    {"def f(x):\n  global x", Version::v3_9, Version::v3_14, "name 'x' is parameter and global", 2, 3},
    {"x = 1\nglobal x", Version::v3_9, Version::v3_14, "name 'x' is assigned to before global declaration", 2, 1},
    {"def f():\n  print(x)\n  global x", Version::v3_9, Version::v3_14, "name 'x' is used prior to global declaration", 3, 3},
    {"class A:\n  def f():\n    global elifa\n    nonlocal __a", Version::v3_9, Version::v3_14, "no binding for nonlocal '_A__a' found", 4, 5},
    {"def f():\n  x: int\n  global x", Version::v3_9, Version::v3_14, "annotated name 'x' can't be global", 3, 3},
    {"def f():\n  global x\n  x: int", Version::v3_9, Version::v3_14, "annotated name 'x' can't be global", 3, 3},
    {"global x\nx: int", Version::v3_9, Version::v3_14, "", 0, 0},
    {"def f():\n  import x\n  global x", Version::v3_9, Version::v3_14, "", 0, 0},
    {"def f():\n  for x in y: pass\n  global z, x", Version::v3_9, Version::v3_14, "name 'x' is assigned to before global declaration", 3, 3},
    {"def f():\n  def x(): pass\n  global x", Version::v3_9, Version::v3_14, "name 'x' is assigned to before global declaration", 3, 3},
    {"def f():\n  [x for x in y]\n  global x", Version::v3_9, Version::v3_14, "", 0, 0},
    {"class A:\n  x\n  global x", Version::v3_9, Version::v3_14, "name 'x' is used prior to global declaration", 3, 3},
    {"class A:\n  def f():\n    __a = 1\n    global __a", Version::v3_9, Version::v3_14, "name '__a' is assigned to before global declaration", 4, 5},
    {"def f():\n  global x\n  nonlocal x", Version::v3_9, Version::v3_14, "name 'x' is nonlocal and global", 2, 3},
    {"class A:\n  def f():\n    global _A__a\n    nonlocal __a", Version::v3_9, Version::v3_14, "name '_A__a' is nonlocal and global", 3, 5},
    {"x = __debug__\nglobal __debug__", Version::v3_9, Version::v3_14, "", 0, 0},
    {"if x:\n  y = 1\nglobal y", Version::v3_9, Version::v3_14, "name 'y' is assigned to before global declaration", 3, 1},
    {"def f():\n  try: pass\n  except E as x: pass\n  global x", Version::v3_9, Version::v3_14, "name 'x' is assigned to before global declaration", 4, 3},
  });
}

TEST(CompileChecksTest, Nonlocals) {
  check({
    {"nonlocal x", Version::v3_9, Version::v3_14, "nonlocal declaration not allowed at module level", 1, 1},
    {"class A:\n  nonlocal x", Version::v3_9, Version::v3_14, "no binding for nonlocal 'x' found", 2, 3},
    {"def f():\n  nonlocal x", Version::v3_9, Version::v3_14, "no binding for nonlocal 'x' found", 2, 3},
    {"def f(x):\n  nonlocal x", Version::v3_9, Version::v3_14, "name 'x' is parameter and nonlocal", 2, 3},
    {"x = 1\ndef f():\n  nonlocal x", Version::v3_9, Version::v3_14, "no binding for nonlocal 'x' found", 3, 3},
    {"class A:\n  x = 1\n  def f(self):\n    nonlocal x", Version::v3_9, Version::v3_14, "no binding for nonlocal 'x' found", 4, 5},
    {"class A:\n  def f(self):\n    nonlocal __class__", Version::v3_9, Version::v3_14, "", 0, 0},
    {"def f():\n  x = 1\n  def g():\n    nonlocal x", Version::v3_9, Version::v3_14, "", 0, 0},
    {"def f():\n  global x\n  x = 1\n  def g():\n    nonlocal x", Version::v3_9, Version::v3_14, "no binding for nonlocal 'x' found", 5, 5},
    {"def f():\n  x = 1\n  def g():\n    x\n    nonlocal x", Version::v3_9, Version::v3_14, "name 'x' is used prior to nonlocal declaration", 5, 5},
    {"def f():\n  x = 1\n  def g():\n    x = 2\n    nonlocal x", Version::v3_9, Version::v3_14, "name 'x' is assigned to before nonlocal declaration", 5, 5},
    {"def f():\n  x = 1\n  def g():\n    x: int\n    nonlocal x", Version::v3_9, Version::v3_14, "annotated name 'x' can't be nonlocal", 5, 5},
    {"def f():\n  x = 1\n  def g():\n    nonlocal x\n    x: int", Version::v3_9, Version::v3_14, "annotated name 'x' can't be nonlocal", 5, 5},
    {"def f[T]():\n  nonlocal T", Version::v3_12, Version::v3_14, "nonlocal binding not allowed for type parameter 'T'", 2, 3},
    {"def f():\n  def g():\n    def h():\n      nonlocal x\n    x = 1", Version::v3_9, Version::v3_14, "", 0, 0},
  });
}

TEST(CompileChecksTest, NamedExpressions) {
  check({
    {"[x := 1 for x in y]", Version::v3_9, Version::v3_9, "assignment expression cannot rebind comprehension iteration variable 'x'", 1, 1},
    {"[x := 1 for x in y]", Version::v3_10, Version::v3_14, "assignment expression cannot rebind comprehension iteration variable 'x'", 1, 2},
    {"[(y := x) for x in z]", Version::v3_9, Version::v3_14, "", 0, 0},
    {"[x for x in (y := z)]", Version::v3_9, Version::v3_9, "assignment expression cannot be used in a comprehension iterable expression", 1, 13},
    {"[x for x in (y := z)]", Version::v3_10, Version::v3_14, "assignment expression cannot be used in a comprehension iterable expression", 1, 14},
    {"[x for x in y for z in (w := x)]", Version::v3_9, Version::v3_9, "assignment expression cannot be used in a comprehension iterable expression", 1, 24},
    {"[x for x in y for z in (w := x)]", Version::v3_10, Version::v3_14, "assignment expression cannot be used in a comprehension iterable expression", 1, 25},
    {"[x for x in [lambda: (y := 1)]]", Version::v3_9, Version::v3_9, "assignment expression cannot be used in a comprehension iterable expression", 1, 22},
    {"[x for x in [lambda: (y := 1)]]", Version::v3_10, Version::v3_14, "assignment expression cannot be used in a comprehension iterable expression", 1, 23},
    {"[[(j := 0) for i in z] for j in z]", Version::v3_9, Version::v3_9, "assignment expression cannot rebind comprehension iteration variable 'j'", 1, 3},
    {"[[(j := 0) for i in z] for j in z]", Version::v3_10, Version::v3_14, "assignment expression cannot rebind comprehension iteration variable 'j'", 1, 4},
    {"[(j := 0) for i in z for j in z]", Version::v3_9, Version::v3_9, "assignment expression cannot rebind comprehension iteration variable 'j'", 1, 2},
    {"[(j := 0) for i in z for j in z]", Version::v3_10, Version::v3_14, "assignment expression cannot rebind comprehension iteration variable 'j'", 1, 3},
    {"class A:\n  [y := x for x in z]", Version::v3_9, Version::v3_9, "assignment expression within a comprehension cannot be used in a class body", 2, 3},
    {"class A:\n  [y := x for x in z]", Version::v3_10, Version::v3_14, "assignment expression within a comprehension cannot be used in a class body", 2, 4},
    {"class A:\n  (y := 1)", Version::v3_9, Version::v3_14, "", 0, 0},
    {"((g := 1) for a, (b, c[f(g)]) in j)", Version::v3_9, Version::v3_9, "assignment expression cannot rebind comprehension iteration variable 'g'", 1, 2},
    {"((g := 1) for a, (b, c[f(g)]) in j)", Version::v3_10, Version::v3_11, "assignment expression cannot rebind comprehension iteration variable 'g'", 1, 3},
    {"((g := 1) for a, (b, c[f(g)]) in j)", Version::v3_12, Version::v3_14, "", 0, 0},
    {"def f(a=[y := x for x in z]): pass", Version::v3_9, Version::v3_14, "", 0, 0},
    {"def f(a: [y := x for x in z]): pass", Version::v3_9, Version::v3_14, "", 0, 0},
    {"type X = [y := x for x in z]", Version::v3_12, Version::v3_14, "assignment expression within a comprehension cannot be used in a type alias", 1, 11},
    {"class A[T: [y := x for x in z]]: pass", Version::v3_12, Version::v3_14, "assignment expression within a comprehension cannot be used in a TypeVar bound", 1, 13},
    {"class A[T]([y := x for x in z]): pass", Version::v3_12, Version::v3_14, "assignment expression within a comprehension cannot be used within the definition of a generic", 1, 13},
  });
}

TEST(CompileChecksTest, Yields) {
  check({
    {"def f(): return [(yield x) for x in y]", Version::v3_9, Version::v3_9, "'yield' inside list comprehension", 1, 17},
    {"def f(): return [(yield x) for x in y]", Version::v3_10, Version::v3_14, "'yield' inside list comprehension", 1, 19},
    {"def f(): return {(yield x) for x in y}", Version::v3_9, Version::v3_9, "'yield' inside set comprehension", 1, 17},
    {"def f(): return {(yield x) for x in y}", Version::v3_10, Version::v3_14, "'yield' inside set comprehension", 1, 19},
    {"def f(): return {(yield x): 1 for x in y}", Version::v3_9, Version::v3_9, "'yield' inside dict comprehension", 1, 17},
    {"def f(): return {(yield x): 1 for x in y}", Version::v3_10, Version::v3_14, "'yield' inside dict comprehension", 1, 19},
    {"def f(): return ((yield x) for x in y)", Version::v3_9, Version::v3_9, "'yield' inside generator expression", 1, 17},
    {"def f(): return ((yield x) for x in y)", Version::v3_10, Version::v3_14, "'yield' inside generator expression", 1, 19},
    {"def f(): return [x for x in (yield y)]", Version::v3_9, Version::v3_14, "", 0, 0},
    {"def f(): return [(yield from x) for x in y]", Version::v3_9, Version::v3_9, "'yield' inside list comprehension", 1, 17},
    {"def f(): return [(yield from x) for x in y]", Version::v3_10, Version::v3_14, "'yield' inside list comprehension", 1, 19},
  });
}

TEST(CompileChecksTest, Annotations) {
  check({
    {"x: (yield) = 1", Version::v3_9, Version::v3_13, "'yield' outside function", 1, 5},
    {"x: (yield) = 1", Version::v3_14, Version::v3_14, "yield expression cannot be used within an annotation", 1, 5},
    {"def f():\n  x: (yield) = 1", Version::v3_9, Version::v3_13, "", 0, 0},
    {"def f():\n  x: (yield) = 1", Version::v3_14, Version::v3_14, "yield expression cannot be used within an annotation", 2, 7},
    {"def f(a: (yield)): pass", Version::v3_9, Version::v3_13, "'yield' outside function", 1, 11},
    {"def f(a: (yield)): pass", Version::v3_14, Version::v3_14, "yield expression cannot be used within an annotation", 1, 11},
    {"def f() -> (yield): pass", Version::v3_9, Version::v3_13, "'yield' outside function", 1, 13},
    {"def f() -> (yield): pass", Version::v3_14, Version::v3_14, "yield expression cannot be used within an annotation", 1, 13},
    {"x: (await y)", Version::v3_9, Version::v3_13, "'await' outside function", 1, 5},
    {"x: (await y)", Version::v3_14, Version::v3_14, "await expression cannot be used within an annotation", 1, 5},
    {"x: (y := 1)", Version::v3_9, Version::v3_13, "", 0, 0},
    {"x: (y := 1)", Version::v3_14, Version::v3_14, "named expression cannot be used within an annotation", 1, 5},
    {"from __future__ import annotations\nx: (yield)", Version::v3_9, Version::v3_9, "", 0, 0},
    {"from __future__ import annotations\nx: (yield)", Version::v3_10, Version::v3_11, "'yield expression' can not be used within an annotation", 2, 5},
    {"from __future__ import annotations\nx: (yield)", Version::v3_12, Version::v3_14, "yield expression cannot be used within an annotation", 2, 5},
    {"from __future__ import annotations\ndef f(a: (await x)) -> (y := 1): pass", Version::v3_9, Version::v3_9, "", 0, 0},
    {"from __future__ import annotations\ndef f(a: (await x)) -> (y := 1): pass", Version::v3_10, Version::v3_11, "'await expression' can not be used within an annotation", 2, 11},
    {"from __future__ import annotations\ndef f(a: (await x)) -> (y := 1): pass", Version::v3_12, Version::v3_14, "await expression cannot be used within an annotation", 2, 11},
    {"from __future__ import annotations\ndef f():\n  x: (y := 1)", Version::v3_9, Version::v3_9, "", 0, 0},
    {"from __future__ import annotations\ndef f():\n  x: (y := 1)", Version::v3_10, Version::v3_11, "'named expression' can not be used within an annotation", 3, 7},
    {"from __future__ import annotations\ndef f():\n  x: (y := 1)", Version::v3_12, Version::v3_14, "named expression cannot be used within an annotation", 3, 7},
    {"x: f(a=1, a=2)\nreturn", Version::v3_9, Version::v3_13, "keyword argument repeated: a", 1, 11},
    {"x: f(a=1, a=2)\nreturn", Version::v3_14, Version::v3_14, "'return' outside function", 2, 1},
    {"(x): f(a=1, a=2)", Version::v3_9, Version::v3_13, "keyword argument repeated: a", 1, 13},
    {"(x): f(a=1, a=2)", Version::v3_14, Version::v3_14, "", 0, 0},
  });
}

TEST(CompileChecksTest, TypeParameters) {
  check({
    {"class A[T, T]: pass", Version::v3_12, Version::v3_14, "duplicate type parameter 'T'", 1, 12},
    {"def f[T, *T](): pass", Version::v3_12, Version::v3_14, "duplicate type parameter 'T'", 1, 10},
    {"type X[T, **T] = 1", Version::v3_12, Version::v3_14, "duplicate type parameter 'T'", 1, 11},
    {"def f[T: (yield)](): pass", Version::v3_12, Version::v3_14, "yield expression cannot be used within a TypeVar bound", 1, 11},
    {"def f[T: (await x)](): pass", Version::v3_12, Version::v3_14, "await expression cannot be used within a TypeVar bound", 1, 11},
    {"def f[T: ((yield), 1)](): pass", Version::v3_12, Version::v3_12, "yield expression cannot be used within a TypeVar bound", 1, 12},
    {"def f[T: ((yield), 1)](): pass", Version::v3_13, Version::v3_14, "yield expression cannot be used within a TypeVar constraint", 1, 12},
    {"def f[T](a=(yield)): pass", Version::v3_12, Version::v3_14, "'yield' outside function", 1, 13},
    {"class A[T]((x := 1)): pass", Version::v3_12, Version::v3_14, "named expression cannot be used within the definition of a generic", 1, 13},
    {"def f[T]() -> (x := 1): pass", Version::v3_12, Version::v3_13, "named expression cannot be used within the definition of a generic", 1, 16},
    {"def f[T]() -> (x := 1): pass", Version::v3_14, Version::v3_14, "named expression cannot be used within an annotation", 1, 16},
    {"type X = (yield)", Version::v3_12, Version::v3_14, "yield expression cannot be used within a type alias", 1, 11},
    {"type X = (x := 1)", Version::v3_12, Version::v3_14, "named expression cannot be used within a type alias", 1, 11},
    {"type X[T = (yield)] = 1", Version::v3_13, Version::v3_14, "yield expression cannot be used within a TypeVar default", 1, 13},
    {"type X[*T = (yield)] = 1", Version::v3_13, Version::v3_14, "yield expression cannot be used within a TypeVarTuple default", 1, 14},
    {"type X[**T = (yield)] = 1", Version::v3_13, Version::v3_14, "yield expression cannot be used within a ParamSpec default", 1, 15},
    {"class A[T = int, U]: pass", Version::v3_13, Version::v3_14, "non-default type parameter 'U' follows default type parameter", 1, 18},
    {"def f[*T = x, **P](): pass", Version::v3_13, Version::v3_14, "non-default type parameter 'P' follows default type parameter", 1, 15},
    {"class A:\n  type X = [x for x in y]", Version::v3_12, Version::v3_12, "Cannot use comprehension in annotation scope within class scope", 2, 12},
    {"class A:\n  type X = [x for x in y]", Version::v3_13, Version::v3_14, "", 0, 0},
    {"class A:\n  type X = lambda: 1", Version::v3_12, Version::v3_12, "Cannot use lambda in annotation scope within class scope", 2, 12},
    {"class A:\n  type X = lambda: 1", Version::v3_13, Version::v3_14, "", 0, 0},
  });
}

TEST(CompileChecksTest, Future) {
  check({
    {"from __future__ import braces", Version::v3_9, Version::v3_12, "not a chance", 1, 1},
    {"from __future__ import braces", Version::v3_14, Version::v3_14, "not a chance", 1, 24},
    {"from __future__ import nope, division", Version::v3_9, Version::v3_12, "future feature nope is not defined", 1, 1},
    {"from __future__ import nope, division", Version::v3_14, Version::v3_14, "future feature nope is not defined", 1, 24},
    {"from __future__ import *", Version::v3_9, Version::v3_12, "future feature * is not defined", 1, 1},
    {"from __future__ import *", Version::v3_14, Version::v3_14, "future feature * is not defined", 1, 24},
    {"x = 1\nfrom __future__ import division", Version::v3_9, Version::v3_14, "from __future__ imports must occur at the beginning of the file", 2, 1},
    {"x = 1; from __future__ import division", Version::v3_9, Version::v3_11, "from __future__ imports must occur at the beginning of the file", 1, 7},
    {"x = 1; from __future__ import division", Version::v3_12, Version::v3_14, "from __future__ imports must occur at the beginning of the file", 1, 8},
    {"\"doc\"\nfrom __future__ import division", Version::v3_9, Version::v3_14, "", 0, 0},
    {"\"doc\"\n\"doc\"\nfrom __future__ import division", Version::v3_9, Version::v3_14, "from __future__ imports must occur at the beginning of the file", 3, 1},
    {"b\"doc\"\nfrom __future__ import division", Version::v3_9, Version::v3_14, "from __future__ imports must occur at the beginning of the file", 2, 1},
    {"def f():\n  from __future__ import division", Version::v3_9, Version::v3_14, "from __future__ imports must occur at the beginning of the file", 2, 3},
    {"from __future__ import division, annotations as a\nfrom __future__ import generators", Version::v3_9, Version::v3_14, "", 0, 0},
    {"from .__future__ import division", Version::v3_9, Version::v3_14, "", 0, 0},
    {"def f():\n  from x import *", Version::v3_9, Version::v3_9, "import * only allowed at module level", 1, 1},
    {"def f():\n  from x import *", Version::v3_10, Version::v3_14, "import * only allowed at module level", 2, 17},
    {"class A:\n  from x import *", Version::v3_9, Version::v3_9, "import * only allowed at module level", 1, 1},
    {"class A:\n  from x import *", Version::v3_10, Version::v3_14, "import * only allowed at module level", 2, 17},
    {"if x:\n  from x import *", Version::v3_9, Version::v3_14, "", 0, 0},
  });
}

TEST(CompileChecksTest, Debug) {
  check({
    {"__debug__ = 1", Version::v3_9, Version::v3_14, "cannot assign to __debug__", 1, 1},
    {"__debug__ += 1", Version::v3_9, Version::v3_14, "cannot assign to __debug__", 1, 1},
    {"__debug__: int", Version::v3_9, Version::v3_14, "cannot assign to __debug__", 1, 1},
    {"(__debug__): int", Version::v3_9, Version::v3_13, "cannot assign to __debug__", 1, 1},
    {"(__debug__): int", Version::v3_14, Version::v3_14, "", 0, 0},
    {"x.__debug__ = 1", Version::v3_9, Version::v3_14, "cannot assign to __debug__", 1, 1},
    {"x.__debug__ += 1", Version::v3_9, Version::v3_13, "", 0, 0},
    {"x.__debug__ += 1", Version::v3_14, Version::v3_14, "cannot assign to __debug__", 1, 1},
    {"x.__debug__: int", Version::v3_9, Version::v3_14, "cannot assign to __debug__", 1, 1},
    {"x = y.__debug__", Version::v3_9, Version::v3_14, "", 0, 0},
    {"(x\n.__debug__) = 1", Version::v3_9, Version::v3_10, "cannot assign to __debug__", 1, 2},
    {"(x\n.__debug__) = 1", Version::v3_11, Version::v3_13, "cannot assign to __debug__", 2, 2},
    {"(x\n.__debug__) = 1", Version::v3_14, Version::v3_14, "cannot assign to __debug__", 1, 2},
    {"del __debug__", Version::v3_9, Version::v3_9, "", 0, 0},
    {"del __debug__", Version::v3_10, Version::v3_14, "cannot delete __debug__", 1, 5},
    {"del x.__debug__", Version::v3_9, Version::v3_13, "", 0, 0},
    {"del x.__debug__", Version::v3_14, Version::v3_14, "cannot delete __debug__", 1, 5},
    {"for __debug__ in x: pass", Version::v3_9, Version::v3_14, "cannot assign to __debug__", 1, 5},
    {"with a as __debug__: pass", Version::v3_9, Version::v3_14, "cannot assign to __debug__", 1, 11},
    {"(__debug__ := 1)", Version::v3_9, Version::v3_14, "cannot assign to __debug__", 1, 2},
    {"[x for __debug__ in y]", Version::v3_9, Version::v3_14, "cannot assign to __debug__", 1, 8},
    {"import __debug__", Version::v3_9, Version::v3_13, "cannot assign to __debug__", 1, 1},
    {"import __debug__", Version::v3_14, Version::v3_14, "cannot assign to __debug__", 1, 8},
    {"import a.b as __debug__", Version::v3_9, Version::v3_13, "cannot assign to __debug__", 1, 1},
    {"import a.b as __debug__", Version::v3_14, Version::v3_14, "cannot assign to __debug__", 1, 8},
    {"from x import __debug__", Version::v3_9, Version::v3_13, "cannot assign to __debug__", 1, 1},
    {"from x import __debug__", Version::v3_14, Version::v3_14, "cannot assign to __debug__", 1, 15},
    {"from x import __debug__ as y", Version::v3_9, Version::v3_14, "", 0, 0},
    {"def __debug__(): pass", Version::v3_9, Version::v3_14, "cannot assign to __debug__", 1, 1},
    {"class __debug__: pass", Version::v3_9, Version::v3_14, "cannot assign to __debug__", 1, 1},
    {"def f(__debug__): pass", Version::v3_9, Version::v3_11, "cannot assign to __debug__", 1, 1},
    {"def f(__debug__): pass", Version::v3_12, Version::v3_14, "cannot assign to __debug__", 1, 7},
    {"def f(*, __debug__=1): pass", Version::v3_9, Version::v3_11, "cannot assign to __debug__", 1, 1},
    {"def f(*, __debug__=1): pass", Version::v3_12, Version::v3_14, "cannot assign to __debug__", 1, 10},
    {"lambda __debug__: 1", Version::v3_9, Version::v3_11, "cannot assign to __debug__", 1, 1},
    {"lambda __debug__: 1", Version::v3_12, Version::v3_14, "cannot assign to __debug__", 1, 8},
    {"f(__debug__=1)", Version::v3_9, Version::v3_11, "cannot assign to __debug__", 1, 1},
    {"f(__debug__=1)", Version::v3_12, Version::v3_14, "cannot assign to __debug__", 1, 3},
    {"class A(__debug__=2): pass", Version::v3_9, Version::v3_11, "cannot assign to __debug__", 1, 1},
    {"class A(__debug__=2): pass", Version::v3_12, Version::v3_14, "cannot assign to __debug__", 1, 9},
    {"[a, *__debug__] = x", Version::v3_9, Version::v3_14, "cannot assign to __debug__", 1, 6},
    {"match x:\n  case __debug__: pass", Version::v3_10, Version::v3_14, "cannot assign to __debug__", 2, 8},
    {"match x:\n  case [*__debug__]: pass", Version::v3_10, Version::v3_14, "cannot assign to __debug__", 2, 9},
    {"match x:\n  case A(__debug__=1): pass", Version::v3_10, Version::v3_14, "cannot assign to __debug__", 2, 20},
    {"match x:\n  case {1: 2, **__debug__}: pass", Version::v3_10, Version::v3_11, "cannot assign to __debug__", 2, 12},
    {"match x:\n  case {1: 2, **__debug__}: pass", Version::v3_12, Version::v3_14, "cannot assign to __debug__", 2, 8},
    {"type __debug__ = 1", Version::v3_12, Version::v3_13, "cannot assign to __debug__", 1, 1},
    {"type __debug__ = 1", Version::v3_14, Version::v3_14, "cannot assign to __debug__", 1, 6},
    {"class A[__debug__]: pass", Version::v3_12, Version::v3_14, "cannot assign to __debug__", 1, 9},
    {"f(k=[(yield) for x in y], __debug__=1)", Version::v3_9, Version::v3_9, "'yield' inside list comprehension", 1, 5},
    {"f(k=[(yield) for x in y], __debug__=1)", Version::v3_10, Version::v3_13, "'yield' inside list comprehension", 1, 7},
    {"f(k=[(yield) for x in y], __debug__=1)", Version::v3_14, Version::v3_14, "cannot assign to __debug__", 1, 27},
  });
}

TEST(CompileChecksTest, Stars) {
  check({
    {"*a", Version::v3_9, Version::v3_14, "can't use starred expression here", 1, 1},
    {"*a,", Version::v3_9, Version::v3_14, "", 0, 0},
    {"x = *a", Version::v3_9, Version::v3_14, "can't use starred expression here", 1, 5},
    {"x = *a,", Version::v3_9, Version::v3_14, "", 0, 0},
    {"*a = b", Version::v3_9, Version::v3_14, "starred assignment target must be in a list or tuple", 1, 1},
    {"*a, = b", Version::v3_9, Version::v3_14, "", 0, 0},
    {"*a, *b = c", Version::v3_9, Version::v3_14, "multiple starred expressions in assignment", 1, 1},
    {"[*a, *b] = c", Version::v3_9, Version::v3_14, "multiple starred expressions in assignment", 1, 1},
    {"(a, [*b, *c]) = d", Version::v3_9, Version::v3_14, "multiple starred expressions in assignment", 1, 5},
    {"for *a in b: pass", Version::v3_9, Version::v3_14, "starred assignment target must be in a list or tuple", 1, 5},
    {"with a as *b: pass", Version::v3_9, Version::v3_14, "starred assignment target must be in a list or tuple", 1, 11},
    {"a += *b", Version::v3_9, Version::v3_14, "can't use starred expression here", 1, 6},
    {"a: b = *c", Version::v3_9, Version::v3_14, "can't use starred expression here", 1, 8},
    {"def f():\n  return *a", Version::v3_9, Version::v3_14, "can't use starred expression here", 2, 10},
    {"def f():\n  yield *a,", Version::v3_9, Version::v3_14, "", 0, 0},
    {"x[*a]", Version::v3_11, Version::v3_14, "", 0, 0},
    {targets_before_star(255), Version::v3_9, Version::v3_14, "", 0, 0},
    {targets_before_star(256), Version::v3_9, Version::v3_14, "too many expressions in star-unpacking assignment", 1, 1},
  });
}

TEST(CompileChecksTest, Patterns) {
  check({
    {"match x:\n  case a: pass\n  case _: pass", Version::v3_10, Version::v3_14, "name capture 'a' makes remaining patterns unreachable", 2, 8},
    {"match x:\n  case _: pass\n  case 1: pass", Version::v3_10, Version::v3_14, "wildcard makes remaining patterns unreachable", 2, 8},
    {"match x:\n  case a if b: pass\n  case 1: pass", Version::v3_10, Version::v3_14, "", 0, 0},
    {"match x:\n  case a | [b]: pass", Version::v3_10, Version::v3_14, "name capture 'a' makes remaining patterns unreachable", 2, 8},
    {"match x:\n  case _ | [b]: pass", Version::v3_10, Version::v3_14, "wildcard makes remaining patterns unreachable", 2, 8},
    {"match x:\n  case (a as b): pass\n  case 3: pass", Version::v3_10, Version::v3_14, "name capture 'a' makes remaining patterns unreachable", 2, 9},
    {"match x:\n  case [a] | [b]: pass", Version::v3_10, Version::v3_11, "alternative patterns bind different names", 2, 15},
    {"match x:\n  case [a] | [b]: pass", Version::v3_12, Version::v3_14, "alternative patterns bind different names", 2, 8},
    {"match x:\n  case [a] | [a, b]: pass", Version::v3_10, Version::v3_11, "alternative patterns bind different names", 2, 18},
    {"match x:\n  case [a] | [a, b]: pass", Version::v3_12, Version::v3_14, "alternative patterns bind different names", 2, 8},
    {"match x:\n  case [a, b] | [b, a]: pass", Version::v3_10, Version::v3_14, "", 0, 0},
    {"match x:\n  case [a, a]: pass", Version::v3_10, Version::v3_14, "multiple assignments to name 'a' in pattern", 2, 12},
    {"match x:\n  case [a, (b as a)]: pass", Version::v3_10, Version::v3_14, "multiple assignments to name 'a' in pattern", 2, 13},
    {"match x:\n  case {1: a, **a}: pass", Version::v3_10, Version::v3_11, "multiple assignments to name 'a' in pattern", 2, 12},
    {"match x:\n  case {1: a, **a}: pass", Version::v3_12, Version::v3_14, "multiple assignments to name 'a' in pattern", 2, 8},
    {"match x:\n  case A(a, b=[a]): pass", Version::v3_10, Version::v3_14, "multiple assignments to name 'a' in pattern", 2, 16},
    {"match x:\n  case [a, [a] | [a]]: pass", Version::v3_10, Version::v3_11, "multiple assignments to name 'a' in pattern", 2, 19},
    {"match x:\n  case [a, [a] | [a]]: pass", Version::v3_12, Version::v3_14, "multiple assignments to name 'a' in pattern", 2, 12},
    {"match x:\n  case [*a, b, *c]: pass", Version::v3_10, Version::v3_14, "multiple starred names in sequence pattern", 2, 8},
    {"match x:\n  case [*_, b, *_]: pass", Version::v3_10, Version::v3_14, "multiple starred names in sequence pattern", 2, 8},
    {"match x:\n  case {1: a, 1: b}: pass", Version::v3_10, Version::v3_14, "mapping pattern checks duplicate key (1)", 2, 8},
    {"match x:\n  case {1: a, True: b}: pass", Version::v3_10, Version::v3_14, "mapping pattern checks duplicate key (True)", 2, 8},
    {"match x:\n  case {-1: a, -1.0: b}: pass", Version::v3_10, Version::v3_14, "mapping pattern checks duplicate key (-1.0)", 2, 8},
    {"match x:\n  case {0x10: a, 16: b}: pass", Version::v3_10, Version::v3_14, "mapping pattern checks duplicate key (16)", 2, 8},
    {"match x:\n  case {1+2j: a, 1+2j: b}: pass", Version::v3_10, Version::v3_14, "mapping pattern checks duplicate key ((1+2j))", 2, 8},
    {"match x:\n  case {None: a, None: b}: pass", Version::v3_10, Version::v3_14, "mapping pattern checks duplicate key (None)", 2, 8},
    {"match x:\n  case {\"it's\": a, \"it's\": b}: pass", Version::v3_10, Version::v3_14, "mapping pattern checks duplicate key (\"it's\")", 2, 8},
    {"match x:\n  case {b\"\\xff\\n\": a, b\"\\xff\\n\": b}: pass", Version::v3_10, Version::v3_14, "mapping pattern checks duplicate key (b'\\xff\\n')", 2, 8},
    {"match x:\n  case {1.5: a, 15e-1: b}: pass", Version::v3_10, Version::v3_14, "mapping pattern checks duplicate key (1.5)", 2, 8},
    {"match x:\n  case {A.b: a, A.b: c}: pass", Version::v3_10, Version::v3_14, "", 0, 0},
    {"match x:\n  case f\"a\": pass", Version::v3_10, Version::v3_14, "patterns may only match literals and attribute lookups", 2, 8},
    {"match x:\n  case {f\"a\": 1}: pass", Version::v3_10, Version::v3_14, "mapping pattern keys may only match literals and attribute lookups", 2, 8},
    {"match x:\n  case A(b=1, c=2, b=3): pass", Version::v3_10, Version::v3_14, "attribute name repeated in class pattern: b", 2, 22},
  });
}

TEST(CompileChecksTest, Blocks) {
  check({
    {with_items(20), Version::v3_9, Version::v3_14, "", 0, 0},
    {with_items(21), Version::v3_9, Version::v3_12, "too many statically nested blocks", 1, 1},
    {with_items(21), Version::v3_13, Version::v3_14, "", 0, 0},
    {with_items(22), Version::v3_9, Version::v3_12, "too many statically nested blocks", 1, 1},
    {with_items(22), Version::v3_13, Version::v3_14, "too many statically nested blocks", 1, 69},
  });
}

// clang-format on

TEST(CompileChecksTest, EndsOfErrorsAreKnownFrom310On) {
  const Outcome old = outcome_of("x = yield", Version::v3_9);
  EXPECT_EQ(old.error.end_line, 0U);
  EXPECT_EQ(old.error.end_offset, 0U);
  const Outcome recent = outcome_of("x = yield", Version::v3_10);
  EXPECT_EQ(recent.error.end_line, 1U);
  EXPECT_EQ(recent.error.end_offset, 10U);
}

TEST(CompileChecksTest, OffsetsAreBytes) {
  EXPECT_EQ(outcome_of("é = 1; return", Version::v3_11).error.offset, 9U);
}

TEST(CompileChecksTest, TheSymbolTableComesBeforeTheCode) {
  const Outcome outcome = outcome_of("return\nbreak\ndef f(a, a): pass", Version::v3_11);
  EXPECT_EQ(outcome.error.message, "duplicate argument 'a' in function definition");
  EXPECT_EQ(outcome.error.line, 3U);
}

TEST(CompileChecksTest, FutureStatementsComeBeforeTheSymbolTable) {
  const Outcome outcome = outcome_of("from __future__ import nope\ndef f(a, a): pass", Version::v3_11);
  EXPECT_EQ(outcome.error.message, "future feature nope is not defined");
}

TEST(CompileChecksTest, NonlocalBindingsAreLookedForAfterTheWholeModule) {
  const Outcome outcome = outcome_of("def f():\n  nonlocal x\ndef g(a, a): pass", Version::v3_11);
  EXPECT_EQ(outcome.error.message, "duplicate argument 'a' in function definition");
}

TEST(CompileChecksTest, RefusesTreesThatAreTooDeepForTheCompiler) {
  const auto sum = [](int terms) { return "x = " + repeated("a", terms, "+"); };
  for (const auto& [version, deepest] : {std::pair(Version::v3_9, 2990), std::pair(Version::v3_11, 2993),
                                         std::pair(Version::v3_12, 2995), std::pair(Version::v3_13, 9996)}) {
    SCOPED_TRACE(to_string(version));
    EXPECT_EQ(outcome_of(sum(deepest), version).error.message, "");
    const Outcome outcome = outcome_of(sum(deepest + 1), version);
    EXPECT_EQ(outcome.error.type, ErrorType::recursion_error);
    EXPECT_EQ(outcome.error.message, "maximum recursion depth exceeded during compilation");
    EXPECT_EQ(outcome.error.line, 0U);
  }
}

TEST(CompileChecksTest, HostileSizesTakeLinearTime) {
  // Each of these takes minutes if anything in the checks is quadratic.
  std::string keywords = "f(";
  std::string names;
  std::string patterns = "match x:\n  case [";
  std::string alternatives = "match x:\n  case {";
  for (int i = 0; i < 60'000; ++i) {
    const std::string number = std::to_string(i);
    keywords += "a" + number + "=1, ";
    names += "def f" + number + "(x): return x, y" + number + "\n";
    patterns += "a" + number + ", ";
    alternatives += number + ": b" + number + ", ";
  }
  for (const Version version : {Version::v3_11, Version::v3_14}) {
    EXPECT_EQ(outcome_of(keywords + ")", version).error.message, "");
    EXPECT_EQ(outcome_of(names, version).error.message, "");
    EXPECT_EQ(outcome_of(patterns + "]: pass", version).error.message, "");
    EXPECT_EQ(outcome_of(alternatives + "}: pass", version).error.message, "");
  }
}

std::vector<std::string> warnings_of(const std::string& source, Version version) {
  std::vector<std::string> texts;
  for (const SyntaxWarning& warning : outcome_of(source, version).warnings) {
    texts.push_back(std::to_string(warning.line) + ": " + warning.message);
  }
  return texts;
}

TEST(CompileChecksTest, WarnsOfIdentityWithLiterals) {
  using Texts = std::vector<std::string>;
  EXPECT_EQ(warnings_of("x is 1", Version::v3_11), Texts{"1: \"is\" with a literal. Did you mean \"==\"?"});
  EXPECT_EQ(warnings_of("x is 1", Version::v3_12),
            Texts{"1: \"is\" with 'int' literal. Did you mean \"==\"?"});
  EXPECT_EQ(warnings_of("x is not 'a'", Version::v3_13),
            Texts{"1: \"is not\" with 'str' literal. Did you mean \"!=\"?"});
  EXPECT_EQ(warnings_of("x is (1, 'a')", Version::v3_14),
            Texts{"1: \"is\" with 'tuple' literal. Did you mean \"==\"?"});
  EXPECT_EQ(warnings_of("x is -1", Version::v3_13),
            Texts{"1: \"is\" with 'int' literal. Did you mean \"==\"?"});
  for (const char* fine : {"x is None", "x is True", "x is ...", "x is y", "x == 1", "x is (y, 1)"}) {
    EXPECT_EQ(warnings_of(fine, Version::v3_14), Texts{}) << fine;
  }
}

TEST(CompileChecksTest, WarnsOfMissingCommas) {
  using Texts = std::vector<std::string>;
  EXPECT_EQ(warnings_of("[\n  (1, 2)\n  (3, 4)\n]", Version::v3_11),
            Texts{"2: 'tuple' object is not callable; perhaps you missed a comma?"});
  EXPECT_EQ(warnings_of("'a'(1)", Version::v3_11),
            Texts{"1: 'str' object is not callable; perhaps you missed a comma?"});
  EXPECT_EQ(warnings_of("1[2]", Version::v3_11),
            Texts{"1: 'int' object is not subscriptable; perhaps you missed a comma?"});
  EXPECT_EQ(warnings_of("[1]['a']", Version::v3_11),
            Texts{"1: list indices must be integers or slices, not str; perhaps you missed a comma?"});
  for (const char* fine :
       {"(lambda: 1)()", "'a'[0]", "'a'[1:2]", "[1][True]", "{}['a']", "del [1]['a']", "x('a')"}) {
    EXPECT_EQ(warnings_of(fine, Version::v3_11), Texts{}) << fine;
  }
}

TEST(CompileChecksTest, WarnsOfAssertionsThatAreAlwaysTrue) {
  using Texts = std::vector<std::string>;
  const Texts expected{"1: assertion is always true, perhaps remove parentheses?"};
  EXPECT_EQ(warnings_of("assert (x, 'm')", Version::v3_9), expected);
  EXPECT_EQ(warnings_of("assert ('a', 'm')", Version::v3_9), Texts{});
  EXPECT_EQ(warnings_of("assert ('a', 'm')", Version::v3_10), expected);
  EXPECT_EQ(warnings_of("assert ()", Version::v3_11), Texts{});
}

TEST(CompileChecksTest, WarnsOfLeavingFinallyFrom314On) {
  using Texts = std::vector<std::string>;
  const std::string leaving = "def f():\n  try: pass\n  finally: return";
  EXPECT_EQ(warnings_of(leaving, Version::v3_13), Texts{});
  EXPECT_EQ(warnings_of(leaving, Version::v3_14), Texts{"3: 'return' in a 'finally' block"});
  EXPECT_EQ(warnings_of("while 1:\n  try: pass\n  finally: break", Version::v3_14),
            Texts{"3: 'break' in a 'finally' block"});
  EXPECT_EQ(warnings_of("try: pass\nfinally:\n  while 1: break", Version::v3_14), Texts{});
  EXPECT_EQ(warnings_of("try: pass\nfinally:\n  def f(): return", Version::v3_14), Texts{});
}

}  // namespace
}  // namespace sallyport::validators::python
