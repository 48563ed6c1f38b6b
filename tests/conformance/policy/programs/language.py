# --- comprehensions
matrix = [[1, 2, 3], [4, 5, 6]]
print([x for row in matrix for x in row if x % 2], {x: x**2 for x in range(4)}, {len(w) for w in "a bb cc".split()})
print(list(zip(*matrix)), sum(x for x in range(10)), [[r[i] for r in matrix] for i in range(3)])
print(any(x > 5 for r in matrix for x in r), all([]), sorted({"b": 1, "a": 2}.items(), key=lambda kv: kv[1]))

# --- generators_pipeline
def numbers(limit):
    n = 0
    while n < limit:
        yield n
        n += 1


def only(predicate, source):
    for item in source:
        if predicate(item):
            yield item


def chunked(source, size):
    chunk = []
    for item in source:
        chunk.append(item)
        if len(chunk) == size:
            yield tuple(chunk)
            chunk = []
    if chunk:
        yield tuple(chunk)


print(list(chunked(only(lambda n: n % 3 == 0, numbers(30)), 4)))

# --- coroutine_send
def averager():
    total, count, average = 0.0, 0, None
    while True:
        value = yield average
        if value is None:
            return count, average
        total += value
        count += 1
        average = total / count


avg = averager()
next(avg)
for v in (10, 20, 60):
    print(avg.send(v))
try:
    avg.send(None)
except StopIteration as stop:
    print("result", stop.value)

# --- decorators
import functools
import time


def timed(func):
    @functools.wraps(func)
    def wrapper(*args, **kwargs):
        start = time.perf_counter()
        result = func(*args, **kwargs)
        wrapper.elapsed = time.perf_counter() - start
        wrapper.calls += 1
        return result

    wrapper.calls = 0
    return wrapper


def repeat(times):
    def decorator(func):
        @functools.wraps(func)
        def inner(*args, **kwargs):
            return [func(*args, **kwargs) for _ in range(times)]
        return inner
    return decorator


@timed
@repeat(times=3)
def greet(name):
    """Say hello."""
    return f"hello {name}"


print(greet("ann"), greet.__name__, greet.__doc__, greet.calls)

# --- retry_decorator
import functools


def retry(exceptions, tries=3):
    def deco(fn):
        @functools.wraps(fn)
        def run(*a, **kw):
            last = None
            for attempt in range(1, tries + 1):
                try:
                    return fn(*a, **kw)
                except exceptions as e:
                    last = e
                    print(f"attempt {attempt} of {fn.__name__} failed: {e}")
            raise last
        return run
    return deco


state = {"n": 0}


@retry((ValueError, KeyError))
def flaky():
    state["n"] += 1
    if state["n"] < 3:
        raise ValueError("not yet")
    return "ok"


print(flaky())

# --- exceptions_custom
class AppError(Exception):
    """Base of the program's errors."""

    def __init__(self, message, *, code=1):
        super().__init__(message)
        self.code = code


class NotFound(AppError):
    pass


def find(key, table):
    try:
        return table[key]
    except KeyError as e:
        raise NotFound(f"{key!r} is not in the table", code=404) from e
    finally:
        print("looked for", key)


try:
    find("x", {"a": 1})
except AppError as err:
    print(err, err.code, err.args)
else:
    print("found")

# --- exception_report
import traceback


def parse_all(values):
    good, bad = [], []
    for v in values:
        try:
            good.append(int(v))
        except (TypeError, ValueError):
            bad.append((v, traceback.format_exc().splitlines()[-1]))
    return good, bad


good, bad = parse_all(["1", "x", None, 3.7])
print(good)
for value, reason in bad:
    print(f"{value!r}: {reason}")

# --- bare_except_fallback
def to_number(text, default=None):
    try:
        return float(text)
    except:
        return default


print([to_number(t, 0) for t in ("1.5", "abc", None)])
try:
    result = 10 / 0
except ZeroDivisionError as e:
    result = float("inf")
    print("Error:", e)
except Exception as e:
    print("Unexpected:", str(e))
    raise
print(result)

# --- context_managers
from contextlib import ExitStack, contextmanager, redirect_stdout, suppress
import io


@contextmanager
def tag(name):
    print(f"<{name}>")
    try:
        yield name.upper()
    finally:
        print(f"</{name}>")


with tag("p") as upper, suppress(KeyError):
    print(upper)
    {}["x"]
buffer = io.StringIO()
with redirect_stdout(buffer):
    print("captured")
with ExitStack() as stack:
    names = [stack.enter_context(tag(t)) for t in ("ul", "li")]
    stack.callback(print, "bye", names)
print(repr(buffer.getvalue()))

# --- match_statement_commands
def run(command):
    parts = command.split()
    if not parts:
        return "empty"
    head, *rest = parts
    table = {
        "add": lambda *n: sum(map(int, n)),
        "echo": lambda *w: " ".join(w),
        "open": lambda *f: f"opening {f}",
        "exec": lambda *f: f"no {f}",
    }
    handler = table.get(head)
    return handler(*rest) if handler else f"unknown: {head}"


for c in ("add 1 2 3", "echo hi there", "", "open x", "exec y", "fly"):
    print(run(c))

# --- closures_and_scopes
counter = 0


def make_counter(start=0):
    count = start

    def increment(by=1):
        nonlocal count
        count += by
        return count

    def reset():
        nonlocal count
        count = start

    return increment, reset


def bump():
    global counter
    counter += 1
    return counter


inc, reset = make_counter(10)
inc(), inc(5)
print(inc(), bump(), bump())
reset()
print(inc(), [f() for f in [lambda i=i: i * i for i in range(4)]])

# --- argument_forms
def report(title, /, *rows, sep=", ", end=".", **options):
    text = sep.join(str(r) for r in rows) + end
    return f"{title}: {text} {sorted(options)}"


print(report("T", 1, 2, 3, sep="; ", eval=True, exec=1, compile=2))
args, kwargs = ("A", *range(3)), {"end": "!"}
print(report(*args, **kwargs), (lambda *a, k=1, **kw: (a, k, kw))(1, 2, z=3))

# --- unpacking
first, *middle, last = range(6)
(a, b), c = (1, 2), 3
head, *_ = "text"
x = y = z = 0
x, y = y + 1, x
merged = {**{"a": 1}, "b": 2, **{"a": 3}}
print(first, middle, last, a + b + c, head, x, y, merged, [*range(2), *"ab"])
for i, (name, value) in enumerate({"k": 1, "l": 2}.items(), start=1):
    print(i, name, value)

# --- string_formatting
from datetime import date

name, price, n = "Widget", 1234.5678, 42
print(f"{name:>10}|{name:<10}|{name:^10}|{name:*^12}")
print(f"{price:,.2f} {price:.3e} {n:08.3f} {n:+d} {n:#x} {n:b} {0.256:.1%}")
print("{0} {1} {0}".format("a", "b"), "{n:>{w}}".format(n=5, w=4), "%s %5.1f %03d" % ("x", 2.25, 7))
print(f"{name!r} {price=:.1f} {date(2024, 1, 2):%d.%m.%Y} {'nested ' + f'{n}'} {{braces}}")
record = {"id": 7, "tags": ["x"]}
print("{r[id]} {r[tags][0]}".format(r=record), "{0.real} {0.imag}".format(3 + 4j))

# --- itertools_tour
import itertools as it
import operator

print(list(it.accumulate([1, 2, 3, 4], operator.mul)), list(it.chain.from_iterable(["ab", "c"])))
print(list(it.combinations("ABC", 2)), len(list(it.permutations(range(4)))), list(it.product([0, 1], repeat=2)))
print([(k, len(list(g))) for k, g in it.groupby(sorted("mississippi"))])
print(list(it.islice(it.count(10, 5), 3)), list(it.takewhile(lambda x: x < 3, range(9))), list(it.zip_longest("ab", "c", fillvalue="-")))
print(list(it.starmap(pow, [(2, 3), (3, 2)])), list(it.compress("abcd", [1, 0, 1, 0])), dict(zip("ab", it.cycle([1]))))

# --- functools_tour
from functools import cached_property, partial, reduce
import operator

double = partial(operator.mul, 2)
compose = lambda *fs: reduce(lambda f, g: lambda x: f(g(x)), fs)
print(double(21), compose(str, double, abs)(-4), reduce(operator.add, [[1], [2]], []))


class Circle:
    def __init__(self, r):
        self.r = r

    @cached_property
    def area(self):
        print("computing")
        return 3.14159 * self.r**2


c = Circle(2)
print(c.area, c.area)
people = [{"n": "b", "a": 2}, {"n": "a", "a": 2}]
print(sorted(people, key=operator.itemgetter("a", "n"))[0], max([3, -5], key=abs))

# --- attrgetter_sorting
from collections import namedtuple
from operator import attrgetter, methodcaller

Student = namedtuple("Student", "name grade age")
students = [Student("john", "A", 15), Student("jane", "B", 12), Student("dave", "B", 10)]
for s in sorted(students, key=attrgetter("grade", "age")):
    print(s.name, s)
print(list(map(methodcaller("upper"), ["a", "b"])), sorted(students, key=lambda s: s.age)[0].name)

# --- collections_tour
from collections import ChainMap, Counter, OrderedDict, UserDict, defaultdict, deque

d = deque([1, 2, 3], maxlen=3)
d.appendleft(0)
d.rotate(1)
settings = ChainMap({"a": 1}, {"a": 0, "b": 2})
c = Counter("abracadabra")
c.subtract("aa")
tree = lambda: defaultdict(tree)
t = tree()
t["x"]["y"] = 1
print(d, dict(settings), c.most_common(2), +c - Counter("b"), t["x"]["y"])


class Lower(UserDict):
    def __setitem__(self, key, value):
        super().__setitem__(key.lower(), value)


print(Lower(A=1), OrderedDict(a=1, b=2).popitem(last=False))

# --- copy_semantics
import copy

original = {"list": [1, 2], "nested": {"k": [3]}}
shallow, deep = copy.copy(original), copy.deepcopy(original)
original["list"].append(99)
original["nested"]["k"].append(4)
print(shallow["list"], deep["list"], deep["nested"], original is not shallow)

# --- sets_and_bools
a, b = {1, 2, 3}, {3, 4}
print(a | b, a & b, a - b, a ^ b, a <= {1, 2, 3, 4}, a.isdisjoint({9}))
print(bool([]), not None, 1 < 2 < 3, 5 if a else 6, None or "default", [] and 1, frozenset("ab") == frozenset("ba"))
while True:
    if len(a) > 5:
        break
    a.add(len(a) * 10)
else:
    print("never")
print(sorted(a))

# --- type_checks
values = [1, 2.5, "s", None, [1], (2,), {"k": 1}, {3}, b"x", True, range(2), lambda: 0, int, 3j]
for v in values:
    print(type(v).__name__, isinstance(v, (int, float)), callable(v), end=" | ")
print()
print({type(v).__name__ for v in values if not isinstance(v, type)}, type(None), id(values) == id(values))

# --- interactive_input
def ask(prompt, kind=int):
    raw = input(prompt)
    try:
        return kind(raw)
    except ValueError:
        print("not a valid", kind.__name__)
        return None


a = ask("first: ")
b = ask("second: ")
if a is not None and b is not None:
    print(f"{a} + {b} = {a + b}")

# --- main_guard
import sys


def main(argv=None):
    argv = sys.argv[1:] if argv is None else argv
    limit = int(argv[0]) if argv else 5
    print("numbers up to", limit, ":", *range(1, limit + 1))
    print("error output", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main(["3"]))

# --- read_stdin_lines
import sys

total = 0
for line in sys.stdin:
    line = line.strip()
    if line:
        total += int(line)
sys.stdout.write(f"total {total}\n")
sys.stdout.flush()
print(sys.version_info >= (3, 8), sys.maxsize > 2**32, sys.float_info.epsilon)

# --- recursion_depth
import sys

sys.setrecursionlimit(3000)


def depth(n):
    return 0 if n == 0 else 1 + depth(n - 1)


def flatten(x):
    for item in x:
        if isinstance(item, (list, tuple)):
            yield from flatten(item)
        else:
            yield item


print(depth(1500), list(flatten([1, [2, (3, [4])], 5])))
try:
    depth(10**5)
except RecursionError as e:
    print("too deep:", type(e).__name__)

# --- ackermann_and_mutual
def ackermann(m, n):
    if m == 0:
        return n + 1
    if n == 0:
        return ackermann(m - 1, 1)
    return ackermann(m - 1, ackermann(m, n - 1))


def is_even(n):
    return n == 0 or is_odd(n - 1)


def is_odd(n):
    return n != 0 and is_even(n - 1)


print(ackermann(2, 3), is_even(10), is_odd(7))

# --- assertions_and_tests
import unittest


def slugify(text):
    return "-".join(text.lower().split())


class SlugTest(unittest.TestCase):
    def setUp(self):
        self.text = "Hello Big World"

    def test_simple(self):
        self.assertEqual(slugify(self.text), "hello-big-world")

    def test_empty(self):
        self.assertEqual(slugify(""), "")
        with self.assertRaises(AttributeError):
            slugify(None)


if __name__ == "__main__":
    unittest.main(argv=["tests"], exit=False)

# --- logging_usage
import logging
import sys

logging.basicConfig(level=logging.INFO, stream=sys.stdout, format="%(levelname)s %(name)s: %(message)s")
log = logging.getLogger(__name__)
log.debug("not shown")
log.info("processing %d rows", 3)
try:
    1 / 0
except ZeroDivisionError:
    log.exception("it failed")
log.warning("done")

# --- warnings_usage
import warnings


def old(x):
    warnings.warn("old() is deprecated, use new()", DeprecationWarning, stacklevel=2)
    return x


with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    print(old(1), len(caught), caught[0].category.__name__)
warnings.filterwarnings("ignore", category=DeprecationWarning)
print(old(2))
