// match statements.
#include "tests/unit/validators/python/parser_support.hpp"

namespace sallyport::validators::python::test {
namespace {

std::string with_pattern(std::string_view pattern) {
  return "match x:\n  case " + std::string(pattern) + ": pass\n";
}

TEST(ParserPattern, AcceptedFrom310) {
  for (const std::string_view pattern : {"1",
                                         "-1",
                                         "1.5",
                                         "-1 + 2j",
                                         "1 - 2j",
                                         "'a' 'b'",
                                         "b'a'",
                                         "None",
                                         "True",
                                         "a",
                                         "_",
                                         "a.b.c",
                                         "(a)",
                                         "(a,)",
                                         "()",
                                         "[]",
                                         "[a, *b, _]",
                                         "(a, *_)",
                                         "a, b",
                                         "a,",
                                         "*a, b",
                                         "*_,",
                                         "1 | 2 | (3 | 4)",
                                         "(1 | 2) as a",
                                         "_ as a",
                                         "{}",
                                         "{**a}",
                                         "{'a': 1, -1: b, c.d: e, None: f, **g,}",
                                         "A()",
                                         "a.B(1, c, d=e, f=_,)",
                                         "[a] if b",
                                         "a if (b := c)",
                                         "f'a'",
                                         "{'a': {'b': [c]}}"}) {
    // An f-string is grammatical; the compiler refuses it.
    for (const auto version : all_versions()) {
      EXPECT_EQ(is_accepted(with_pattern(pattern), version), version >= Version::v3_10)
          << to_string(version) << ": " << pattern;
    }
  }
}

TEST(ParserPattern, Refused) {
  for (const std::string_view pattern :
       {"",       "+1",         "--1",           "1 + 2",      "1j + 2j",   "1 + -2j",
        "-a",     "a.b as c.d", "a as _",        "*a",         "(*a)",      "**a",
        "{a: b}", "{**_}",      "{**a, 'b': c}", "{*a}",       "A(b=c, d)", "A(*a)",
        "a()()",  "a[b]",       "1 as 2",        "a = b",      "lambda: a", "a + b",
        "1 < 2",  "not a",      "a | ",          "(a as b, c", "a.1"}) {
    for (const auto version : all_versions()) {
      EXPECT_FALSE(is_accepted(with_pattern(pattern), version)) << to_string(version) << ": " << pattern;
    }
  }
  expect_refused({"match x:\n  pass", "match x: case a: b", "match:\n  case a: b", "match x\n  case a: b",
                  "match *x:\n  case a: b", "match yield x:\n  case a: b", "case a: b"});
}

TEST(ParserPattern, Subjects) {
  for (const std::string_view subject :
       {"x", "(x)", "[x]", "{x}", "-x", "not x", "x, y", "x,", "*x, y", "(x := y)", "x := y", "lambda: x",
        "await x", "x if y else z", "...", "f'{x}'"}) {
    EXPECT_TRUE(is_accepted("match " + std::string(subject) + ":\n  case _: pass\n", Version::v3_10))
        << subject;
  }
}

TEST(ParserPattern, Tree) {
  EXPECT_EQ(
      dump_of(
          "match x:\n case {'a': -1, **r}: pass\n case A.B(1, c=_) as d: pass\n case [*_, None | e.f]: pass"),
      "Module(body=[Match(subject=Name(id='x', ctx=Load()), cases=[match_case(pattern=MatchMapping("
      "keys=[Constant(value='a')], patterns=[MatchValue(value=UnaryOp(op=USub(), "
      "operand=Constant(value=1)))], rest='r'), "
      "body=[Pass()]), match_case(pattern=MatchAs(pattern=MatchClass(cls=Attribute(value=Name(id='A', "
      "ctx=Load()), "
      "attr='B', ctx=Load()), patterns=[MatchValue(value=Constant(value=1))], kwd_attrs=['c'], "
      "kwd_patterns=[MatchAs()]), "
      "name='d'), body=[Pass()]), match_case(pattern=MatchSequence(patterns=[MatchStar(), MatchOr(patterns=["
      "MatchSingleton(value=None), MatchValue(value=Attribute(value=Name(id='e', ctx=Load()), attr='f', "
      "ctx=Load()))])]), "
      "body=[Pass()])])])");
}

}  // namespace
}  // namespace sallyport::validators::python::test
