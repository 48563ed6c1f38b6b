# --- line_plot
import matplotlib.pyplot as plt
import numpy as np

x = np.linspace(0, 2 * np.pi, 100)
plt.figure(figsize=(8, 4))
plt.plot(x, np.sin(x), label="sin", color="tab:blue")
plt.plot(x, np.cos(x), "--", label="cos")
plt.xlabel("x")
plt.ylabel("y")
plt.title("Waves")
plt.legend(loc="best")
plt.grid(True, alpha=0.3)
plt.tight_layout()
plt.savefig("output/waves.png", dpi=80)
plt.close()

# --- bar_chart_labels
import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt

data = {"pen": 12, "ink": 7, "pad": 15}
fig, ax = plt.subplots()
bars = ax.bar(list(data), list(data.values()), color=["#4c72b0", "#dd8452", "#55a868"])
for bar in bars:
    ax.annotate(f"{bar.get_height():.0f}", (bar.get_x() + bar.get_width() / 2, bar.get_height()), ha="center", va="bottom")
ax.set(title="Units", ylabel="n", ylim=(0, 18))
ax.spines[["top", "right"]].set_visible(False)
fig.savefig("output/bars.svg")
plt.show()

# --- subplots_histogram_scatter
import matplotlib.pyplot as plt
import numpy as np

rng = np.random.default_rng(2)
a, b = rng.normal(size=500), rng.normal(size=500)
fig, axes = plt.subplots(1, 2, figsize=(9, 3), sharey=False)
axes[0].hist(a, bins=30, edgecolor="white")
axes[0].axvline(a.mean(), color="red", lw=1)
points = axes[1].scatter(a, b, c=np.hypot(a, b), s=8, cmap="viridis")
fig.colorbar(points, ax=axes[1])
fig.suptitle("Samples")
fig.savefig("output/samples.png", bbox_inches="tight")

# --- pandas_plot
import matplotlib.pyplot as plt
import pandas as pd

df = pd.DataFrame({"day": pd.date_range("2024-01-01", periods=10), "amount": range(10)})
ax = df.plot(x="day", y="amount", kind="line", marker="o", legend=False)
ax.set_ylabel("amount")
df["amount"].plot.hist(ax=ax, alpha=0.2)
plt.savefig("output/frame.png")
plt.close("all")

# --- pie_and_box
import matplotlib.pyplot as plt

fig, (left, right) = plt.subplots(1, 2)
left.pie([3, 5, 2], labels=["a", "b", "c"], autopct="%1.1f%%", startangle=90)
right.boxplot([[1, 2, 3, 9], [2, 4, 4, 5]])
right.set_xticks([1, 2])
right.set_xticklabels(["x", "y"])
fig.savefig("output/pie.pdf")

# --- date_axis
from datetime import date, timedelta

import matplotlib.dates as mdates
import matplotlib.pyplot as plt
from matplotlib.ticker import FuncFormatter, MaxNLocator

days = [date(2024, 1, 1) + timedelta(days=i) for i in range(40)]
fig, ax = plt.subplots()
ax.plot(days, [d.day for d in days])
ax.xaxis.set_major_locator(mdates.WeekdayLocator())
ax.xaxis.set_major_formatter(mdates.DateFormatter("%d %b"))
ax.yaxis.set_major_locator(MaxNLocator(integer=True))
ax.yaxis.set_major_formatter(FuncFormatter(lambda v, pos: f"{v:.0f} d"))
fig.autofmt_xdate()
fig.savefig("output/dates.png")

# --- heatmap
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import LinearSegmentedColormap

m = np.corrcoef(np.random.default_rng(0).normal(size=(4, 50)))
cmap = LinearSegmentedColormap.from_list("rw", ["white", "red"])
fig, ax = plt.subplots()
im = ax.imshow(m, cmap=cmap, vmin=-1, vmax=1)
for (i, j), v in np.ndenumerate(m):
    ax.text(j, i, f"{v:.2f}", ha="center", va="center")
fig.colorbar(im)
plt.rcParams["font.size"] = 9
plt.style.use("ggplot")
fig.savefig("output/heat.png")

# --- figure_to_base64
import base64
import io

import matplotlib.pyplot as plt

fig = plt.figure()
fig.add_subplot(111).plot([1, 4, 9])
buffer = io.BytesIO()
fig.savefig(buffer, format="png")
encoded = base64.b64encode(buffer.getvalue()).decode()
print("data:image/png;base64," + encoded[:20], len(encoded) > 100)

# --- surface_3d
import matplotlib.pyplot as plt
import numpy as np
from mpl_toolkits.mplot3d import Axes3D

x, y = np.meshgrid(np.linspace(-2, 2, 20), np.linspace(-2, 2, 20))
fig = plt.figure()
ax = fig.add_subplot(projection="3d")
ax.plot_surface(x, y, np.exp(-x**2 - y**2), cmap=plt.cm.coolwarm)
fig.savefig("output/surface.png")
print(isinstance(ax, Axes3D))

# --- patches_and_contours
import matplotlib.patches as patches
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.gridspec import GridSpec
from matplotlib.lines import Line2D

fig = plt.figure(constrained_layout=True)
gs = GridSpec(2, 2, figure=fig)
ax = fig.add_subplot(gs[0, :])
ax.add_patch(patches.Rectangle((0.1, 0.1), 0.5, 0.3, fill=False))
ax.add_line(Line2D([0, 1], [0, 1]))
x = np.linspace(-1, 1, 30)
fig.add_subplot(gs[1, 0]).contourf(x, x, np.outer(x, x))
fig.add_subplot(gs[1, 1]).fill_between(x, x**2, alpha=0.4)
fig.savefig("output/grid.png")

# --- seaborn_overview
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns

sns.set_theme(style="whitegrid")
rng = np.random.default_rng(0)
df = pd.DataFrame({"x": rng.normal(size=60), "g": rng.choice(list("ab"), 60)})
fig, axes = plt.subplots(1, 2)
sns.boxplot(data=df, x="g", y="x", ax=axes[0])
sns.histplot(df["x"], kde=False, ax=axes[1])
fig.savefig("output/seaborn.png")
