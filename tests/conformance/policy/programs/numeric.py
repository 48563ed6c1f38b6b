# --- array_basics
import numpy as np

a = np.array([[1, 2, 3], [4, 5, 6]], dtype=float)
print(a.shape, a.dtype, a.T @ a)
print(a.mean(axis=0), a.sum(axis=1), a[a > 2], a[:, ::-1])
print(np.where(a > 3, a, 0), np.clip(a, 2, 5), np.argmax(a), np.unique([3, 1, 3]))

# --- linear_algebra
import numpy as np
from numpy.linalg import eig, inv, norm, solve

A = np.array([[3.0, 1.0], [1.0, 2.0]])
b = np.array([9.0, 8.0])
x = solve(A, b)
values, vectors = eig(A)
print(x, np.allclose(A @ x, b), norm(x), np.round(np.sort(values), 4))
u, s, vt = np.linalg.svd(A)
print(np.allclose(u * s @ vt, A), np.linalg.det(A), np.linalg.matrix_rank(A), inv(A) @ A)

# --- random_generator
import numpy as np

rng = np.random.default_rng(seed=42)
sample = rng.normal(loc=10, scale=2, size=10_000)
print(f"mean {sample.mean():.2f} std {sample.std(ddof=1):.2f} p95 {np.percentile(sample, 95):.2f}")
counts, edges = np.histogram(sample, bins=5)
for c, lo, hi in zip(counts, edges[:-1], edges[1:]):
    print(f"{lo:6.2f} to {hi:6.2f}: {c}")
np.random.seed(0)
print(np.random.randint(0, 10, 3).shape, rng.choice(["a", "b"], 2).size)

# --- least_squares
import numpy as np

x = np.linspace(0, 10, 50)
y = 3 * x + 2 + np.random.default_rng(1).normal(0, 1, x.size)
design = np.column_stack([x, np.ones_like(x)])
(coef, *_rest) = np.linalg.lstsq(design, y, rcond=None)
p = np.polyfit(x, y, 2)
print(np.round(coef, 2), np.polyval(p, 5).round(2), np.corrcoef(x, y)[0, 1].round(3))

# --- broadcasting_and_masks
import numpy as np

grid = np.arange(5)[:, None] * np.arange(5)[None, :]
mask = grid % 2 == 0
grid[mask] *= -1
print(grid)
print(np.add.outer([1, 2], [10, 20]), np.cumsum(grid, axis=1)[:, -1], np.isnan([1, np.nan]).any())
stacked = np.vstack([grid, grid.max(axis=0)])
print(stacked.shape, np.concatenate([[1], [2]]), np.nan_to_num([np.nan, np.inf]), np.pi)

# --- fft_spectrum
import numpy as np

rate = 200
t = np.arange(0, 1, 1 / rate)
signal = np.sin(2 * np.pi * 15 * t) + 0.5 * np.cos(2 * np.pi * 40 * t)
spectrum = np.abs(np.fft.rfft(signal))
freqs = np.fft.rfftfreq(signal.size, d=1 / rate)
print("strongest:", sorted(freqs[np.argsort(spectrum)[-2:]]))

# --- gradient_descent
import numpy as np

rng = np.random.default_rng(0)
X = np.c_[np.ones(100), rng.random((100, 2))]
true_w = np.array([0.5, -1.0, 2.0])
y = X @ true_w + rng.normal(0, 0.01, 100)
w = np.zeros(3)
for step in range(2000):
    gradient = 2 / len(y) * X.T @ (X @ w - y)
    w -= 0.3 * gradient
    if step % 500 == 0:
        print(step, float(np.mean((X @ w - y) ** 2)).__round__(6))
print(np.round(w, 1))

# --- logistic_regression
import numpy as np


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


rng = np.random.default_rng(3)
X = np.vstack([rng.normal(-1, 1, (50, 2)), rng.normal(1.5, 1, (50, 2))])
y = np.repeat([0, 1], 50)
w, b = np.zeros(2), 0.0
for _ in range(500):
    p = sigmoid(X @ w + b)
    w -= 0.1 * X.T @ (p - y) / y.size
    b -= 0.1 * (p - y).mean()
print("accuracy", ((sigmoid(X @ w + b) > 0.5) == y).mean() > 0.8)

# --- neural_network
import numpy as np


class Network:
    def __init__(self, sizes, seed=0):
        rng = np.random.default_rng(seed)
        self.w = [rng.normal(0, 1, (a, b)) for a, b in zip(sizes, sizes[1:])]
        self.b = [np.zeros(b) for b in sizes[1:]]

    def forward(self, x):
        self.a = [x]
        for w, b in zip(self.w, self.b):
            x = np.tanh(x @ w + b)
            self.a.append(x)
        return x

    def train(self, x, y, rate=0.1):
        delta = (self.forward(x) - y) * (1 - self.a[-1] ** 2)
        for i in reversed(range(len(self.w))):
            grad = self.a[i].T @ delta
            delta_next = delta @ self.w[i].T * (1 - self.a[i] ** 2)
            self.w[i] -= rate * grad
            self.b[i] -= rate * delta.sum(axis=0)
            delta = delta_next


x = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], dtype=float)
y = np.array([[0], [1], [1], [0]], dtype=float)
net = Network([2, 8, 1])
for _ in range(2000):
    net.train(x, y)
print(net.forward(x).round(1).ravel().shape)

# --- structured_and_text_io
import io

import numpy as np

text = io.StringIO("1,2.5\n2,3.5\n3,4.5")
table = np.loadtxt(text, delimiter=",")
people = np.array([("Ann", 31), ("Bob", 27)], dtype=[("name", "U10"), ("age", "i4")])
print(table.mean(axis=0), people[people["age"] > 30]["name"], np.sort(people, order="age")["name"])
np.savetxt("output/table.csv", table, fmt="%.2f", delimiter=",", header="a,b")
print(np.genfromtxt("output/table.csv", delimiter=",").shape)

# --- polynomial_and_vectorize
import numpy as np
from numpy.polynomial import Polynomial, chebyshev as C

p = Polynomial([-6, 11, -6, 1])
print(np.round(p.roots(), 3), p.deriv()(2), p.integ(1).coef)
grade = np.vectorize(lambda s: "pass" if s >= 50 else "fail")
print(grade([40, 60]), C.chebval(0.5, [1, 2, 3]), np.trapezoid([0, 1], [0, 2]) if hasattr(np, "trapezoid") else 1.0)
with np.errstate(divide="ignore"):
    print(np.log(np.array([1.0, 0.0])))
np.set_printoptions(precision=3, suppress=True)

# --- dates_in_numpy
import numpy as np

days = np.arange("2024-02-26", "2024-03-04", dtype="datetime64[D]")
print(days[0], np.is_busday(days).sum(), (days[-1] - days[0]).astype(int), np.busday_count("2024-01-01", "2024-02-01"))
print(np.timedelta64(90, "m") / np.timedelta64(1, "h"), np.datetime64("2024-01-31") + np.timedelta64(1, "D"))

# --- scipy_tests
import numpy as np
from scipy import stats

rng = np.random.default_rng(10)
a, b = rng.normal(5, 1, 40), rng.normal(5.8, 1, 40)
t, p = stats.ttest_ind(a, b, equal_var=False)
print("different" if p < 0.05 else "same", stats.shapiro(a)[1] > 0, round(stats.norm.ppf(0.975), 3))
slope, intercept, r, p, se = stats.linregress([1, 2, 3, 4], [2, 4.1, 6, 8.2])
print(round(slope, 2), round(r**2, 3), stats.spearmanr(a, b)[0] < 1)

# --- scipy_optimize_integrate
import numpy as np
from scipy.integrate import quad, solve_ivp
from scipy.interpolate import interp1d
from scipy.optimize import curve_fit, minimize
import scipy.linalg as la
import scipy.constants

rosen = lambda v: (1 - v[0]) ** 2 + 100 * (v[1] - v[0] ** 2) ** 2
best = minimize(rosen, [0, 0], method="Nelder-Mead")
print(best.x.round(2), quad(np.sin, 0, np.pi)[0])
params, _ = curve_fit(lambda x, a, b: a * np.exp(b * x), [0, 1, 2], [1, 2.7, 7.4])
solution = solve_ivp(lambda t, y: -0.5 * y, (0, 4), [2.0])
print(params.round(1), solution.y[0, -1].round(2), interp1d([0, 1], [0, 10])(0.3), la.expm(np.zeros((2, 2))), scipy.constants.c)

# --- torch_training
import torch
import torch.nn as nn
import torch.optim as optim
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
X = torch.randn(64, 3)
y = X @ torch.tensor([[1.0], [2.0], [-1.0]]) + 0.1
model = nn.Sequential(nn.Linear(3, 8), nn.ReLU(), nn.Linear(8, 1))
optimizer, loss_fn = optim.Adam(model.parameters(), lr=0.01), nn.MSELoss()
for epoch in range(5):
    for xb, yb in DataLoader(TensorDataset(X, y), batch_size=16):
        optimizer.zero_grad()
        loss = loss_fn(model(xb), yb)
        loss.backward()
        optimizer.step()
model.eval()
with torch.no_grad():
    print(model(X[:2]).shape, loss.item() > 0)

# --- sklearn_classifier
from sklearn.datasets import load_iris
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, classification_report
from sklearn.model_selection import cross_val_score, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

iris = load_iris()
X_train, X_test, y_train, y_test = train_test_split(iris.data, iris.target, test_size=0.3, random_state=1)
for model in (RandomForestClassifier(n_estimators=20, random_state=1), make_pipeline(StandardScaler(), LogisticRegression())):
    model.fit(X_train, y_train)
    print(type(model).__name__, accuracy_score(y_test, model.predict(X_test)) > 0.8)
print(cross_val_score(model, iris.data, iris.target, cv=3).mean() > 0.8)
print(classification_report(y_test, model.predict(X_test)).splitlines()[0])
