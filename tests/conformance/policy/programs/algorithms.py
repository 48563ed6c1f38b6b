# --- binary_search
def binary_search(items, target):
    lo, hi = 0, len(items) - 1
    while lo <= hi:
        mid = (lo + hi) // 2
        if items[mid] == target:
            return mid
        if items[mid] < target:
            lo = mid + 1
        else:
            hi = mid - 1
    return -1


numbers = [1, 3, 5, 7, 9, 11]
print(binary_search(numbers, 7), binary_search(numbers, 4))

# --- quicksort_and_mergesort
import random


def quicksort(a):
    if len(a) <= 1:
        return a
    pivot, rest = a[0], a[1:]
    return quicksort([x for x in rest if x < pivot]) + [pivot] + quicksort([x for x in rest if x >= pivot])


def mergesort(a):
    if len(a) <= 1:
        return a
    mid = len(a) // 2
    left, right = mergesort(a[:mid]), mergesort(a[mid:])
    merged = []
    i = j = 0
    while i < len(left) and j < len(right):
        if left[i] <= right[j]:
            merged.append(left[i])
            i += 1
        else:
            merged.append(right[j])
            j += 1
    return merged + left[i:] + right[j:]


random.seed(0)
data = [random.randint(0, 99) for _ in range(20)]
assert quicksort(data) == mergesort(data) == sorted(data)
print(quicksort(data))

# --- sieve_of_eratosthenes
def primes_up_to(n):
    sieve = bytearray([1]) * (n + 1)
    sieve[0:2] = b"\x00\x00"
    for i in range(2, int(n**0.5) + 1):
        if sieve[i]:
            sieve[i * i :: i] = bytes(len(range(i * i, n + 1, i)))
    return [i for i, flag in enumerate(sieve) if flag]


print(primes_up_to(60))
print(len(primes_up_to(10_000)))

# --- fibonacci_variants
from functools import lru_cache
from itertools import islice


@lru_cache(maxsize=None)
def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)


def fib_gen():
    a, b = 0, 1
    while True:
        yield a
        a, b = b, a + b


print([fib(i) for i in range(15)])
print(list(islice(fib_gen(), 15)))
print(fib.cache_info().hits > 0, fib(200))

# --- dijkstra
import heapq

graph = {
    "A": {"B": 4, "C": 2},
    "B": {"D": 5},
    "C": {"B": 1, "D": 8},
    "D": {},
}


def dijkstra(graph, source):
    dist = {node: float("inf") for node in graph}
    dist[source] = 0
    previous = {}
    heap = [(0, source)]
    while heap:
        d, node = heapq.heappop(heap)
        if d > dist[node]:
            continue
        for nxt, w in graph[node].items():
            if (nd := d + w) < dist[nxt]:
                dist[nxt] = nd
                previous[nxt] = node
                heapq.heappush(heap, (nd, nxt))
    return dist, previous


dist, prev = dijkstra(graph, "A")
path, node = [], "D"
while node:
    path.append(node)
    node = prev.get(node)
print(dist, " -> ".join(reversed(path)))

# --- bfs_grid
from collections import deque

GRID = [
    "S.#.",
    "..#.",
    "...E",
]


def find(ch):
    for r, row in enumerate(GRID):
        if ch in row:
            return r, row.index(ch)


def shortest(start, end):
    queue, seen = deque([(start, 0)]), {start}
    while queue:
        (r, c), steps = queue.popleft()
        if (r, c) == end:
            return steps
        for dr, dc in ((0, 1), (1, 0), (0, -1), (-1, 0)):
            nr, nc = r + dr, c + dc
            if 0 <= nr < len(GRID) and 0 <= nc < len(GRID[0]) and GRID[nr][nc] != "#" and (nr, nc) not in seen:
                seen.add((nr, nc))
                queue.append(((nr, nc), steps + 1))
    return None


print("steps:", shortest(find("S"), find("E")))

# --- depth_first_topological
tasks = {"deploy": ["test", "build"], "test": ["build"], "build": ["fetch"], "fetch": []}
order, state = [], {}


def visit(task):
    if state.get(task) == "done":
        return
    if state.get(task) == "open":
        raise ValueError(f"cycle at {task}")
    state[task] = "open"
    for dep in tasks[task]:
        visit(dep)
    state[task] = "done"
    order.append(task)


for t in tasks:
    visit(t)
print(order)

# --- graphlib_sort
from graphlib import CycleError, TopologicalSorter

ts = TopologicalSorter({"D": {"B", "C"}, "B": {"A"}, "C": {"A"}})
print(list(ts.static_order())[0])
try:
    list(TopologicalSorter({"a": {"b"}, "b": {"a"}}).static_order())
except CycleError as exc:
    print("cycle:", exc.args[1])

# --- knapsack
def knapsack(capacity, items):
    table = [[0] * (capacity + 1) for _ in range(len(items) + 1)]
    for i, (weight, value) in enumerate(items, 1):
        for c in range(capacity + 1):
            table[i][c] = table[i - 1][c]
            if weight <= c:
                table[i][c] = max(table[i][c], table[i - 1][c - weight] + value)
    chosen, c = [], capacity
    for i in range(len(items), 0, -1):
        if table[i][c] != table[i - 1][c]:
            chosen.append(i - 1)
            c -= items[i - 1][0]
    return table[-1][-1], chosen[::-1]


print(knapsack(10, [(5, 10), (4, 40), (6, 30), (3, 50)]))

# --- longest_common_subsequence
def lcs(a, b):
    m, n = len(a), len(b)
    dp = [[""] * (n + 1) for _ in range(m + 1)]
    for i in range(m):
        for j in range(n):
            if a[i] == b[j]:
                dp[i + 1][j + 1] = dp[i][j] + a[i]
            else:
                dp[i + 1][j + 1] = max(dp[i][j + 1], dp[i + 1][j], key=len)
    return dp[m][n]


print(lcs("AGGTAB", "GXTXAYB"))

# --- n_queens
def solve(n, row=0, cols=(), out=None):
    if out is None:
        out = []
    if row == n:
        out.append(cols)
        return out
    for c in range(n):
        if all(c != pc and abs(c - pc) != row - pr for pr, pc in enumerate(cols)):
            solve(n, row + 1, cols + (c,), out)
    return out


solutions = solve(6)
print(len(solutions), "solutions")
for c in solutions[0]:
    print("." * c + "Q" + "." * (5 - c))

# --- tower_of_hanoi
def hanoi(n, source="A", target="C", spare="B"):
    if n == 0:
        return 0
    moves = hanoi(n - 1, source, spare, target)
    if n == 3:
        print(f"move disk {n} from {source} to {target}")
    return moves + 1 + hanoi(n - 1, spare, target, source)


print("moves:", hanoi(5))

# --- sudoku_solver
PUZZLE = (
    "530070000600195000098000060800060003400803001700020006060000280000419005000080079"
)


def candidates(board, i):
    r, c = divmod(i, 9)
    used = set(board[r * 9 : r * 9 + 9]) | set(board[c::9])
    br, bc = r // 3 * 3, c // 3 * 3
    used |= {board[(br + a) * 9 + bc + b] for a in range(3) for b in range(3)}
    return [d for d in "123456789" if d not in used]


def solve(board):
    try:
        i = board.index("0")
    except ValueError:
        return board
    for d in candidates(board, i):
        result = solve(board[:i] + d + board[i + 1 :])
        if result:
            return result
    return None


answer = solve(PUZZLE)
for r in range(9):
    print(" ".join(answer[r * 9 : r * 9 + 9]))

# --- linked_list
class Node:
    __slots__ = ("value", "next")

    def __init__(self, value, next=None):
        self.value = value
        self.next = next


class LinkedList:
    def __init__(self, items=()):
        self.head = None
        for item in reversed(list(items)):
            self.head = Node(item, self.head)

    def __iter__(self):
        node = self.head
        while node is not None:
            yield node.value
            node = node.next

    def reverse(self):
        prev = None
        node = self.head
        while node:
            node.next, prev, node = prev, node, node.next
        self.head = prev
        return self


print(list(LinkedList("abc").reverse()))

# --- binary_tree
class Tree:
    def __init__(self, key):
        self.key = key
        self.left = self.right = None

    def insert(self, key):
        side = "left" if key < self.key else "right"
        child = getattr(self, "left") if side == "left" else self.right
        if child is None:
            if side == "left":
                self.left = Tree(key)
            else:
                self.right = Tree(key)
        else:
            child.insert(key)

    def walk(self):
        if self.left:
            yield from self.left.walk()
        yield self.key
        if self.right:
            yield from self.right.walk()

    def height(self):
        return 1 + max((t.height() for t in (self.left, self.right) if t), default=0)


root = Tree(50)
for k in (30, 70, 20, 40, 60, 80, 10):
    root.insert(k)
print(list(root.walk()), root.height())

# --- union_find
class DSU:
    def __init__(self, n):
        self.parent = list(range(n))
        self.size = [1] * n

    def find(self, x):
        while self.parent[x] != x:
            self.parent[x] = self.parent[self.parent[x]]
            x = self.parent[x]
        return x

    def union(self, a, b):
        a, b = self.find(a), self.find(b)
        if a == b:
            return False
        if self.size[a] < self.size[b]:
            a, b = b, a
        self.parent[b] = a
        self.size[a] += self.size[b]
        return True


edges = sorted([(7, 0, 1), (5, 1, 2), (8, 0, 2), (9, 1, 3), (15, 3, 4)])
dsu = DSU(5)
mst = [(w, a, b) for w, a, b in edges if dsu.union(a, b)]
print("MST weight:", sum(w for w, *_ in mst), mst)

# --- lru_cache_class
from collections import OrderedDict


class LRU:
    def __init__(self, size):
        self.size = size
        self.store = OrderedDict()

    def get(self, key):
        if key not in self.store:
            return None
        self.store.move_to_end(key)
        return self.store[key]

    def put(self, key, value):
        self.store[key] = value
        self.store.move_to_end(key)
        if len(self.store) > self.size:
            self.store.popitem(last=False)


cache = LRU(2)
cache.put("a", 1)
cache.put("b", 2)
cache.get("a")
cache.put("c", 3)
print(list(cache.store), cache.get("b"))

# --- matrix_multiplication
def matmul(a, b):
    return [[sum(x * y for x, y in zip(row, col)) for col in zip(*b)] for row in a]


def power(m, n):
    size = len(m)
    result = [[int(i == j) for j in range(size)] for i in range(size)]
    while n:
        if n & 1:
            result = matmul(result, m)
        m = matmul(m, m)
        n >>= 1
    return result


print(matmul([[1, 2], [3, 4]], [[5, 6], [7, 8]]))
print(power([[1, 1], [1, 0]], 50)[0][1])

# --- gaussian_elimination
from fractions import Fraction


def solve(a, b):
    n = len(a)
    m = [[Fraction(x) for x in row] + [Fraction(y)] for row, y in zip(a, b)]
    for i in range(n):
        pivot = next(r for r in range(i, n) if m[r][i] != 0)
        m[i], m[pivot] = m[pivot], m[i]
        m[i] = [x / m[i][i] for x in m[i]]
        for r in range(n):
            if r != i:
                factor = m[r][i]
                m[r] = [x - factor * y for x, y in zip(m[r], m[i])]
    return [row[-1] for row in m]


print([str(x) for x in solve([[2, 1, -1], [-3, -1, 2], [-2, 1, 2]], [8, -11, -3])])

# --- permutations_recursive
def permutations(items):
    if not items:
        return [[]]
    result = []
    for i, item in enumerate(items):
        for rest in permutations(items[:i] + items[i + 1 :]):
            result.append([item] + rest)
    return result


def subsets(items):
    return [[x for i, x in enumerate(items) if mask >> i & 1] for mask in range(1 << len(items))]


print(len(permutations([1, 2, 3, 4])), subsets("abc"))

# --- collatz_and_gcd
import math


def collatz(n):
    steps = 0
    while n != 1:
        n = n // 2 if n % 2 == 0 else 3 * n + 1
        steps += 1
    return steps


best = max(range(1, 3000), key=collatz)
print(best, collatz(best))
print(math.gcd(84, 36), math.lcm(4, 6), pow(3, 200, 13))

# --- prime_factors
def factors(n):
    d, out = 2, {}
    while d * d <= n:
        while n % d == 0:
            out[d] = out.get(d, 0) + 1
            n //= d
        d += 1
    if n > 1:
        out[n] = out.get(n, 0) + 1
    return out


for n in (360, 97, 1001, 2**16 + 1):
    print(n, "=", " * ".join(f"{p}^{e}" if e > 1 else str(p) for p, e in factors(n).items()))

# --- coin_change
def coin_change(coins, amount):
    best = [0] + [float("inf")] * amount
    used = [None] * (amount + 1)
    for a in range(1, amount + 1):
        for c in coins:
            if c <= a and best[a - c] + 1 < best[a]:
                best[a], used[a] = best[a - c] + 1, c
    if best[amount] == float("inf"):
        return None
    result = []
    while amount:
        result.append(used[amount])
        amount -= used[amount]
    return result


print(coin_change([1, 5, 12], 16), coin_change([5], 3))

# --- trie
class Trie:
    def __init__(self):
        self.children = {}
        self.end = False

    def add(self, word):
        node = self
        for ch in word:
            node = node.children.setdefault(ch, Trie())
        node.end = True

    def search(self, prefix):
        node = self
        for ch in prefix:
            if ch not in node.children:
                return []
            node = node.children[ch]
        return sorted(prefix + rest for rest in node.words())

    def words(self):
        if self.end:
            yield ""
        for ch, child in self.children.items():
            for rest in child.words():
                yield ch + rest


t = Trie()
for w in ("car", "card", "care", "cat", "dog"):
    t.add(w)
print(t.search("car"))

# --- expression_evaluator
import operator

OPS = {"+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv}
PRECEDENCE = {"+": 1, "-": 1, "*": 2, "/": 2}


def to_rpn(tokens):
    output, stack = [], []
    for tok in tokens:
        if tok in OPS:
            while stack and stack[-1] in OPS and PRECEDENCE[stack[-1]] >= PRECEDENCE[tok]:
                output.append(stack.pop())
            stack.append(tok)
        elif tok == "(":
            stack.append(tok)
        elif tok == ")":
            while stack[-1] != "(":
                output.append(stack.pop())
            stack.pop()
        else:
            output.append(float(tok))
    return output + stack[::-1]


def evaluate(rpn):
    stack = []
    for tok in rpn:
        if isinstance(tok, float):
            stack.append(tok)
        else:
            b, a = stack.pop(), stack.pop()
            stack.append(OPS[tok](a, b))
    return stack[0]


print(evaluate(to_rpn("2 * ( 3 + 4 ) - 5 / 2".split())))

# --- safe_calculator_ast
import ast
import operator as op

OPERATORS = {ast.Add: op.add, ast.Sub: op.sub, ast.Mult: op.mul, ast.Div: op.truediv, ast.Pow: op.pow, ast.USub: op.neg}


def calculate(text):
    def walk(node):
        if isinstance(node, ast.Expression):
            return walk(node.body)
        if isinstance(node, ast.Constant) and isinstance(node.value, (int, float)):
            return node.value
        if isinstance(node, ast.BinOp):
            return OPERATORS[type(node.op)](walk(node.left), walk(node.right))
        if isinstance(node, ast.UnaryOp):
            return OPERATORS[type(node.op)](walk(node.operand))
        raise ValueError("unsupported expression")

    return walk(ast.parse(text, mode="eval"))


print(calculate("2 * (3 + 4) ** 2"), calculate("-7 / 2"), ast.literal_eval("[1, {'a': 2}]"))

# --- game_of_life
from collections import Counter

cells = {(1, 0), (1, 1), (1, 2)}


def step(cells):
    neighbours = Counter(
        (r + dr, c + dc) for r, c in cells for dr in (-1, 0, 1) for dc in (-1, 0, 1) if dr or dc
    )
    return {cell for cell, n in neighbours.items() if n == 3 or (n == 2 and cell in cells)}


for generation in range(3):
    print("\n".join("".join("#" if (r, c) in cells else "." for c in range(3)) for r in range(3)), end="\n\n")
    cells = step(cells)

# --- newton_and_bisection
import math


def newton(f, df, x, tol=1e-12, max_iter=50):
    for i in range(max_iter):
        step = f(x) / df(x)
        x -= step
        if abs(step) < tol:
            return x, i + 1
    raise RuntimeError("no convergence")


def bisect(f, lo, hi, tol=1e-10):
    while hi - lo > tol:
        mid = (lo + hi) / 2
        if f(lo) * f(mid) <= 0:
            hi = mid
        else:
            lo = mid
    return (lo + hi) / 2


print(newton(lambda x: x * x - 2, lambda x: 2 * x, 1.0))
print(round(bisect(lambda x: math.cos(x) - x, 0, 1), 8))

# --- simulated_annealing
import math
import random

random.seed(3)
cities = [(random.random(), random.random()) for _ in range(12)]


def tour_length(order):
    return sum(math.dist(cities[order[i - 1]], cities[order[i]]) for i in range(len(order)))


order = list(range(len(cities)))
best, temperature = tour_length(order), 1.0
for _ in range(3000):
    i, j = sorted(random.sample(range(len(cities)), 2))
    candidate = order[:i] + order[i : j + 1][::-1] + order[j + 1 :]
    length = tour_length(candidate)
    if length < best or random.random() < math.exp((best - length) / temperature):
        order, best = candidate, length
    temperature *= 0.998
print("length", round(best, 3))

# --- bisect_insort
import bisect

ledger = []
for amount in [30, 10, 20, 25, 5]:
    bisect.insort(ledger, amount)
print(ledger, bisect.bisect_left(ledger, 20), bisect.bisect_right(ledger, 20))
grades = "FDCBA"
print([grades[bisect.bisect([60, 70, 80, 90], s)] for s in (33, 99, 77, 70, 89, 90, 100)])

# --- two_pointers_and_windows
def two_sum(nums, target):
    seen = {}
    for i, n in enumerate(nums):
        if target - n in seen:
            return [seen[target - n], i]
        seen[n] = i
    return []


def longest_unique(s):
    start = best = 0
    last = {}
    for i, ch in enumerate(s):
        if ch in last and last[ch] >= start:
            start = last[ch] + 1
        last[ch] = i
        best = max(best, i - start + 1)
    return best


def max_subarray(a):
    best = cur = a[0]
    for x in a[1:]:
        cur = max(x, cur + x)
        best = max(best, cur)
    return best


print(two_sum([2, 7, 11, 15], 9), longest_unique("abcabcbb"), max_subarray([-2, 1, -3, 4, -1, 2, 1, -5, 4]))
