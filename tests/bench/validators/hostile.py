"""Programs of 1 MB that are made to cost: valid ones and refused ones."""

SIZE = 1_000_000


def repeated(piece, before="", after=""):
    return before + piece * ((SIZE - len(before) - len(after)) // len(piece)) + after


def numbered(form, before="", after=""):
    lines, size = [], len(before) + len(after)
    while size < SIZE:
        lines.append(form.format(len(lines)))
        size += len(lines[-1])
    return before + "".join(lines) + after


def hostile_programs():
    """(name, text) of each."""
    for piece in ("a\n", "a,", "a;", "a.a", "(", "[", "()", "f()", "x[0]", "-", "not ", "lambda: ", "x if x else ",
                  "1+", "a<b<", "*a,", "**", "'", "''", '"""', "f''", "f'{x}'", "{", "}", "\\\n", "#\n", "\n", "\f", "\t",
                  "\r", "é", "\u3000", "0", "1_", "0x", "1e", "@", "@a\n", "if x:\n", "else:\n", "pass;", "a b ", "print x\n",
                  "x = = 1\n", "a := ", "yield ", "await ", "async ", "import a,", "from a import (", "global a\n",
                  "match x:\n", "case ", "type X = ", "def f(", "class A(", "del (", "x: ", "...", "'\\N{DASH}'", "\\x"):
        yield f"only {piece!r}", repeated(piece)
    for piece in ("a,", "a b,", "(a,", "*a,", "a for a in b,", "f(a)(", "a=1,", "**a,", "'a' ", "f'{a}' ", "lambda a,",
                  "[a", "{a:", "a.b[c](", "a if b else ", "not ", "-", "yield "):
        yield f"in brackets {piece!r}", repeated(piece, "x = (", ")\n")
        yield f"in brackets, refused {piece!r}", repeated(piece, "x = (", ") y\n")
    yield "an unclosed bracket", repeated("a\n", "x = (\n")
    yield "a string without end", repeated("a\n", "x = '''")
    yield "fields of one f-string", repeated("{a}", "f'", "'")
    yield "nested fields", repeated("{a:{b}}", "f'", "'")
    yield "one long name", repeated("a")
    yield "one long foreign name", repeated("é")
    yield "names", numbered("a{};")
    yield "globals", numbered("a{},", "def f():\n global ", "a")
    yield "parameters", numbered("a{},", "def f(", "): pass")
    yield "parameters, one twice", numbered("a{},", "def f(", "a0): pass")
    yield "keyword arguments", numbered("a{}=1,", "f(", ")")
    yield "walrus", numbered("(a{}:=1),", "[", "]")
    yield "functions", numbered("def f{}(): yield\n")
    yield "classes with private names", numbered(" __a{0} = __a{0}\n", "class " + "B" * 1000 + ":\n")
    yield "a class with a long name", repeated(" __x = __y\n", "class " + "B" * 200_000 + ":\n")
    yield "alternatives of a pattern", repeated("1 | ", "match x:\n case ", "1: pass")
    yield "a class pattern", numbered("k{}=1,", "match x:\n case A(", "): pass")
    yield "a mapping pattern", numbered("{}: a{},".replace("a{}", "_"), "match x:\n case {", "}: pass")
    yield "elif", repeated("elif x: pass\n", "if x: pass\n")
    yield "indentation", repeated("".join(" " * depth + "if x:\n" for depth in range(99)) + " " * 99 + "pass\n")
    yield "comparisons with is", repeated("x is 1 or ", "", "x")
    yield "nonlocal", numbered("a{}=", "def f():\n ", "1\n def g():\n  nonlocal a0\n")
    yield "comprehensions", repeated("for a in b ", "[a ", "]")
    yield "refused at the end", repeated("x = f(a, b=1)[2:3] + {4: 5}\n", "", "x = = 1\n")
    yield "refused at the end of one statement", repeated("f(a, b=1)[2:3] + {4: 5} + ", "x = ", "= = 1\n")
