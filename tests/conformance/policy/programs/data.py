# --- sales_report
import csv
import io
from collections import defaultdict

CSV = """date,product,units,price
2024-01-03,pen,10,1.20
2024-01-05,ink,2,4.00
2024-02-01,pen,7,1.25
2024-02-11,pad,3,2.50
"""
revenue = defaultdict(float)
by_month = defaultdict(lambda: defaultdict(float))
for row in csv.DictReader(io.StringIO(CSV)):
    amount = int(row["units"]) * float(row["price"])
    revenue[row["product"]] += amount
    by_month[row["date"][:7]][row["product"]] += amount
for product, amount in sorted(revenue.items(), key=lambda kv: kv[1], reverse=True):
    print(f"{product:<6}{amount:>8.2f}")
print({m: dict(p) for m, p in by_month.items()})

# --- use_of_context
data = {"user": {"name": "Ann", "orders": [{"total": 12.5}, {"total": 7.25}]}}
user = data.get("user", {})
orders = user.get("orders", [])
print(f"{user['name']} has {len(orders)} orders worth {sum(o['total'] for o in orders):.2f}")
best = max(orders, key=lambda o: o["total"], default=None)
print(best and best["total"])

# --- sqlite_in_memory
import sqlite3

con = sqlite3.connect(":memory:")
con.row_factory = sqlite3.Row
cur = con.cursor()
cur.execute("CREATE TABLE emp (name TEXT, dept TEXT, pay REAL)")
cur.executemany("INSERT INTO emp VALUES (?, ?, ?)", [("Ann", "IT", 10), ("Bob", "IT", 8), ("Cid", "HR", 7)])
con.commit()
for row in cur.execute("SELECT dept, COUNT(*) AS n, AVG(pay) AS mean FROM emp GROUP BY dept ORDER BY mean DESC"):
    print(row["dept"], row["n"], row["mean"])
con.close()

# --- access_log
import re
from collections import Counter

LOG = """\
10.0.0.1 - - [10/Oct/2023:13:55:36] "GET /index.html HTTP/1.0" 200 2326
10.0.0.2 - - [10/Oct/2023:13:55:37] "POST /login HTTP/1.0" 401 128
10.0.0.1 - - [10/Oct/2023:13:56:01] "GET /logo.png HTTP/1.0" 200 9120
"""
line_re = re.compile(r'(?P<ip>\S+) .*? "(?P<method>\w+) (?P<path>\S+) .*?" (?P<status>\d{3}) (?P<size>\d+)')
hits = [m.groupdict() for m in map(line_re.match, LOG.splitlines()) if m]
print(Counter(h["ip"] for h in hits).most_common(1))
print(Counter(h["status"] for h in hits), sum(int(h["size"]) for h in hits))
print(re.sub(r"(\d+)\.(\d+)", lambda m: f"{m.group(1)}.x", "10.0"), re.split(r"[,;]\s*", "a, b;c"))

# --- flatten_nested
def flatten(d, prefix=""):
    flat = {}
    for key, value in d.items():
        path = f"{prefix}.{key}" if prefix else key
        if isinstance(value, dict):
            flat.update(flatten(value, path))
        elif isinstance(value, list):
            flat.update(flatten({str(i): v for i, v in enumerate(value)}, path))
        else:
            flat[path] = value
    return flat


print(flatten({"a": 1, "b": {"c": [2, {"d": 3}]}}))

# --- group_with_itertools
from itertools import groupby
from operator import itemgetter

rows = [
    {"city": "Rome", "temp": 21}, {"city": "Oslo", "temp": 9},
    {"city": "Rome", "temp": 24}, {"city": "Oslo", "temp": 7},
]
rows.sort(key=itemgetter("city"))
for city, group in groupby(rows, key=itemgetter("city")):
    temps = [r["temp"] for r in group]
    print(city, min(temps), max(temps), sum(temps) / len(temps))

# --- join_two_tables
users = [{"id": 1, "name": "Ann"}, {"id": 2, "name": "Bob"}, {"id": 3, "name": "Cid"}]
orders = [{"user": 1, "sum": 20}, {"user": 1, "sum": 5}, {"user": 3, "sum": 9}]
index = {u["id"]: u for u in users}
totals = {}
for o in orders:
    totals[o["user"]] = totals.get(o["user"], 0) + o["sum"]
report = [{**u, "total": totals.get(uid, 0)} for uid, u in index.items()]
report.sort(key=lambda r: (-r["total"], r["name"]))
for r in report:
    print("{name:<5}{total:>5}".format(**r))

# --- validate_records
RULES = {
    "name": lambda v: isinstance(v, str) and v.strip() != "",
    "age": lambda v: isinstance(v, int) and 0 <= v < 150,
    "email": lambda v: isinstance(v, str) and "@" in v,
}


def validate(record):
    missing = [k for k in RULES if k not in record]
    wrong = [k for k, ok in RULES.items() if k in record and not ok(record[k])]
    return missing, wrong


for rec in ({"name": "Ann", "age": 30, "email": "a@b.c"}, {"name": "", "age": 200}):
    print(validate(rec))

# --- pivot_without_pandas
records = [("2023", "Q1", 5), ("2023", "Q2", 7), ("2024", "Q1", 6), ("2024", "Q2", 9)]
years = sorted({y for y, _, _ in records})
quarters = sorted({q for _, q, _ in records})
cells = {(y, q): v for y, q, v in records}
print("      " + "".join(f"{q:>6}" for q in quarters) + "   sum")
for y in years:
    values = [cells.get((y, q), 0) for q in quarters]
    print(f"{y:<6}" + "".join(f"{v:>6}" for v in values) + f"{sum(values):>6}")

# --- json_lines
import json

LINES = '{"t": 1, "v": 2.5}\n{"t": 2, "v": null}\n\nnot json\n{"t": 3, "v": 4.0}\n'
values, errors = [], 0
for number, line in enumerate(LINES.splitlines(), 1):
    if not line.strip():
        continue
    try:
        record = json.loads(line)
    except json.JSONDecodeError:
        errors += 1
        continue
    if record["v"] is not None:
        values.append(record["v"])
print(values, errors, sum(values) / len(values))

# --- pretty_printing
from pprint import pformat, pprint

config = {"servers": [{"host": f"h{i}", "ports": list(range(i, i + 3))} for i in range(3)], "debug": False}
pprint(config, width=50)
print(pformat(config, compact=True, width=80).count("\n"))

# --- priority_tasks
import heapq
from dataclasses import dataclass, field


@dataclass(order=True)
class Task:
    priority: int
    name: str = field(compare=False)
    minutes: int = field(compare=False, default=5)


heap = []
for t in (Task(3, "tidy"), Task(1, "fix", 30), Task(2, "write")):
    heapq.heappush(heap, t)
while heap:
    task = heapq.heappop(heap)
    print(task.priority, task.name, task.minutes)
print(heapq.nlargest(2, [4, 9, 1]), heapq.nsmallest(1, "cab"))

# --- write_csv_and_read_back
import csv

rows = [["x", "y"], *[[i, i * i] for i in range(5)]]
with open("squares.csv", "w", newline="", encoding="utf-8") as f:
    csv.writer(f).writerows(rows)
with open("squares.csv", newline="", encoding="utf-8") as f:
    total = sum(int(r["y"]) for r in csv.DictReader(f))
print(total)

# --- write_json_artifact
import json

result = {"mean": 4.2, "values": [1, 2, 3]}
with open("output/result.json", "w", encoding="utf-8") as handle:
    json.dump(result, handle, indent=2)
with open("output/result.json") as handle:
    print(json.load(handle) == result)

# --- text_file_lines
from pathlib import Path

notes = Path("notes.txt")
notes.write_text("first\nsecond\nthird\n", encoding="utf-8")
print(notes.exists(), notes.suffix, notes.stem, notes.stat().st_size)
for number, line in enumerate(notes.read_text(encoding="utf-8").splitlines(), start=1):
    print(f"{number:02d} {line}")
print(sorted(p.name for p in Path(".").glob("*.txt")))

# --- binary_file
data = bytes(range(16))
with open("blob.bin", "wb") as f:
    f.write(data)
with open("blob.bin", "rb") as f:
    f.seek(4)
    print(f.read(4).hex(), f.tell())
try:
    open("missing.txt")
except FileNotFoundError as e:
    print("no such file:", e.filename)

# --- argparse_with_list
import argparse

parser = argparse.ArgumentParser(description="scale numbers")
parser.add_argument("numbers", type=float, nargs="+")
parser.add_argument("--factor", type=float, default=2.0)
parser.add_argument("-v", "--verbose", action="store_true")
args = parser.parse_args(["1", "2.5", "--factor", "3", "-v"])
if args.verbose:
    print(args)
print([n * args.factor for n in args.numbers])

# --- array_and_struct
from array import array

a = array("d", [1.0, 2.5])
a.extend([3.5, 4.0])
print(a.typecode, sum(a), a.itemsize, a[1:3].tolist(), len(a.tobytes()))
view = memoryview(bytearray(b"hello"))
view[0] = ord("J")
print(bytes(view[:3]), view.nbytes)

# --- ip_addresses
import ipaddress

net = ipaddress.ip_network("192.168.1.0/29")
print(net.num_addresses, [str(h) for h in net.hosts()][:3], ipaddress.ip_address("192.168.1.5") in net)
try:
    ipaddress.ip_address("300.1.1.1")
except ValueError as e:
    print(e)
