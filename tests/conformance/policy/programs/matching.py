# --- match_shapes
from dataclasses import dataclass


@dataclass
class Point:
    x: int
    y: int


def where(p):
    match p:
        case Point(x=0, y=0):
            return "origin"
        case Point(x=0, y=y):
            return f"on the y axis at {y}"
        case Point(x, y) if x == y:
            return "diagonal"
        case Point():
            return "somewhere"
        case _:
            return "not a point"


print([where(p) for p in (Point(0, 0), Point(0, 3), Point(2, 2), Point(1, 5), 7)])

# --- match_json
def describe(value):
    match value:
        case None | True | False:
            return "constant"
        case int() | float():
            return "number"
        case str(text):
            return f"text of {len(text)}"
        case []:
            return "empty list"
        case [first, *rest]:
            return f"list from {first} and {len(rest)} more"
        case {"type": kind, **others}:
            return f"{kind} with {sorted(others)}"
        case dict():
            return "object"


for v in (None, 3, "abc", [], [1, 2, 3], {"type": "cat", "age": 3}, {}):
    print(describe(v))

# --- match_commands
def act(command: str) -> str:
    match command.split():
        case ["go", ("north" | "south") as direction]:
            return f"walking {direction}"
        case ["get", item] if item != "lamp":
            return f"taking {item}"
        case ["drop", *items]:
            return "dropping " + ", ".join(items)
        case [verb]:
            return f"cannot {verb} alone"
        case _:
            return "eh?"


for c in ("go north", "get sword", "get lamp", "drop a b", "eval", ""):
    print(act(c))

# --- match_expression_tree
from dataclasses import dataclass
from typing import Union


@dataclass
class Num:
    value: float


@dataclass
class Bin:
    op: str
    left: "Expr"
    right: "Expr"


Expr = Union[Num, Bin]


def evaluate(e: Expr) -> float:
    match e:
        case Num(v):
            return v
        case Bin("+", l, r):
            return evaluate(l) + evaluate(r)
        case Bin("*", l, r):
            return evaluate(l) * evaluate(r)
        case Bin(op=op):
            raise ValueError(f"unknown operator {op}")


print(evaluate(Bin("+", Num(2), Bin("*", Num(3), Num(4)))))

# --- exception_groups
def failing():
    raise ExceptionGroup("several", [ValueError("a"), TypeError("b"), ValueError("c")])


try:
    failing()
except* ValueError as group:
    print("values:", [str(e) for e in group.exceptions])
except* TypeError as group:
    print("types:", len(group.exceptions))
