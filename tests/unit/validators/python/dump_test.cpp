// The text of trees, as Python writes it.
#include "tests/unit/validators/python/parser_support.hpp"
#include "validators/python/literal_repr.hpp"

namespace sallyport::validators::python::test {
namespace {

TEST(Dump, EmptyListsAreLeftOutFrom313) {
  EXPECT_EQ(dump_of("f()", Version::v3_12),
            "Module(body=[Expr(value=Call(func=Name(id='f', ctx=Load()), args=[], keywords=[]))], "
            "type_ignores=[])");
  EXPECT_EQ(dump_of("f()", Version::v3_13), "Module(body=[Expr(value=Call(func=Name(id='f', ctx=Load())))])");
  EXPECT_EQ(dump_of("", Version::v3_12), "Module(body=[], type_ignores=[])");
  EXPECT_EQ(dump_of("", Version::v3_13), "Module()");
}

TEST(Dump, TypeParametersAreAFieldFrom312) {
  EXPECT_EQ(dump_of("class A: pass", Version::v3_11),
            "Module(body=[ClassDef(name='A', bases=[], keywords=[], body=[Pass()], decorator_list=[])], "
            "type_ignores=[])");
  EXPECT_EQ(dump_of("class A: pass", Version::v3_12),
            "Module(body=[ClassDef(name='A', bases=[], keywords=[], body=[Pass()], decorator_list=[], "
            "type_params=[])], "
            "type_ignores=[])");
}

TEST(Dump, PlacesOfAliases) {
  EXPECT_EQ(dump_of("import a", Version::v3_9, true),
            "Module(body=[Import(names=[alias(name='a')], lineno=1, col_offset=0, end_lineno=1, "
            "end_col_offset=8)], type_ignores=[])");
  EXPECT_EQ(dump_of("import a", Version::v3_10, true),
            "Module(body=[Import(names=[alias(name='a', lineno=1, col_offset=7, end_lineno=1, "
            "end_col_offset=8)], lineno=1, "
            "col_offset=0, end_lineno=1, end_col_offset=8)], type_ignores=[])");
}

TEST(Dump, MissingMembersOfLists) {
  EXPECT_EQ(expression_of("{**a, 1: 2}"),
            "Dict(keys=[None, Constant(value=1)], values=[Name(id='a', ctx=Load()), Constant(value=2)])");
  EXPECT_EQ(expression_of("lambda *, a, b=1: 0"),
            "Lambda(args=arguments(kwonlyargs=[arg(arg='a'), arg(arg='b')], kw_defaults=[None, "
            "Constant(value=1)]), "
            "body=Constant(value=0))");
}

TEST(Dump, Indented) {
  const auto result = parse("a.b = -1", {.version = Version::v3_11});
  ASSERT_TRUE(std::holds_alternative<Tree>(result));
  EXPECT_EQ(dump(std::get<Tree>(result).module(),
                 {.version = Version::v3_11, .include_attributes = false, .indent = 3}),
            "Module(\n"
            "   body=[\n"
            "      Assign(\n"
            "         targets=[\n"
            "            Attribute(\n"
            "               value=Name(id='a', ctx=Load()),\n"
            "               attr='b',\n"
            "               ctx=Store())],\n"
            "         value=UnaryOp(\n"
            "            op=USub(),\n"
            "            operand=Constant(value=1)))],\n"
            "   type_ignores=[])");
}

TEST(Dump, Integers) {
  const auto repr = [](std::string_view literal) {
    std::string text;
    append_repr_of_integer(text, literal);
    return text;
  };
  EXPECT_EQ(repr("0"), "0");
  EXPECT_EQ(repr("00_0"), "0");
  EXPECT_EQ(repr("1_000"), "1000");
  EXPECT_EQ(repr("0xDead_Beef"), "3735928559");
  EXPECT_EQ(repr("0o17"), "15");
  EXPECT_EQ(repr("0B101"), "5");
  EXPECT_EQ(repr("0xffffffffffffffffffffffffffffffff"), "340282366920938463463374607431768211455");
  EXPECT_EQ(repr("0x3b9aca00"), "1000000000");
}

TEST(Dump, Floats) {
  const auto repr = [](std::string_view literal) {
    std::string text;
    append_repr_of_float(text, literal);
    return text;
  };
  EXPECT_EQ(repr("1."), "1.0");
  EXPECT_EQ(repr(".5"), "0.5");
  EXPECT_EQ(repr("1e15"), "1000000000000000.0");
  EXPECT_EQ(repr("1e16"), "1e+16");
  EXPECT_EQ(repr("1e22"), "1e+22");
  EXPECT_EQ(repr("0.0001"), "0.0001");
  EXPECT_EQ(repr("0.00001"), "1e-05");
  EXPECT_EQ(repr("1_0.2_5"), "10.25");
  EXPECT_EQ(repr("1e400"), "inf");
  EXPECT_EQ(repr("1e-400"), "0.0");
  EXPECT_EQ(repr("0e999999999999"), "0.0");
  EXPECT_EQ(repr("1e99999999999999999999"), "inf");
  EXPECT_EQ(repr("1e-99999999999999999999"), "0.0");
  EXPECT_EQ(repr("1" + std::string(400, '0') + "."), "inf");
  EXPECT_EQ(repr("." + std::string(400, '0') + "1"), "0.0");
  std::string imaginary;
  append_repr_of_imaginary(imaginary, "1J");
  append_repr_of_imaginary(imaginary, "1.5e100j");
  append_repr_of_imaginary(imaginary, "1e400j");
  EXPECT_EQ(imaginary, "1j1.5e+100jinfj");
}

TEST(Dump, Strings) {
  const auto repr = [](std::string_view value) {
    std::string text;
    append_repr_of_string(text, value, newest_version);
    return text;
  };
  EXPECT_EQ(repr("it's"), "\"it's\"");
  EXPECT_EQ(repr("say \"it's\""), R"('say "it\'s"')");
  EXPECT_EQ(repr("\t\n\r\\\x01\x7F"), R"('\t\n\r\\\x01\x7f')");
  EXPECT_EQ(repr("\xC3\xA9\xE6\x97\xA5\xF0\x9F\x98\x80"), "'\xC3\xA9\xE6\x97\xA5\xF0\x9F\x98\x80'");
  EXPECT_EQ(repr("\xC2\xA0\xC2\xAD\xE2\x80\xA8\xED\xA0\x80\xF3\xA0\x80\x81"),
            R"('\xa0\xad\u2028\ud800\U000e0001')");
  std::string bytes;
  append_repr_of_bytes(bytes, std::string_view("\0\xFF'a\n", 5));
  EXPECT_EQ(bytes, R"(b"\x00\xff'a\n")");
}

TEST(Dump, TreesTooDeepForRecursion) {
  std::string sum = "1";
  for (int i = 0; i < 100'000; ++i) {
    sum += "+1";
  }
  EXPECT_GT(dump_of(sum).size(), 100'000U);
}

}  // namespace
}  // namespace sallyport::validators::python::test
