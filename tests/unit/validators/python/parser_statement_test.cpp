// Statements: what is taken, from which version on, and what is not.
#include "tests/unit/validators/python/parser_support.hpp"

namespace sallyport::validators::python::test {
namespace {

TEST(ParserStatement, Assignments) {
  expect_accepted({"a = b", "a = b = c", "a, b = c", "a, *b = c", "*a, = b", "*a = b", "(a) = b",
                   "(a, [b, *c]) = d", "() = []", "a.b, c[d] = e", "f().a = b", "'a'.b = c", "(yield).a = b",
                   "a = yield", "a = b = yield c, d", "a = *b, c", "*(a, b), c = d"});
  expect_refused({"1 = a",
                  "a + b = c",
                  "f() = a",
                  "a = 1 = b",
                  "(yield) = a",
                  "a = yield = b",
                  "[a, 1] = b",
                  "{a} = b",
                  "None = a",
                  "a if b else c = d",
                  "-a = b",
                  "lambda: a = b",
                  "(a for b in c) = d",
                  "a = ",
                  "= a",
                  "(*a) = b",
                  "**a = b",
                  "await a = b",
                  "'a' = b",
                  "... = a"});
  EXPECT_EQ(
      dump_of("a, (b[c], *d.e) = f"),
      "Module(body=[Assign(targets=[Tuple(elts=[Name(id='a', ctx=Store()), "
      "Tuple(elts=[Subscript(value=Name(id='b', "
      "ctx=Load()), slice=Name(id='c', ctx=Load()), ctx=Store()), Starred(value=Attribute(value=Name(id='d', "
      "ctx=Load()), attr='e', ctx=Store()), ctx=Store())], ctx=Store())], ctx=Store())], value=Name(id='f', "
      "ctx=Load()))])");
}

TEST(ParserStatement, AnnotatedAndAugmentedAssignments) {
  expect_accepted({"a: b", "a: b = c, d", "(a): b", "a.b: c = yield", "a[b]: c", "(a.b): c", "a: (yield)",
                   "a += b", "a.b **= c, d", "a[b] //= yield", "(a) @= b"});
  expect_refused({"a, b: c", "(a, b): c", "[a]: b", "f(): a", "a: b, c", "a: *b", "a: b = c = d", "a, b += c",
                  "(a, b) += c", "f() += a", "a += b += c", "a = b += c", "1 += a"});
  EXPECT_NE(dump_of("a: b").find("simple=1"), std::string::npos);
  EXPECT_NE(dump_of("(a): b").find("simple=0"), std::string::npos);
  EXPECT_NE(dump_of("a.b: c").find("simple=0"), std::string::npos);
}

TEST(ParserStatement, SimpleStatements) {
  expect_accepted({"pass",
                   "a; b;",
                   "return",
                   "return *a, b",
                   "raise",
                   "raise a from b",
                   "assert a, b",
                   "del a, (b, [c.d]), e[f],",
                   "del (a), ()",
                   "global a, b",
                   "nonlocal a",
                   "import a.b as c, d",
                   "import a . b",
                   "from a import b, c as d",
                   "from .a import (b, c,)",
                   "from .... import *",
                   "from . . a import b",
                   "yield",
                   "break",
                   "continue"});
  expect_refused({";",
                  "a;;b",
                  "pass a",
                  "return a := b",
                  "raise a, b",
                  "raise from a",
                  "assert",
                  "assert a, b, c",
                  "del",
                  "del f()",
                  "del *a",
                  "del a + b",
                  "global",
                  "global a,",
                  "global a.b",
                  "import",
                  "import a,",
                  "import .a",
                  "import a as b.c",
                  "from a import b,",
                  "from a import ()",
                  "from a import (*)",
                  "from a import b.c",
                  "from import a",
                  "print 'a'",
                  "exec 'a'",
                  "a b"});
}

TEST(ParserStatement, ImportNames) {
  EXPECT_EQ(dump_of("from ...a . b import c as d, e"),
            "Module(body=[ImportFrom(module='a.b', names=[alias(name='c', asname='d'), alias(name='e')], "
            "level=3)])");
  EXPECT_EQ(dump_of("from . import *"), "Module(body=[ImportFrom(names=[alias(name='*')], level=1)])");
}

TEST(ParserStatement, Blocks) {
  expect_accepted({"if a: b; c", "if a:\n  b\nelif c: d\nelse:\n  e", "while a := b: c\nelse: d",
                   "for a, in b, c: d\nelse: e", "for *a, (b, c.d) in *e, f: g",
                   "async def f():\n async for a in b: c\n async with a as b: c",
                   "if a:\n  b\n\n # comment\n  c\nd"});
  expect_refused({"if a:", "if a:\nb", "if a\n  b", "else: a", "if a: b\nelse: c\nelse: d", "if a: if b: c",
                  "for a b in c: d", "for 1 in a: b", "for f() in a: b", "for a in: b", "for a not in b: c",
                  "while: a", "if a:\n  b\n c", " a", "a\n b", "for a in b := c: d", "async if a: b",
                  "async a"});
}

TEST(ParserStatement, ElifIsAnIfWithin) {
  EXPECT_EQ(
      dump_of("if a: b\nelif c: d", newest_version, true),
      "Module(body=[If(test=Name(id='a', ctx=Load(), lineno=1, col_offset=3, end_lineno=1, "
      "end_col_offset=4), "
      "body=[Expr(value=Name(id='b', ctx=Load(), lineno=1, col_offset=6, end_lineno=1, end_col_offset=7), "
      "lineno=1, "
      "col_offset=6, end_lineno=1, end_col_offset=7)], orelse=[If(test=Name(id='c', ctx=Load(), lineno=2, "
      "col_offset=5, end_lineno=2, end_col_offset=6), body=[Expr(value=Name(id='d', ctx=Load(), lineno=2, "
      "col_offset=8, end_lineno=2, end_col_offset=9), lineno=2, col_offset=8, end_lineno=2, "
      "end_col_offset=9)], "
      "lineno=2, col_offset=0, end_lineno=2, end_col_offset=9)], lineno=1, col_offset=0, end_lineno=2, "
      "end_col_offset=9)])");
}

TEST(ParserStatement, CompoundStatementEndsWithItsSemicolon) {
  EXPECT_NE(dump_of("if a: b;\n", newest_version, true).find("end_lineno=1, end_col_offset=8)])"),
            std::string::npos);
}

TEST(ParserStatement, With) {
  expect_accepted({"with a: b", "with a as b, c as (d, e): f", "with (a): b", "with (a, b,): c",
                   "with (a as b, c as d,): e", "with (a, b) as c: d", "with (a), b: c",
                   "with (a)(b) as c: d", "with (yield a): b", "with (a := b): c", "with (*a, b): c",
                   "with (a for b in c): d", "with (): a", "with a as b.c, d as e[f]: g"});
  expect_refused({"with: a", "with a,: b", "with a as f(): b", "with a as 1: b", "with (a as b) as c: d",
                  "with (a as b), c: d", "with a as b c: d", "with (a, b: c"});
  // The parentheses are those of the statement where they can be.
  EXPECT_EQ(dump_of("with (a, b): pass"), dump_of("with a, b: pass"));
  EXPECT_NE(dump_of("with (a, b) as c: pass"), dump_of("with a, b as c: pass"));
}

TEST(ParserStatement, Try) {
  expect_accepted({"try: a\nexcept: b", "try: a\nexcept A: b\nexcept (B, C) as d: e\nelse: f\nfinally: g",
                   "try: a\nfinally: b"});
  expect_accepted({"try: a\nexcept* A: b\nexcept* B as c: d"}, Version::v3_11);
  expect_accepted({"try: a\nexcept A, B: b", "try: a\nexcept* A, B,: b"}, Version::v3_14);
  expect_refused({"try: a", "try: a\nelse: b", "try: a\nexcept* A: b\nexcept B: c", "try: a\nexcept*: b",
                  "try: a\nexcept A, B as c: d", "try: a\nexcept A as b.c: d", "try: a\nfinally: b\nelse: c",
                  "except: a"});
}

TEST(ParserStatement, Functions) {
  expect_accepted({"def f(a, b=c, /, d: e=g, *h: i, j, k=l, **m: n) -> o: p", "def f(*, a): b",
                   "def f(a, /): b", "def f(*a,): b", "def f(**a,): b", "async def f(): await a",
                   "@a.b(c)[d]\n@(e := f)\n@g if h else i\ndef j(): k"});
  expect_accepted({"def f(*a: *b): c"}, Version::v3_11);
  expect_accepted({"def f[T](): a", "def f[T: int, *Ts, **P,](): a", "class A[T](B): c", "type X = int",
                   "type X[T] = list[T]"},
                  Version::v3_12);
  expect_accepted({"def f[T = int](): a", "type X[*Ts = *a, **P = b] = c"}, Version::v3_13);
  expect_refused({"def f: a",
                  "def f(): ",
                  "def f(/): a",
                  "def f(a, /, b, /): c",
                  "def f(*): a",
                  "def f(*, **a): b",
                  "def f(a=1, b): c",
                  "def f(**a, b): c",
                  "def f(*a=1): b",
                  "def f(a b): c",
                  "def f((a)): b",
                  "def f(a: *b): c",
                  "def f(**a: *b): c",
                  "def f() -> a, b: c",
                  "def None(): a",
                  "def f[](): a",
                  "def f[*T: int](): a",
                  "@a, b\ndef f(): c",
                  "@a\nb",
                  "@a def f(): b",
                  "@a\nasync with b: c",
                  "type X",
                  "type X.a = b"});
}

TEST(ParserStatement, Classes) {
  expect_accepted({"class A: a", "class A(): a", "class A(B, *C, d=e, **F): a"});
  expect_refused({"class: a", "class A(a for b in c): d", "class A(B: c", "class A B: c", "class True: a"});
  // The decorators come before the place of what is decorated.
  EXPECT_NE(dump_of("@a\nclass B: c", newest_version, true)
                .find("lineno=2, col_offset=0, end_lineno=2, end_col_offset=10)])"),
            std::string::npos);
}

TEST(ParserStatement, SoftKeywordsAreNamesElsewhere) {
  expect_accepted({"match = case = type = _ = 1", "match(a)", "match[a]", "match.a", "match: int", "match, a",
                   "match * a", "match - a", "match in a", "match not in a", "match if a else b", "case(a)",
                   "type(a)", "type: int", "print(a)", "type in a", "match (a), b",
                   "def match(case, type): _"});
}

}  // namespace
}  // namespace sallyport::validators::python::test
