# --- mean_median_mode
from statistics import mean, median, mode, StatisticsError

scores = [88, 92, 79, 93, 85, 92, 70]
print(f"Mean:   {mean(scores):.2f}")
print(f"Median: {median(scores)}")
try:
    print(f"Mode:   {mode(scores)}")
except StatisticsError as e:
    print("No unique mode:", e)

# --- standard_deviation_by_hand
import math


def std_dev(values, sample=True):
    """Return the standard deviation of values."""
    n = len(values)
    if n < 2:
        raise ValueError("need at least two values")
    avg = sum(values) / n
    squared = [(v - avg) ** 2 for v in values]
    return math.sqrt(sum(squared) / (n - 1 if sample else n))


data = [2, 4, 4, 4, 5, 5, 7, 9]
print("sample:", round(std_dev(data), 4))
print("population:", round(std_dev(data, sample=False), 4))

# --- quantiles_and_iqr
import statistics

ages = [23, 31, 35, 38, 41, 44, 47, 52, 58, 63, 71]
q1, q2, q3 = statistics.quantiles(ages, n=4)
iqr = q3 - q1
low, high = q1 - 1.5 * iqr, q3 + 1.5 * iqr
outliers = [a for a in ages if not low <= a <= high]
print(f"Q1={q1} Q2={q2} Q3={q3} IQR={iqr} outliers={outliers}")

# --- linear_regression
xs = [1, 2, 3, 4, 5]
ys = [2.2, 4.1, 6.2, 7.9, 10.1]


def fit(xs, ys):
    n = len(xs)
    mx, my = sum(xs) / n, sum(ys) / n
    sxy = sum((x - mx) * (y - my) for x, y in zip(xs, ys))
    sxx = sum((x - mx) ** 2 for x in xs)
    slope = sxy / sxx
    return slope, my - slope * mx


slope, intercept = fit(xs, ys)
predictions = [slope * x + intercept for x in xs]
ss_res = sum((y - p) ** 2 for y, p in zip(ys, predictions))
ss_tot = sum((y - sum(ys) / len(ys)) ** 2 for y in ys)
print("y = %.3fx + %.3f" % (slope, intercept))
print("R^2 =", round(1 - ss_res / ss_tot, 5))

# --- correlation_matrix
from math import sqrt

columns = {
    "height": [160, 172, 181, 168, 190],
    "weight": [55, 70, 84, 62, 95],
    "age": [25, 47, 33, 51, 29],
}


def pearson(a, b):
    ma, mb = sum(a) / len(a), sum(b) / len(b)
    cov = sum((x - ma) * (y - mb) for x, y in zip(a, b))
    return cov / sqrt(sum((x - ma) ** 2 for x in a) * sum((y - mb) ** 2 for y in b))


names = list(columns)
print(" " * 8 + "".join(f"{n:>8}" for n in names))
for r in names:
    print(f"{r:<8}" + "".join(f"{pearson(columns[r], columns[c]):8.3f}" for c in names))

# --- moving_average
from collections import deque


def moving_average(values, window=3):
    buf = deque(maxlen=window)
    for v in values:
        buf.append(v)
        if len(buf) == window:
            yield sum(buf) / window


temps = [21.5, 22.0, 23.1, 22.8, 24.0, 25.2, 24.9]
for i, avg in enumerate(moving_average(temps), start=3):
    print(f"day {i}: {avg:.2f}")

# --- histogram_text
import random

random.seed(42)
samples = [random.gauss(50, 10) for _ in range(500)]
bins = [0] * 10
for s in samples:
    index = min(max(int(s // 10), 0), 9)
    bins[index] += 1
for i, count in enumerate(bins):
    print(f"{i*10:3d}-{i*10+9:<3d} | {'#' * (count // 5)} {count}")

# --- bootstrap_confidence_interval
import random
import statistics as st

random.seed(7)
data = [12.1, 11.8, 13.0, 12.4, 12.9, 11.5, 12.2, 12.7]
means = sorted(st.fmean(random.choices(data, k=len(data))) for _ in range(2000))
lower, upper = means[int(0.025 * len(means))], means[int(0.975 * len(means))]
print(f"mean={st.fmean(data):.3f}, 95% CI=({lower:.3f}, {upper:.3f})")

# --- z_scores_and_normal
from statistics import NormalDist

marks = {"Ann": 78, "Bob": 62, "Cid": 91, "Dee": 70}
dist = NormalDist.from_samples(marks.values())
for name, mark in sorted(marks.items(), key=lambda kv: -kv[1]):
    z = (mark - dist.mean) / dist.stdev
    print(f"{name:<4} {mark:>3}  z={z:+.2f}  percentile={dist.cdf(mark) * 100:.1f}")

# --- weighted_average_and_gpa
GRADES = {"A": 4.0, "B": 3.0, "C": 2.0, "D": 1.0, "F": 0.0}
courses = [("Math", "A", 4), ("History", "B", 3), ("Art", "C", 2)]
total_points = sum(GRADES[g] * credits for _, g, credits in courses)
total_credits = sum(credits for *_, credits in courses)
gpa = total_points / total_credits if total_credits else 0.0
print(f"GPA: {gpa:.2f} over {total_credits} credits")
assert 0 <= gpa <= 4

# --- frequency_table
from collections import Counter

answers = "yes no yes maybe yes no maybe yes no yes".split()
counts = Counter(answers)
total = sum(counts.values())
print("| answer | n | % |")
print("|--------|---|---|")
for answer, n in counts.most_common():
    print(f"| {answer} | {n} | {n / total:.1%} |")

# --- chi_square
observed = [[30, 10], [20, 40]]
row_totals = [sum(r) for r in observed]
col_totals = [sum(c) for c in zip(*observed)]
grand = sum(row_totals)
chi2 = 0.0
for i, row in enumerate(observed):
    for j, o in enumerate(row):
        expected = row_totals[i] * col_totals[j] / grand
        chi2 += (o - expected) ** 2 / expected
print("chi2 =", round(chi2, 4), "significant" if chi2 > 3.841 else "not significant")

# --- exponential_smoothing
def smooth(series, alpha=0.3):
    result = [series[0]]
    for value in series[1:]:
        result.append(alpha * value + (1 - alpha) * result[-1])
    return result


sales = [120, 135, 128, 150, 160, 155, 170]
for s, v in zip(sales, smooth(sales)):
    print(s, "->", round(v, 1))
errors = [abs(a - b) for a, b in zip(sales[1:], smooth(sales))]
print("MAE:", round(sum(errors) / len(errors), 2))

# --- welch_t_test
import math
import statistics


def welch(a, b):
    va, vb = statistics.variance(a) / len(a), statistics.variance(b) / len(b)
    t = (statistics.mean(a) - statistics.mean(b)) / math.sqrt(va + vb)
    df = (va + vb) ** 2 / (va**2 / (len(a) - 1) + vb**2 / (len(b) - 1))
    return t, df


control = [5.1, 4.9, 5.6, 5.8, 5.2]
treated = [6.0, 6.3, 5.9, 6.8, 6.1]
t, df = welch(treated, control)
print("t=%.3f df=%.1f" % (t, df))

# --- monte_carlo_pi
import random

rng = random.Random(2024)
inside = 0
n = 20_000
for _ in range(n):
    x, y = rng.random(), rng.random()
    if x * x + y * y <= 1:
        inside += 1
print("pi is about", 4 * inside / n)

# --- running_statistics_class
class RunningStats:
    """Welford's online mean and variance."""

    def __init__(self):
        self.n = 0
        self.mean = 0.0
        self._m2 = 0.0

    def push(self, x):
        self.n += 1
        delta = x - self.mean
        self.mean += delta / self.n
        self._m2 += delta * (x - self.mean)

    @property
    def variance(self):
        return self._m2 / (self.n - 1) if self.n > 1 else float("nan")

    def __repr__(self):
        return f"RunningStats(n={self.n}, mean={self.mean:.3f}, var={self.variance:.3f})"


rs = RunningStats()
for x in (3, 5, 7, 7, 38):
    rs.push(x)
print(rs)

# --- group_by_and_summarise
from collections import defaultdict
from statistics import fmean

rows = [
    ("north", 2023, 100.0), ("south", 2023, 80.5), ("north", 2024, 120.0),
    ("south", 2024, 99.9), ("west", 2024, 55.0),
]
groups = defaultdict(list)
for region, _year, amount in rows:
    groups[region].append(amount)
summary = {
    region: {"n": len(v), "total": sum(v), "mean": round(fmean(v), 2), "max": max(v)}
    for region, v in groups.items()
}
for region in sorted(summary, key=lambda r: summary[r]["total"], reverse=True):
    print(region, summary[region])

# --- geometric_growth
import statistics

returns = [0.05, -0.02, 0.11, 0.03]
growth = statistics.geometric_mean([1 + r for r in returns])
print(f"average growth {growth - 1:.3%}, harmonic {statistics.harmonic_mean([40, 60]):.1f}")

# --- rank_correlation
def ranks(values):
    order = sorted(range(len(values)), key=values.__getitem__)
    result = [0] * len(values)
    for rank, index in enumerate(order, 1):
        result[index] = rank
    return result


a, b = [10, 20, 30, 40, 50], [1, 3, 2, 5, 4]
ra, rb = ranks(a), ranks(b)
n = len(a)
rho = 1 - 6 * sum((x - y) ** 2 for x, y in zip(ra, rb)) / (n * (n * n - 1))
print("Spearman:", rho)

# --- combinatorial_probability
from fractions import Fraction
from itertools import product
from math import comb

rolls = list(product(range(1, 7), repeat=2))
p = Fraction(sum(1 for r in rolls if sum(r) == 7), len(rolls))
print("P(sum is 7) =", p, float(p))
print("P(3 of 5 heads) =", Fraction(comb(5, 3), 2**5))
print("lottery odds: 1 in", format(comb(49, 6), ","))
