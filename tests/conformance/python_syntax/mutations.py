"""Programs that went wrong, made from ones that did not: the same for the same seed."""

import random
import re

TOKEN = re.compile(r'"""|\'\'\'|[A-Za-z_]\w*|\d[\w.]*|"[^"\n]*"|\'[^\'\n]*\'|[-+*/%@&|^<>=!]=|:=|->|\*\*|//|<<|>>|\.\.\.'
                   r'|[^\w\s]|\n[ \t]*|[ \t]+')
WORDS = ("if else elif for while def class return yield await async with as try except finally raise from import in is "
         "not and or lambda pass break continue global nonlocal del assert None True match case type print self "
         "* ** : := = == , . ( ) [ ] { } @ -> ; ! ... $ ? 0x 0777 1_ 2.5j f'{x}' f'{x!r:>{y}}' b'x' 's'").split()
CHARACTERS = "()[]{}:,.'\"\\=+-*/@ \t\n0aZ_#!?$`<>|&%^~\u00e9"
OLD_PYTHON = [(r"\bprint\((.*?)\)$", r"print \1"), (r"except (\w+) as (\w+):", r"except \1, \2:"),
              (r"\braise (\w+)\((.*?)\)", r"raise \1, \2"), (r"!=", "<>"), (r"\b(\d+)\b", r"0\1"),
              (r"\b(\d+)\b", r"\1L"), (r"==", "="), (r" = ", " == "), (r":$", ""), (r"\bdef (\w+)\(", r"def \1(a, a, "),
              (r"\belif\b", "else if"), (r" and ", " && "), (r"\+= 1", "++")]
STATEMENTS = ["return 1", "yield", "await x", "break", "continue", "nonlocal x", "global self", "from x import *",
              "from __future__ import annotations", "__debug__ = 1", "*a = 1", "*a, *b = c", "x = *a", "f(a=1, a=2)",
              "[x := 1 for x in y]", "[i for i in (j := y)]", "[i async for i in y]", "async for x in y: pass",
              "def q(a, a): pass", "try: pass\nexcept: pass\nexcept E: pass"]


def _tokens(random_, text):
    tokens = TOKEN.findall(text)
    places = [i for i, token in enumerate(tokens) if token.strip()]
    if not places:
        return text
    at, other = random_.choice(places), random_.choice(places)
    kind = random_.randrange(5)
    if kind == 0:
        del tokens[at]
    elif kind == 1:
        tokens.insert(at, tokens[at] + (" " if tokens[at][0].isalnum() else ""))
    elif kind == 2:
        tokens[at], tokens[other] = tokens[other], tokens[at]
    elif kind == 3:
        tokens[at] = random_.choice(WORDS)
    else:
        tokens.insert(at, " " + random_.choice(WORDS) + " ")
    return "".join(tokens)


def _characters(random_, text):
    at = random_.randrange(len(text))
    if random_.random() < 0.5:
        return text[:at] + text[at + 1:]
    return text[:at] + random_.choice(CHARACTERS) + text[at:]


def _lines(random_, text):
    lines = text.split("\n")
    at, other = random_.randrange(len(lines)), random_.randrange(len(lines))
    kind = random_.randrange(5)
    if kind == 0:
        lines[at], lines[other] = lines[other], lines[at]
    elif kind == 1:
        lines[at] = random_.choice([" ", "  ", "\t", "    "]) + lines[at]
    elif kind == 2:
        lines[at] = lines[at][1:] if lines[at][:1].isspace() else lines[at]
    elif kind == 3:
        del lines[at]
    else:
        lines = lines[:at + 1]
    return "\n".join(lines)


def _old_python(random_, text):
    pattern, replacement = random_.choice(OLD_PYTHON)
    matches = list(re.finditer(pattern, text, re.M))
    if not matches:
        return _tokens(random_, text)
    match = random_.choice(matches)
    return text[:match.start()] + match.expand(replacement) + text[match.end():]


def _statement(random_, text):
    lines = text.split("\n")
    at = random_.randrange(len(lines))
    indentation = re.match(r"\s*", lines[at]).group()
    lines[at:at] = [indentation + line for line in random_.choice(STATEMENTS).split("\n")]
    return "\n".join(lines)


def _piece(random_, text):
    """A group of top-level statements, thirty lines or so."""
    lines = text.split("\n")
    starts = [i for i, line in enumerate(lines) if line and not line[0].isspace() and line[0] not in ")]}#"]
    if not starts:
        return text[:2000]
    first = random_.choice(starts)
    least = first + random_.randint(3, 40)
    last = next((i for i in starts if i >= least), len(lines))
    return "\n".join(lines[first:min(last, least + 30)]) + "\n"


def mutated(texts, count, seed):
    random_ = random.Random(seed)
    kinds = [_tokens] * 5 + [_characters] * 4 + [_lines] * 2 + [_old_python] * 2 + [_statement] * 2
    programs = []
    while len(programs) < count:
        program = _piece(random_, random_.choice(texts))
        for _ in range(1 if random_.random() < 0.85 else 2):
            if program:
                program = random_.choice(kinds)(random_, program)
        programs.append(program)
    return programs
