// Expressions: what is taken, what is not, and the trees of what is easily parsed wrongly.
#include "tests/unit/validators/python/parser_support.hpp"

namespace sallyport::validators::python::test {
namespace {

TEST(ParserExpression, PrecedenceAndAssociativity) {
  struct Case {
    std::string_view source;
    std::string_view same_as;
  };
  const std::vector<Case> cases = {
      {"a + b * c", "a + (b * c)"},
      {"a - b - c", "(a - b) - c"},
      {"a ** b ** c", "a ** (b ** c)"},
      {"-a ** -b", "-(a ** (-b))"},
      {"a | b ^ c & d << e + f * g", "a | (b ^ (c & (d << (e + (f * g)))))"},
      {"a * b @ c / d % e // f", "((((a * b) @ c) / d) % e) // f"},
      {"not a == b and c or d", "((not (a == b)) and c) or d"},
      {"not not a", "not (not a)"},
      {"a if b else c if d else e", "a if b else (c if d else e)"},
      {"lambda: a if b else c", "lambda: (a if b else c)"},
      {"a or b if c and d else e", "(a or b) if (c and d) else e"},
      {"~a.b(c)[d]", "~(((a.b)(c))[d])"},
      {"a < b + c", "a < (b + c)"},
  };
  for (const auto& [source, same_as] : cases) {
    EXPECT_EQ(dump_of(source), dump_of(same_as)) << source;
  }
}

TEST(ParserExpression, ChainsAreOneNodeUnlessInParentheses) {
  EXPECT_EQ(expression_of("a or b or c"),
            "BoolOp(op=Or(), values=[Name(id='a', ctx=Load()), Name(id='b', ctx=Load()), Name(id='c', "
            "ctx=Load())])");
  EXPECT_NE(dump_of("(a or b) or c"), dump_of("a or b or c"));
  EXPECT_EQ(expression_of("a < b is not c not in d"),
            "Compare(left=Name(id='a', ctx=Load()), ops=[Lt(), IsNot(), NotIn()], comparators=[Name(id='b', "
            "ctx=Load()), "
            "Name(id='c', ctx=Load()), Name(id='d', ctx=Load())])");
  EXPECT_NE(dump_of("a < (b < c)"), dump_of("a < b < c"));
}

TEST(ParserExpression, ParenthesesCountInTheNodesAround) {
  EXPECT_EQ(
      expression_of("(a) + (b)", newest_version, true),
      "Module(body=[Expr(value=BinOp(left=Name(id='a', ctx=Load(), lineno=1, col_offset=1, end_lineno=1, "
      "end_col_offset=2), op=Add(), right=Name(id='b', ctx=Load(), lineno=1, col_offset=7, end_lineno=1, "
      "end_col_offset=8), lineno=1, col_offset=0, end_lineno=1, end_col_offset=9), lineno=1, col_offset=0, "
      "end_lineno=1, end_col_offset=9)])");
}

TEST(ParserExpression, OperandsAreNeededAndOfTheRightKind) {
  expect_refused({"a +", "a not b", "a is not not b", "a == not b", "a + not b", "a if b", "a <> b", "* a b",
                  "a ? b", "not", "lambda", "await", "a = = b", "1 if 2 else", "-", "a ** * b"});
}

TEST(ParserExpression, Brackets) {
  expect_accepted({"()", "(a)", "(a,)", "(a, *b,)", "[]", "[a, *b,]", "{}", "{a: b, **c,}", "{a, *b,}",
                   "{**a | b}", "(yield)", "(yield a, *b)", "(yield from a)", "(a := b)", "(a := b, c := d)",
                   "[a := b]", "{a := b}", "{(a := b): c}"});
  expect_refused({"(,)", "[,]", "{,}", "(*a)", "{*a: b}", "{a: *b}", "{**a: b}", "{a: b, c}", "{a, b: c}",
                  "{a := b: c}", "[yield]", "(a b)", "a := b", "{**a or b}", "(a, b",
                  "(yield a for b in c)"});
}

TEST(ParserExpression, Comprehensions) {
  expect_accepted({"[a for b in c]", "{a for b in c if d if e for f, in g}", "{a: b for c, *d in e}",
                   "(a for b.c in d)", "[a for b in c or d]", "[a := b for c in d]", "[a async for b in c]",
                   "[a for b in (c if d else e)]", "f(a for b in c)", "[a for b[0], (c, [d]) in e]"});
  expect_refused({"[*a for b in c]", "{**a for b in c}", "[a, b for c in d]", "[a for b in c, d]",
                  "[a for 1 in b]", "[a for f() in b]", "[a for b in c if d else e]",
                  "[a for b in lambda: c]", "[for a in b]", "[a for b]", "[a for await b in c]",
                  "[async for a in b]"});
}

TEST(ParserExpression, Calls) {
  expect_accepted({"f()", "f(a,)", "f(a, *b, c, d=e, *f, **g, h=i)", "f(a := b)", "f(**a or b)", "f(*a or b)",
                   "f((a for b in c), d)", "f(a)(b)[c].d", "f(_=1, match=2)"});
  expect_refused({"f(,)", "f(a b)", "f(a=1, b)", "f(**a, b)", "f(**a, *b)", "f(a.b=1)", "f(1=2)", "f(True=1)",
                  "f(a=b:=c)", "f(a for b in c, d)", "f(d, a for b in c)", "f(a for b in c,)", "f(yield)",
                  "f(*)"});
  EXPECT_EQ(expression_of("f(a, *b, c=d, *e, **g)"),
            "Call(func=Name(id='f', ctx=Load()), args=[Name(id='a', ctx=Load()), Starred(value=Name(id='b', "
            "ctx=Load()), "
            "ctx=Load()), Starred(value=Name(id='e', ctx=Load()), ctx=Load())], keywords=[keyword(arg='c', "
            "value=Name(id='d', ctx=Load())), keyword(value=Name(id='g', ctx=Load()))])");
}

TEST(ParserExpression, Subscripts) {
  expect_accepted(
      {"a[b]", "a[b,]", "a[:]", "a[::]", "a[b:c:d, ..., e]", "a[()]", "a[lambda: b]", "a[(yield)]"});
  expect_accepted({"a[b := c]", "a[b := c, d := e]"}, Version::v3_10);
  expect_accepted({"a[*b]", "a[b, *c]", "a[*b, c:d]"}, Version::v3_11);
  expect_refused({"a[]", "a[b c]", "a[b:c:d:e]", "a[,]", "a[yield]", "a[*b:c]", "a[b := c:d]"});
  EXPECT_EQ(
      expression_of("a[*b]"),
      "Subscript(value=Name(id='a', ctx=Load()), slice=Tuple(elts=[Starred(value=Name(id='b', ctx=Load()), "
      "ctx=Load())], ctx=Load()), ctx=Load())");
}

TEST(ParserExpression, Lambdas) {
  expect_accepted({"lambda: a", "lambda a, b=c, /, d=e, *f, g, h=i, **j: k", "lambda *, a: b", "lambda a,: b",
                   "lambda *a,: b", "lambda **a,: b", "lambda a=lambda b: c: d", "lambda: (yield)"});
  expect_refused({"lambda *: a", "lambda *, **a: b", "lambda a=1, b: c", "lambda /: a",
                  "lambda a, /, b, /: c", "lambda (a): b", "lambda a: int: b", "lambda **a, b: c",
                  "lambda *a=1: b", "lambda *a, *b: c", "lambda a b: c"});
}

TEST(ParserExpression, Await) {
  expect_accepted({"await a", "await a.b(c) ** d", "-await a"});
  expect_refused({"await -a", "await await a", "await not a", "await lambda: a"});
}

TEST(ParserExpression, NamesAreNormalised) {
  EXPECT_EQ(expression_of("\xEF\xBD\x85\xEF\xBD\x96\xEF\xBD\x81\xEF\xBD\x8C"), "Name(id='eval', ctx=Load())");
  // One that spells a constant is refused by the newer versions only.
  EXPECT_TRUE(is_accepted("N\xC2\xBAne", Version::v3_12));
  EXPECT_EQ(error_of("N\xC2\xBAne", Version::v3_13).type, ErrorType::value_error);
}

}  // namespace
}  // namespace sallyport::validators::python::test
