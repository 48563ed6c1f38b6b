# --- random_walk
import random

random.seed(11)
position, path = 0, [0]
for _ in range(50):
    position += random.choice((-1, 1))
    path.append(position)
low, high = min(path), max(path)
for level in range(high, low - 1, -1):
    print(f"{level:>3} " + "".join("*" if p == level else " " for p in path))

# --- dice_and_cards
import random
from collections import Counter

rng = random.Random("seed")
rolls = Counter(sum(rng.randint(1, 6) for _ in range(2)) for _ in range(1000))
for total in range(2, 13):
    print(f"{total:>2} {'=' * (rolls[total] // 10)}")
deck = [r + s for s in "SHDC" for r in "23456789TJQKA"]
rng.shuffle(deck)
print(deck[:5], rng.sample(range(49), 6), round(rng.uniform(0, 1), 3))

# --- bank_queue
import heapq
import random

random.seed(1)
events = [(random.expovariate(1 / 3), "arrive", i) for i in range(1)]
queue, busy, served, waits, clock, next_id = [], False, 0, [], 0.0, 1
while events and served < 50:
    clock, kind, who = heapq.heappop(events)
    if kind == "arrive":
        queue.append((clock, who))
        heapq.heappush(events, (clock + random.expovariate(1 / 3), "arrive", next_id))
        next_id += 1
    else:
        busy, served = False, served + 1
    if queue and not busy:
        came, customer = queue.pop(0)
        waits.append(clock - came)
        busy = True
        heapq.heappush(events, (clock + random.uniform(1, 4), "leave", customer))
print(f"served {served}, mean wait {sum(waits) / len(waits):.2f}")

# --- sir_epidemic
s, i, r = 990.0, 10.0, 0.0
beta, gamma, dt = 0.35, 0.1, 0.5
n = s + i + r
peak = (0, i)
for step in range(400):
    new_i = beta * s * i / n * dt
    new_r = gamma * i * dt
    s, i, r = s - new_i, i + new_i - new_r, r + new_r
    if i > peak[1]:
        peak = (step * dt, i)
    if step % 80 == 0:
        print(f"t={step * dt:5.1f} S={s:7.1f} I={i:7.1f} R={r:7.1f}")
print("peak %.0f on day %.1f" % (peak[1], peak[0]))

# --- projectile
import math


def trajectory(speed, angle, drag=0.0, dt=0.01, g=9.81):
    x = y = 0.0
    vx, vy = speed * math.cos(math.radians(angle)), speed * math.sin(math.radians(angle))
    while y >= 0:
        yield x, y
        v = math.hypot(vx, vy)
        vx -= drag * v * vx * dt
        vy -= (g + drag * v * vy) * dt
        x, y = x + vx * dt, y + vy * dt


for angle in (30, 45, 60):
    *_, (distance, _) = trajectory(20, angle, drag=0.01)
    print(angle, round(distance, 2))

# --- predator_prey_rk4
def derivative(state, a=1.1, b=0.4, c=0.4, d=0.1):
    x, y = state
    return a * x - b * x * y, d * x * y - c * y


def rk4(state, dt):
    add = lambda s, k, f: tuple(p + f * q for p, q in zip(s, k))
    k1 = derivative(state)
    k2 = derivative(add(state, k1, dt / 2))
    k3 = derivative(add(state, k2, dt / 2))
    k4 = derivative(add(state, k3, dt))
    return tuple(s + dt / 6 * (a + 2 * b + 2 * c + d) for s, a, b, c, d in zip(state, k1, k2, k3, k4))


state = (10.0, 10.0)
for step in range(1001):
    if step % 250 == 0:
        print(step, ["%.2f" % v for v in state])
    state = rk4(state, 0.02)

# --- genetic_algorithm
import random

random.seed(9)
TARGET = "HELLO WORLD"
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ "


def fitness(s):
    return sum(a == b for a, b in zip(s, TARGET))


population = ["".join(random.choices(LETTERS, k=len(TARGET))) for _ in range(100)]
for generation in range(300):
    population.sort(key=fitness, reverse=True)
    if population[0] == TARGET:
        break
    parents = population[:20]
    children = []
    while len(children) < 80:
        a, b = random.sample(parents, 2)
        cut = random.randrange(len(TARGET))
        child = list(a[:cut] + b[cut:])
        if random.random() < 0.5:
            child[random.randrange(len(child))] = random.choice(LETTERS)
        children.append("".join(child))
    population = parents + children
print(generation < 300, fitness(population[0]))

# --- perceptron
data = [((0, 0), 0), ((0, 1), 0), ((1, 0), 0), ((1, 1), 1)]
weights, bias, rate = [0.0, 0.0], 0.0, 0.1


def predict(x):
    return int(sum(w * v for w, v in zip(weights, x)) + bias > 0)


for epoch in range(20):
    errors = 0
    for x, target in data:
        delta = target - predict(x)
        errors += delta != 0
        weights = [w + rate * delta * v for w, v in zip(weights, x)]
        bias += rate * delta
    if not errors:
        print("learned after", epoch, "epochs")
        break
print([predict(x) for x, _ in data])

# --- k_means
import math
import random

random.seed(4)
points = [(random.gauss(cx, 0.5), random.gauss(cy, 0.5)) for cx, cy in ((0, 0), (5, 5), (0, 5)) for _ in range(20)]
centres = random.sample(points, 3)
for _ in range(10):
    clusters = [[] for _ in centres]
    for p in points:
        clusters[min(range(3), key=lambda i: math.dist(p, centres[i]))].append(p)
    centres = [tuple(sum(v) / len(c) for v in zip(*c)) if c else centres[i] for i, c in enumerate(clusters)]
print(sorted(tuple(round(v) for v in c) for c in centres))

# --- markov_chain_text
import random
from collections import defaultdict

random.seed(8)
corpus = "the cat sat on the mat and the dog sat on the rug".split()
chain = defaultdict(list)
for a, b in zip(corpus, corpus[1:]):
    chain[a].append(b)
word, sentence = "the", ["the"]
while len(sentence) < 10 and chain[word]:
    word = random.choice(chain[word])
    sentence.append(word)
print(" ".join(sentence))

# --- threads_and_queue
import queue
import threading

jobs, results, lock = queue.Queue(), {}, threading.Lock()


def worker():
    while True:
        n = jobs.get()
        if n is None:
            break
        value = sum(range(n))
        with lock:
            results[n] = value
        jobs.task_done()


threads = [threading.Thread(target=worker, name=f"w{i}") for i in range(3)]
for t in threads:
    t.start()
for n in (10, 100, 1000):
    jobs.put(n)
jobs.join()
for _ in threads:
    jobs.put(None)
for t in threads:
    t.join()
print(sorted(results.items()), threading.current_thread().name)

# --- thread_pool
from concurrent.futures import ThreadPoolExecutor, as_completed


def slow_square(n):
    if n == 3:
        raise ValueError("three is bad")
    return n * n


with ThreadPoolExecutor(max_workers=4) as pool:
    futures = {pool.submit(slow_square, n): n for n in range(5)}
    done = {}
    for future in as_completed(futures):
        try:
            done[futures[future]] = future.result()
        except ValueError as e:
            done[futures[future]] = str(e)
    print(sorted(done.items()), list(pool.map(len, ["a", "bb"])))

# --- asyncio_gather
import asyncio


async def fetch(name, delay):
    await asyncio.sleep(delay)
    return f"{name} done"


async def producer(q):
    for i in range(3):
        await q.put(i)
    await q.put(None)


async def main():
    results = await asyncio.gather(fetch("a", 0.02), fetch("b", 0.01))
    print(results)
    q = asyncio.Queue()
    task = asyncio.create_task(producer(q))
    while (item := await q.get()) is not None:
        print("got", item)
    await task
    try:
        await asyncio.wait_for(asyncio.sleep(5), timeout=0.01)
    except asyncio.TimeoutError:
        print("timed out")


asyncio.run(main())

# --- async_generators
import asyncio
from contextlib import asynccontextmanager


async def ticker(n):
    for i in range(n):
        yield i
        await asyncio.sleep(0)


@asynccontextmanager
async def session():
    print("open")
    yield "session"
    print("close")


async def main():
    async with session() as s:
        print(s, [i * 2 async for i in ticker(4) if i % 2])
        async for i in ticker(2):
            print(i)


asyncio.run(main())

# --- benchmark_with_timeit
import timeit

setup = "data = list(range(100))"
for statement in ("sum(data)", "max(data)"):
    pass
print(timeit.timeit("sum(range(100))", number=100) > 0, timeit.timeit(lambda: sorted([3, 1, 2]), number=10) >= 0)
start = timeit.default_timer()
total = sum(x * x for x in range(1000))
print(total, timeit.default_timer() - start < 5)

# --- mandelbrot_text
for row in range(-10, 11, 2):
    line = ""
    for col in range(-40, 20, 2):
        z, c = 0, complex(col / 20, row / 10)
        for i in range(30):
            z = z * z + c
            if abs(z) > 2:
                break
        line += " .:-=+*#%@"[i // 3]
    print(line)

# --- elevator_scheduler
import sched
import time

log = []
s = sched.scheduler(time.monotonic, time.sleep)
for delay, floor in ((0.002, 3), (0.001, 1), (0.003, 2)):
    s.enter(delay, 1, log.append, argument=(floor,))
s.run()
print(log)
