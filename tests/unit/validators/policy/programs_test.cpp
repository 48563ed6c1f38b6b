// Whole programs: what must be refused and what must not, and that renaming or wrapping does not help.
#include "tests/support/source_folder.hpp"
#include "tests/unit/validators/policy/support.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <regex>
#include <set>

namespace sallyport::validators::policy {
namespace {

const std::string here = test::source_folder() + "/tests/unit/validators/policy/";

nlohmann::json programs(const std::string& file) {
  return nlohmann::json::parse(read_text(here + file));
}

TEST(Programs, EvasionsAreBlocked) {
  for (const auto& program : programs("evasions.json")) {
    const auto code = program["code"].get<std::string>();
    const auto strict = check(code, "strict");
    EXPECT_FALSE(strict.is_valid) << "strict: " << program["id"] << "\n" << code;
    const auto standard = check(code);
    if (program.value("default", "block") == "warn") {
      EXPECT_FALSE(standard.violations.empty()) << "default: " << program["id"] << "\n" << code;
    } else {
      EXPECT_FALSE(standard.is_valid) << "default: " << program["id"] << "\n" << code << told(standard);
    }
  }
}

TEST(Programs, HonestOnesPass) {
  for (const auto& program : programs("benign.json")) {
    const auto code = program["code"].get<std::string>();
    const auto result = check(code);
    EXPECT_TRUE(result.is_valid) << program["id"] << "\n" << code << told(result);
  }
}

// tests/conformance/policy/programs: by theme, each after a line "# --- name".
TEST(Programs, WhatModelsWritePasses) {
  const std::filesystem::path folder = test::source_folder() + "/tests/conformance/policy/programs";
  const std::string mark = "# --- ";
  std::size_t count = 0;
  for (const auto& file : std::filesystem::directory_iterator(folder)) {
    const std::string text = read_text(file.path().string());
    for (auto begin = text.find(mark); begin != std::string::npos;) {
      const auto end = text.find("\n" + mark, begin);
      const auto code = text.substr(begin, end == std::string::npos ? end : end + 1 - begin);
      const auto result = check(code);
      EXPECT_TRUE(result.is_valid) << file.path().filename() << "\n" << code << told(result);
      ++count;
      begin = end == std::string::npos ? end : end + 1;
    }
  }
  EXPECT_GE(count, 200U);
}

TEST(Programs, NothingIsFoundWhenOff) {
  for (const auto& program : programs("evasions.json")) {
    const auto result = check(program["code"].get<std::string>(), "off");
    EXPECT_TRUE(result.is_valid || has_rule(result, "syntax"));
  }
}

// Meaning-preserving changes of a program that is blocked.
TEST(Programs, WrappingDoesNotHelp) {
  const auto indented = [](const std::string& code, const std::string& by) {
    std::string result;
    std::istringstream lines(code);
    for (std::string line; std::getline(lines, line);) {
      result += by + line + "\n";
    }
    return result;
  };
  for (const auto& program : programs("evasions.json")) {
    const auto code = program["code"].get<std::string>();
    const bool movable =
        code.find("import *") == std::string::npos && code.find("__future__") == std::string::npos &&
        code.find("nonlocal") == std::string::npos && code.find("global") == std::string::npos &&
        code.find("\"\"\"") == std::string::npos && code.find("coding") == std::string::npos &&
        program.value("default", "block") == "block";
    if (!movable) {
      continue;
    }
    const std::vector<std::string> wrapped{
        "if True:\n" + indented(code, "    "),
        "try:\n" + indented(code, "  ") + "finally:\n  pass\n",
        "for once in [0]:\n" + indented(code, "    "),
        "x = 1\n\n\n" + code + "\nprint(x)\n",
    };
    for (const auto& text : wrapped) {
      const auto result = check(text);
      EXPECT_FALSE(result.is_valid) << program["id"] << "\n" << text << told(result);
    }
  }
}

// A program's own names mean nothing: each is given another one.
TEST(Programs, NewNamesDoNotHelp) {
  const std::regex bound(R"((?:^|\n)([a-z]\w*) = )");
  std::size_t renamed = 0;
  for (const auto& program : programs("evasions.json")) {
    auto code = program["code"].get<std::string>();
    if (program.value("default", "block") != "block") {
      continue;
    }
    std::set<std::string> names;
    for (std::sregex_iterator found(code.begin(), code.end(), bound), end; found != end; ++found) {
      names.insert((*found)[1]);
    }
    for (const auto& name : names) {
      // Not where it may be something else too: a keyword, an attribute, a part of a text, a builtin.
      const std::regex other("[.'\"@{%]" + name + "\\b|\\b" + name + "\\b(['\"}]|=[^=])|import .*" + name);
      static const std::set<std::string> builtins{"eval", "exec", "open", "getattr", "vars", "print"};
      if (!std::regex_search(code, other) && !builtins.contains(name)) {
        code = std::regex_replace(code, std::regex("\\b" + name + "\\b"), "renamed_" + name);
        ++renamed;
      }
    }
    const auto result = check(code);
    EXPECT_FALSE(result.is_valid) << program["id"] << "\n" << code << told(result);
  }
  EXPECT_GE(renamed, 100U);
}

// Statements that need no module scope do the same within a function or a class.
TEST(Programs, AnotherScopeDoesNotHelp) {
  const auto within = [](const std::string& head, const std::string& code) {
    std::string result = head;
    std::istringstream lines(code);
    for (std::string line; std::getline(lines, line);) {
      result += "    " + line + "\n";
    }
    return result;
  };
  for (const auto& program : programs("evasions.json")) {
    const auto code = program["code"].get<std::string>();
    const bool movable =
        program.value("default", "block") == "block" && code.find("*\n") == std::string::npos &&
        code.find("__future__") == std::string::npos && code.find("global") == std::string::npos &&
        code.find("nonlocal") == std::string::npos && code.find("\"\"\"") == std::string::npos &&
        code.find("coding") == std::string::npos &&
        // A class's own names are not seen by what it holds; a function's cannot be builtins.
        code.find("eval = ") == std::string::npos && code.find("exec = ") == std::string::npos &&
        code.find("del ") == std::string::npos &&
        program["id"].get<std::string>().find("shadow") == std::string::npos &&
        code.find("def eval") == std::string::npos;
    if (!movable) {
      continue;
    }
    for (const auto& text : {within("def run():\n", code) + "run()\n", within("async def run():\n", code)}) {
      const auto result = check(text);
      EXPECT_FALSE(result.is_valid) << program["id"] << "\n" << text << told(result);
    }
  }
}

TEST(Programs, RenamingDoesNotHelp) {
  // Each way to bring a module under another name, with each way to misuse it.
  const std::vector<std::string> ways{
      "import random as m\n",
      "import random\nm = random\n",
      "import random\n(m, n) = (random, 1)\n",
      "import random\n[m] = [random]\n",
      "import random\nm = {'k': random}['k']\n",
      "import random\nm = [random][0]\n",
      "import random\nm = (lambda: random)()\n",
      "import random\nif (m := random): pass\n",
      "import random\nfor m in (random,): pass\n",
      "import random\nm = random if 1 else None\n",
      "import random\nm = None or random\n",
      "import random\nclass C:\n    m = random\nm = C.m\n",
      "import random\nclass C: pass\nC.m = random\nm = C().m\n",
      "import random\ndef f(x=random): return x\nm = f()\n",
      "import random\ndef f(x): return x\nm = f(random)\n",
      "import random\nm = list({random})[0]\n",
      "import random\nm = dict(a=random).get('a')\n",
      "import random\nm = next(iter([random]))\n",
      "import random\nm, *_ = random, 1\n",
      "import random\nmatch random:\n    case m: pass\n",
      "import random\nmatch {'a': [random]}:\n    case {'a': [m]}: pass\n",
      "import random\ndef f():\n    global m\n    m = random\nf()\n",
      "import random\nm = [x for x in [random]][0]\n",
  };
  const std::vector<std::string> deeds{
      "m._os.system('x')\n",
      "getattr(m, '_' + 'os')\n",
      "print('{0._os}'.format(m))\n",
      "def f():\n    return m._os\n",
      "lambda: m._os\n",
      "f'{m._os}'\n",
      "match m:\n    case object(_os=o): pass\n",
      "import operator\noperator.attrgetter('_os.system')(m)\n",
      "[m._os for _ in 'a']\n",
      "class D:\n    a = m._os\n",
  };
  for (const auto& way : ways) {
    for (const auto& deed : deeds) {
      const auto result = check(way + deed);
      EXPECT_FALSE(result.is_valid) << way << deed << told(result);
    }
  }
}

}  // namespace
}  // namespace sallyport::validators::policy
