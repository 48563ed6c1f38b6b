#include "tests/unit/validators/policy/support.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace sallyport::validators::policy {
namespace {

TEST(Rules, ExamplesOfTheShippedPolicies) {
  for (const char* name : {"default", "strict", "trusted"}) {
    for (const auto& [id, rule] : shipped(name).rules) {
      EXPECT_FALSE(rule.must_match.empty()) << name << " " << id;
      EXPECT_FALSE(rule.must_pass.empty()) << name << " " << id;
      EXPECT_FALSE(rule.rationale.empty()) << name << " " << id;
      for (const auto& code : rule.must_match) {
        const auto result = check(code, name);
        EXPECT_TRUE(has_rule(result, id)) << name << " " << id << ":\n" << code << "\n" << told(result);
      }
      for (const auto& code : rule.must_pass) {
        const auto result = check(code, name);
        EXPECT_FALSE(has_rule(result, id)) << name << " " << id << ":\n" << code << "\n" << told(result);
      }
    }
  }
}

TEST(Rules, EveryRuleOfTheEngineIsInEachShippedPolicy) {
  for (const char* name : {"default", "strict", "trusted"}) {
    for (const auto id : engine_rules()) {
      EXPECT_TRUE(shipped(name).rules.contains(id)) << name << " " << id;
    }
  }
}

TEST(Rules, OneViolationACause) {
  for (const char* code :
       {"import os\nos.system('x')\nos.path.join('a')\n", "__import__('os').system('x')\n",
        "().__class__.__base__.__subclasses__()[1].__init__.__globals__['a'].b\n",
        "import random\nrandom._os.system('x')\n", "from json import codecs as c\nc.sys.modules\n",
        "g = (x for x in [])\ng.gi_frame.f_back.f_globals['a']\n"}) {
    const auto result = check(code);
    EXPECT_FALSE(result.is_valid);
    EXPECT_LE(result.violations.size(), 2U) << code << told(result);
  }
}

TEST(Rules, RangeChainAndHint) {
  const auto result = check("import json\nimport random as r\nx = 'ä' + str(r._os)\n");
  ASSERT_EQ(result.violations.size(), 1U) << told(result);
  const auto& violation = result.violations[0];
  EXPECT_EQ(violation.rule, "module-attribute");
  EXPECT_EQ(violation.line, 3U);
  EXPECT_EQ(violation.column, 15U);
  EXPECT_EQ(violation.end_line, 3U);
  EXPECT_EQ(violation.end_column, 20U);
  EXPECT_NE(violation.message.find("(r is random, imported at line 2)"), std::string::npos)
      << violation.message;
  EXPECT_FALSE(violation.hint.empty());
  const auto shown = display(violation, "import json\nimport random as r\nx = 'ä' + str(r._os)\n");
  EXPECT_NE(shown.find("    x = 'ä' + str(r._os)\n                  ^^^^^\n"), std::string::npos) << shown;
}

TEST(Rules, StableOrder) {
  const std::string code = "import socket\nprint(eval('1'), exec('2'))\nimport os\n";
  const auto first = told(check(code));
  EXPECT_EQ(first, told(check(code)));
  const auto result = check(code);
  for (std::size_t i = 1; i < result.violations.size(); ++i) {
    EXPECT_LE(result.violations[i - 1].line, result.violations[i].line);
  }
}

TEST(Rules, ReboundBuiltinsAreNone) {
  EXPECT_TRUE(check("def f(eval): return eval(1)").is_valid);
  EXPECT_TRUE(check("def eval(x): return x\neval(1)").is_valid);
  EXPECT_TRUE(check("def f():\n    exec = 1\n    return exec").is_valid);
  EXPECT_FALSE(check("eval(1)\ndef eval(x): return x").is_valid);
  EXPECT_FALSE(check("if x:\n    eval = 1\neval(1)").is_valid);
  EXPECT_FALSE(check("class A:\n    eval = 1\n    def f(self): return eval").is_valid);
}

TEST(Rules, StraightLineRebinding) {
  EXPECT_TRUE(check("import time\ntime = time.time()\nprint(time.foo)").is_valid);
  EXPECT_FALSE(check("import time\nfor i in 'ab':\n    time.foo\n    time = 1").is_valid);
  EXPECT_FALSE(check("x = 1\nimport time as x\nx.foo").is_valid);
}

TEST(Rules, TamperingIsToldFromOptions) {
  for (const char* code : {"import json\njson.loads = print\n", "import math as m\nm.sqrt = abs\n",
                           "import math\nsetattr(math, 'pi', 3)\n", "import math\ndel math.pi\n",
                           "import math\nfor math.pi in [3]: pass\n", "import math\nmath.pi += 1\n"}) {
    const auto result = check(code);
    EXPECT_FALSE(result.is_valid) << code;
    EXPECT_TRUE(has_rule(result, "module-tampering")) << code << told(result);
  }
  for (const char* code :
       {"import matplotlib.pyplot as plt\nplt.rcParams['font.size'] = 1\n",
        "import pandas as pd\npd.options.display.max_rows = 5\n", "import numpy as np\nnp.random.seed(1)\n",
        "import json\njson.JSONEncoder.default = lambda self, o: str(o)\n",
        "import sys, io\nsys.stdout = io.StringIO()\n"}) {
    const auto result = check(code);
    EXPECT_TRUE(result.violations.empty()) << code << told(result);
  }
}

TEST(Rules, PrivatePrefixesAreUndecided) {
  for (const char* code : {"class A:\n    def f(self, n):\n        return getattr(self, '_' + n)\n",
                           "class A:\n    def f(self, n):\n        return getattr(self, f'_{n}')\n",
                           "class A:\n    def f(self, n):\n        return getattr(self, '_%s' % n)\n"}) {
    const auto result = check(code);
    EXPECT_TRUE(result.is_valid) << code << told(result);
    EXPECT_TRUE(has_rule(result, "undecided")) << code << told(result);
    EXPECT_FALSE(check(code, "strict").is_valid) << code;
  }
  EXPECT_FALSE(check("class A:\n    def f(self, n):\n        return getattr(self, '__' + n)\n").is_valid);
  EXPECT_FALSE(has_rule(check("class A:\n    def f(self, n):\n        return getattr(self, 'do_' + n)\n"),
                        "undecided"));
}

TEST(Rules, SuspiciousTextsInBytesAndFolded) {
  for (const char* code :
       {"p = b'/proc/self/mem'", "p = b'/proc' + b'/self/mem'", "p = '/proc'\np += '/self/mem'",
        "p = '/'.join(['', 'proc', 'self', 'mem'])", "p = '/proc/%s' % 'self/mem'",
        "p = bytes.fromhex('2f70726f632f73656c66')", "d = 'self'\np = f'/proc/{d}/mem'",
        "p = 'mem/fles/corp/'[::-1]", "p = '/proc' + '/self/' + input()"}) {
    EXPECT_TRUE(has_rule(check(code), "suspicious-text")) << code << told(check(code));
  }
}

TEST(Rules, EnteredValuesAreFollowed) {
  const std::string own =
      "import json\nclass Box:\n    def __enter__(self):\n        return json\n"
      "    def __exit__(self, *rest):\n        pass\n";
  EXPECT_TRUE(has_rule(check(own + "with Box() as j:\n    j.scanner\n"), "module-attribute"));
  EXPECT_TRUE(check(own + "with Box() as j:\n    j.dumps(1)\n").is_valid);
  EXPECT_TRUE(
      has_rule(check("import json, contextlib\n@contextlib.contextmanager\ndef lend():\n    yield json\n"
                     "with lend() as j:\n    j.scanner\n"),
               "module-attribute"));
}

TEST(Rules, SizesThatConstantsTell) {
  for (const char* code :
       {"list(range(10 ** 10))", "[0 for _ in range(10 ** 10)]", "n = 10\nn **= 10 ** 9",
        "f'{1:>10000000000}'", "'%*d' % (10 ** 10, 1)", "'{:{}}'.format(1, 10 ** 10)", "bytes(10 ** 10)",
        "pow(10, 10 ** 9)", "import numpy as np\nnp.zeros((10 ** 6, 10 ** 6))",
        "import math\nmath.factorial(10 ** 9)"}) {
    EXPECT_TRUE(has_rule(check(code), "constant-bomb")) << code;
  }
  for (const char* code :
       {"for i in range(10 ** 18): break", "x = 5 in range(10 ** 18)", "any(i > 3 for i in range(10 ** 12))",
        "list(range(10 ** 6))", "[i for i in range(10 ** 9) if i == 3][:1]", "pow(3, 10 ** 9, 7)",
        "import numpy as np\nnp.zeros((4000, 4000))", "f'{1:>40}'"}) {
    EXPECT_TRUE(check(code).violations.empty()) << code << told(check(code));
  }
}

// Under the sanitizers: nothing overflows on the way.
TEST(Rules, LargestAndSmallestNumbers) {
  const std::string large = "9223372036854775807";
  const std::string small = "(-9223372036854775807 - 1)";
  const std::vector<std::string> numbers = {large, small, "-" + small, "~" + small, "2 ** 63", "-2 ** 63"};
  for (const std::string& number : numbers) {
    for (const std::string use :
         {"'abc'[N]",     "b'abc'[N]",  "[1, 2][N]",    "'abc'[N:]",   "'abc'[:N]", "'abc'[::N]",
          "'abc'[N:N:N]", "[1, 2][N:]", "[1, 2][:N]",   "[1, 2][::N]", "range(N)",  "range(0, N, N)",
          "'ab' * N",     "[1] * N",    "-(N)",         "~(N)",        "N + N",     "N - N",
          "N * N",        "N // N",     "N % N",        "N << N",      "N >> N",    "(N) ** 2",
          "pow(2, N)",    "chr(N)",     "'a'.ljust(N)", "f'{1:>{N}}'", "bytes(N)",  "int('1' * N)"}) {
      std::string code = "x = " + use + "\n";
      for (auto at = code.find('N'); at != std::string::npos; at = code.find('N', at + number.size())) {
        code.replace(at, 1, number);
      }
      (void)check(code);
    }
  }
  EXPECT_TRUE(check("x = 'abc'[" + large + "]").violations.empty());
}

// What is only doubtful by itself is refused where the program holds what it may reach for.
TEST(Rules, DoubtAndTemptation) {
  const std::string doubt = "def get(o, n):\n    return getattr(o, n)\n";
  EXPECT_TRUE(check(doubt).is_valid);
  EXPECT_TRUE(check(doubt + "print('__name__', '__main__')\n").is_valid);
  EXPECT_FALSE(check(doubt + "x = ['__globals__']\n").is_valid);
  EXPECT_FALSE(check(doubt + "try:\n    pass\nexcept AttributeError as e:\n    e.obj\n").is_valid);
}

TEST(Adjustments, NarrowedAndReplacedImports) {
  Adjustments narrowed;
  narrowed.allowed_imports = {"math", "yaml"};
  EXPECT_TRUE(check("import math", "default", narrowed).is_valid);
  EXPECT_FALSE(check("import json", "default", narrowed).is_valid);
  EXPECT_FALSE(check("import yaml", "default", narrowed).is_valid);
  narrowed.replaces_imports = true;
  EXPECT_TRUE(check("import yaml\nyaml.safe_load('a')", "default", narrowed).is_valid);
  EXPECT_FALSE(check("import yaml\nyaml._yaml", "default", narrowed).is_valid);
  EXPECT_FALSE(check("import json", "default", narrowed).is_valid);
  narrowed.allowed_imports = std::vector<std::string>{"os"};
  EXPECT_EQ(check("import os", "default", narrowed).is_valid,
            !is_listed(shipped("default").denied_modules, "os"));
}

TEST(Adjustments, Forbidden) {
  Adjustments adjustments;
  adjustments.forbidden_functions = {"print", "math.sqrt"};
  adjustments.forbidden_modules = {"json"};
  adjustments.forbidden_attributes = {"append"};
  EXPECT_FALSE(check("print(1)", "default", adjustments).is_valid);
  EXPECT_FALSE(check("import math\nmath.sqrt(1)", "default", adjustments).is_valid);
  EXPECT_FALSE(check("from math import sqrt as s", "default", adjustments).is_valid);
  EXPECT_TRUE(check("import math\nmath.floor(1)", "default", adjustments).is_valid);
  EXPECT_FALSE(check("import json", "default", adjustments).is_valid);
  EXPECT_FALSE(check("[].append(1)", "default", adjustments).is_valid);
}

TEST(Validator, SyntaxErrors) {
  const auto result = check("x = (\n");
  EXPECT_FALSE(result.is_valid);
  ASSERT_EQ(result.violations.size(), 1U);
  EXPECT_EQ(result.violations[0].rule, "syntax");
  EXPECT_EQ(result.violations[0].message, "SyntaxError: '(' was never closed");
}

// What is hostile ends soon and in little memory; a crash is what these look for.
TEST(Hostile, LargeAndDeepPrograms) {
  auto unlimited = shipped("default");
  unlimited.limits = {};
  const auto many = [](const std::string& text, int times) {
    std::string result;
    for (int i = 0; i < times; ++i) {
      result += text;
    }
    return result;
  };
  std::string chain = "import json\na0 = json\n";
  for (int i = 0; i < 3000; ++i) {
    chain += "a" + std::to_string(i + 1) + " = a" + std::to_string(i) + "\n";
  }
  chain += "a3000.codecs\n";
  EXPECT_FALSE(ASTValidator().validate(chain, unlimited).is_valid);
  std::string backwards = "import json\nf0().codecs\n";
  for (int i = 0; i < 3000; ++i) {
    backwards += "def f" + std::to_string(i) + "(): return f" + std::to_string(i + 1) + "()\n";
  }
  backwards += "def f3000(): return json\n";
  EXPECT_FALSE(ASTValidator().validate(backwards, unlimited).violations.empty());
  const std::vector<std::string> programs{
      "class A: foo = 1\n'{0.foo.bar}'.format(A())\n'{0.foo}{0.foo}'.format(1)\n",
      many("x = x + 'a'\n", 5000),
      "x = " + many("a.", 20'000) + "a\n",
      "x = " + many("1 + ", 20'000) + "1\n",
      "x = [" + many("'a', ", 20'000) + "]\n",
      many("s = s * 9\n", 5000),
      "s = 'ab'\n" + many("s = s + s\n", 200),
      many("def f(a): return f(f)(a)\nf(f)\n", 2000),
      "'" + many("{0.a", 5000) + "'.format(1)\n",
      "x = 'a' % (" + many("1, ", 5000) + ")\n",
      "d = {" + many("'a': d, ", 5000) + "}\nd['a']['a']['a']\n",
      many("class A(A): a = A.a\n", 2000),
      many("x.a = y.a\ny.a = x.a\n", 2000),
      "l = [1]\n" + many("l = [l, l]\n", 200),
      "x = " + many("(lambda y: y)(", 60) + "1" + many(")", 60) + "\n",
      "''.join(chr(ord(chr(c)) ^ 1) for c in range(9 ** 9))\n",
      "x = 9 ** 9 ** 9 ** 9\nx = -1 << -1\nx = 1 % 0\n",
      "'%c%c' % (-1, 1 << 70)\nchr(-1)\n'a'[9223372036854775807]\n'a'[::-9223372036854775808]\n",
      "b'a'[-5]\n''[0]\n[][0]\n()[-1]\n'a' * -5\nint('', 99)\nbytes([300, -1])\n"};
  for (const auto& code : programs) {
    static_cast<void>(ASTValidator().validate(code, unlimited));  // It ends.
    static_cast<void>(ASTValidator().validate(code, shipped("default")));
    static_cast<void>(ASTValidator().validate(code, shipped("strict")));
  }
}

}  // namespace
}  // namespace sallyport::validators::policy
