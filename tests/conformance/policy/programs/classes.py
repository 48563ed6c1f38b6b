# --- bank_account
class InsufficientFunds(Exception):
    pass


class Account:
    bank = "First Bank"
    count = 0

    def __init__(self, owner, balance=0.0):
        self.owner = owner
        self.__balance = balance
        Account.count += 1

    @property
    def balance(self):
        return self.__balance

    def deposit(self, amount):
        if amount <= 0:
            raise ValueError("amount must be positive")
        self.__balance += amount

    def withdraw(self, amount):
        if amount > self.__balance:
            raise InsufficientFunds(f"{self.owner} has only {self.__balance:.2f}")
        self.__balance -= amount


acc = Account("Ann", 100)
acc.deposit(50)
try:
    acc.withdraw(500)
except InsufficientFunds as exc:
    print(type(exc).__name__, "-", exc)
print(acc.balance, Account.count)

# --- shapes_abstract
from abc import ABC, abstractmethod
import math


class Shape(ABC):
    @abstractmethod
    def area(self) -> float:
        """Area of the shape."""

    def __str__(self):
        return f"{self.__class__.__name__}(area={self.area():.2f})"

    def __lt__(self, other):
        return self.area() < other.area()


class Circle(Shape):
    def __init__(self, r):
        self.r = r

    def area(self):
        return math.pi * self.r**2


class Rect(Shape):
    def __init__(self, w, h):
        self.w, self.h = w, h

    def area(self):
        return self.w * self.h


for shape in sorted([Circle(1), Rect(2, 1), Circle(0.5)]):
    print(shape)
try:
    Shape()
except TypeError as e:
    print("abstract:", e)

# --- vector_operators
from __future__ import annotations

import math


class Vector:
    def __init__(self, x: float, y: float):
        self.x, self.y = x, y

    def __add__(self, other: Vector) -> Vector:
        return Vector(self.x + other.x, self.y + other.y)

    def __mul__(self, k: float) -> Vector:
        return Vector(self.x * k, self.y * k)

    __rmul__ = __mul__

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Vector):
            return NotImplemented
        return (self.x, self.y) == (other.x, other.y)

    def __hash__(self) -> int:
        return hash((self.x, self.y))

    def __abs__(self) -> float:
        return math.hypot(self.x, self.y)

    def __repr__(self) -> str:
        return f"Vector({self.x!r}, {self.y!r})"


print(Vector(1, 2) + 2 * Vector(1, 1), abs(Vector(3, 4)), Vector(0, 1) == Vector(0, 1))

# --- dataclass_inventory
from dataclasses import asdict, dataclass, field, replace


@dataclass(order=True)
class Item:
    name: str
    price: float
    quantity: int = 0
    tags: list[str] = field(default_factory=list, compare=False)

    def __post_init__(self):
        if self.price < 0:
            raise ValueError("negative price")

    @property
    def total(self) -> float:
        return self.price * self.quantity


items = [Item("pen", 1.5, 10), Item("ink", 4.0, 2, ["blue"])]
print(sorted(items)[0], asdict(items[1]), sum(i.total for i in items))
print(replace(items[0], quantity=99))

# --- frozen_dataclass
from dataclasses import FrozenInstanceError, dataclass, fields


@dataclass(frozen=True)
class Point:
    x: int
    y: int
    label: str = ""

    def __post_init__(self):
        object.__setattr__(self, "label", self.label or f"P{self.x}{self.y}")


p = Point(1, 2)
try:
    p.x = 3
except FrozenInstanceError:
    print("cannot change", p)
print([f.name for f in fields(Point)], {p: "as a key"}[Point(1, 2)])

# --- enum_states
from enum import Enum, Flag, IntEnum, auto, unique


@unique
class Light(Enum):
    RED = auto()
    GREEN = auto()
    YELLOW = auto()

    def next(self):
        members = list(type(self))
        return members[(members.index(self) + 1) % len(members)]


class Priority(IntEnum):
    LOW = 1
    HIGH = 3


class Perm(Flag):
    R = 4
    W = 2
    X = 1


light = Light.RED
for _ in range(4):
    print(light.name, light.value, end="; ")
    light = light.next()
print(Priority.HIGH > Priority.LOW, Perm.R | Perm.W, Light["RED"], list(Light.__members__))

# --- property_validation
class Temperature:
    def __init__(self, celsius=0.0):
        self.celsius = celsius

    @property
    def celsius(self):
        return self._celsius

    @celsius.setter
    def celsius(self, value):
        if value < -273.15:
            raise ValueError("below absolute zero")
        self._celsius = value

    @property
    def fahrenheit(self):
        return self._celsius * 9 / 5 + 32

    @classmethod
    def from_fahrenheit(cls, f):
        return cls((f - 32) * 5 / 9)

    @staticmethod
    def is_freezing(c):
        return c <= 0


t = Temperature.from_fahrenheit(212)
print(t.celsius, t.fahrenheit, Temperature.is_freezing(-1))

# --- descriptor_typed
class Typed:
    def __init__(self, kind):
        self.kind = kind

    def __set_name__(self, owner, name):
        self.name = "_" + name

    def __get__(self, instance, owner=None):
        return self if instance is None else getattr(instance, self.name, None)

    def __set__(self, instance, value):
        if not isinstance(value, self.kind):
            raise TypeError(f"{self.name[1:]} must be {self.kind.__name__}")
        setattr(instance, self.name, value)


class Person:
    name = Typed(str)
    age = Typed(int)

    def __init__(self, name, age):
        self.name, self.age = name, age


print(Person("Ann", 3).age)
try:
    Person("Bob", "old")
except TypeError as e:
    print(e)

# --- iterator_and_container
class Deck:
    SUITS = "♠♥♦♣"
    RANKS = [str(n) for n in range(2, 11)] + list("JQKA")

    def __init__(self):
        self._cards = [r + s for s in self.SUITS for r in self.RANKS]

    def __len__(self):
        return len(self._cards)

    def __getitem__(self, index):
        return self._cards[index]

    def __contains__(self, card):
        return card in self._cards

    def __iter__(self):
        return iter(self._cards)

    def __reversed__(self):
        return reversed(self._cards)


deck = Deck()
print(len(deck), deck[0], deck[-1], deck[:3], "A♠" in deck, next(reversed(deck)))

# --- mixins_and_super
import json


class JsonMixin:
    def to_json(self):
        return json.dumps(self.__dict__, sort_keys=True)


class ReprMixin:
    def __repr__(self):
        inner = ", ".join(f"{k}={v!r}" for k, v in vars(self).items())
        return f"{type(self).__name__}({inner})"


class Base:
    def __init__(self, **kwargs):
        super().__init__()
        for key, value in kwargs.items():
            setattr(self, key, value)


class User(JsonMixin, ReprMixin, Base):
    def __init__(self, name, **kwargs):
        super().__init__(name=name, **kwargs)


u = User("ann", age=3)
print(u, u.to_json(), issubclass(User, Base), isinstance(u, JsonMixin))

# --- singleton_and_new
class Singleton:
    _instance = None

    def __new__(cls, *args, **kwargs):
        if cls._instance is None:
            cls._instance = super().__new__(cls)
        return cls._instance

    def __init__(self, value=None):
        if value is not None:
            self.value = value


a, b = Singleton(1), Singleton()
print(a is b, b.value)

# --- metaclass_registry
class Registry(type):
    plugins = {}

    def __new__(mcs, name, bases, namespace):
        cls = super().__new__(mcs, name, bases, namespace)
        if bases:
            mcs.plugins[name.lower()] = cls
        return cls


class Plugin(metaclass=Registry):
    def run(self, x):
        raise NotImplementedError


class Double(Plugin):
    def run(self, x):
        return x * 2


class Square(Plugin):
    def run(self, x):
        return x**2


for name, cls in Registry.plugins.items():
    print(name, cls().run(7))

# --- init_subclass_registry
class Handler:
    handlers = {}

    def __init_subclass__(cls, /, kind=None, **kwargs):
        super().__init_subclass__(**kwargs)
        cls.handlers[kind or cls.__name__] = cls


class Csv(Handler, kind="csv"):
    def load(self, text):
        return [line.split(",") for line in text.splitlines()]


class Lines(Handler):
    def load(self, text):
        return text.splitlines()


print(sorted(Handler.handlers), Handler.handlers["csv"]().load("a,b\nc,d"))

# --- observer
class Event:
    def __init__(self):
        self._listeners = []

    def __iadd__(self, listener):
        self._listeners.append(listener)
        return self

    def __call__(self, *args, **kwargs):
        return [listener(*args, **kwargs) for listener in self._listeners]


changed = Event()
changed += lambda old, new: f"{old}->{new}"
changed += lambda old, new: new - old
print(changed(3, 10))

# --- state_machine
class Order:
    TRANSITIONS = {
        "new": {"pay": "paid", "cancel": "cancelled"},
        "paid": {"ship": "shipped", "refund": "cancelled"},
        "shipped": {"deliver": "done"},
    }

    def __init__(self):
        self.state = "new"
        self.history = [self.state]

    def fire(self, event):
        try:
            self.state = self.TRANSITIONS[self.state][event]
        except KeyError:
            raise RuntimeError(f"cannot {event} when {self.state}") from None
        self.history.append(self.state)
        return self


order = Order().fire("pay").fire("ship")
try:
    order.fire("cancel")
except RuntimeError as e:
    print(e)
print(" > ".join(order.history))

# --- stack_and_queue_generic
from typing import Generic, Iterator, Optional, TypeVar

T = TypeVar("T")


class Stack(Generic[T]):
    def __init__(self) -> None:
        self._items: list[T] = []

    def push(self, item: T) -> None:
        self._items.append(item)

    def pop(self) -> Optional[T]:
        return self._items.pop() if self._items else None

    def __iter__(self) -> Iterator[T]:
        return iter(self._items[::-1])

    def __bool__(self) -> bool:
        return bool(self._items)


s: Stack[int] = Stack()
for n in range(3):
    s.push(n)
print(list(s), s.pop(), bool(s))

# --- protocol_typing
from typing import Any, Callable, Protocol, Union, runtime_checkable


@runtime_checkable
class Quacks(Protocol):
    def quack(self) -> str: ...


class Duck:
    def quack(self) -> str:
        return "Quack"


Number = Union[int, float]


def apply(fn: Callable[[Number], Number], *values: Number) -> list[Number]:
    return [fn(v) for v in values]


def describe(thing: Any) -> str:
    return thing.quack() if isinstance(thing, Quacks) else repr(thing)


print(describe(Duck()), describe(3), apply(lambda x: x * 1.5, 2, 4))

# --- typeddict_namedtuple
from typing import Literal, NamedTuple, Optional, TypedDict


class Movie(TypedDict, total=False):
    title: str
    year: int


class Employee(NamedTuple):
    name: str
    role: Literal["dev", "ops"] = "dev"
    boss: Optional[str] = None


m: Movie = {"title": "Alien", "year": 1979}
e = Employee("Ann", boss="Bob")
print(m["title"], e._asdict(), e._replace(role="ops"), Employee._fields, Employee.__annotations__.keys())

# --- overloads_and_singledispatch
from dataclasses import dataclass
from functools import singledispatch, singledispatchmethod


@singledispatch
def show(x):
    return f"object {x!r}"


@show.register
def _(x: int):
    return f"int {x:,}"


@show.register(list)
def _(x):
    return "list of " + ", ".join(show(i) for i in x)


@dataclass
class Formatter:
    prefix: str = ">"

    @singledispatchmethod
    def format(self, value):
        return self.prefix + str(value)

    @format.register
    def _(self, value: float):
        return f"{self.prefix}{value:.1f}"


print(show([1000, "a"]), Formatter().format(3.14159), Formatter("*").format("x"))

# --- comparable_version
from functools import total_ordering


@total_ordering
class Version:
    def __init__(self, text):
        self.parts = tuple(int(p) for p in text.split("."))

    def __eq__(self, other):
        return self.parts == other.parts

    def __lt__(self, other):
        return self.parts < other.parts

    def __str__(self):
        return ".".join(map(str, self.parts))


versions = [Version(v) for v in ("1.10", "1.9", "2.0", "1.9.1")]
print([str(v) for v in sorted(versions)], max(versions) >= Version("2.0"))

# --- dynamic_attributes
class Config:
    def __init__(self, **values):
        self._values = values

    def __getattr__(self, name):
        try:
            return self._values[name]
        except KeyError:
            raise AttributeError(f"no setting {name!r}") from None


c = Config(debug=True, level=3)
print(c.debug, c.level, hasattr(c, "missing"))
try:
    c.missing
except AttributeError as err:
    print(err)

# --- builder_pattern
class Query:
    def __init__(self, table):
        self._table, self._where, self._limit = table, [], None

    def where(self, condition):
        self._where.append(condition)
        return self

    def limit(self, n):
        self._limit = n
        return self

    def build(self):
        sql = f"SELECT * FROM {self._table}"
        if self._where:
            sql += " WHERE " + " AND ".join(self._where)
        if self._limit is not None:
            sql += f" LIMIT {self._limit}"
        return sql


print(Query("users").where("age > 18").where("name LIKE 'A%'").limit(10).build())

# --- weakref_cache
import weakref


class Image:
    def __init__(self, name):
        self.name = name


cache = weakref.WeakValueDictionary()
img = Image("cat")
cache["cat"] = img
print("cat" in cache, cache["cat"].name)
del img
print(len(cache))

# --- context_manager_class
class Transaction:
    def __init__(self, data):
        self.data = data

    def __enter__(self):
        self.backup = dict(self.data)
        return self.data

    def __exit__(self, exc_type, exc, tb):
        if exc_type is not None:
            self.data.clear()
            self.data.update(self.backup)
            print("rolled back:", exc_type.__name__)
        return exc_type is KeyError


store = {"a": 1}
with Transaction(store) as d:
    d["b"] = 2
with Transaction(store) as d:
    d["c"] = 3
    d["missing"] += 1
print(store)

# --- slots_and_sizes
import sys


class Plain:
    def __init__(self):
        self.x, self.y = 1, 2


class Slim:
    __slots__ = ("x", "y")

    def __init__(self):
        self.x, self.y = 1, 2


try:
    Slim().z = 3
except AttributeError as e:
    print("no new attributes:", type(e).__name__)
print(sys.getsizeof(Slim()) <= sys.getsizeof(Plain()) + 64, Slim.__slots__)

# --- rpg_simulation
import random
from dataclasses import dataclass, field


@dataclass
class Fighter:
    name: str
    hp: int
    attack: int
    log: list = field(default_factory=list, repr=False)

    @property
    def alive(self):
        return self.hp > 0

    def hit(self, other, rng):
        damage = max(1, self.attack + rng.randint(-2, 2))
        other.hp -= damage
        self.log.append((other.name, damage))


rng = random.Random(5)
a, b = Fighter("Knight", 30, 6), Fighter("Orc", 40, 4)
turn = 0
while a.alive and b.alive:
    first, second = (a, b) if turn % 2 == 0 else (b, a)
    first.hit(second, rng)
    turn += 1
winner = a if a.alive else b
print(f"{winner.name} wins after {turn} turns with {winner.hp} hp")
