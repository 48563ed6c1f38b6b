# Figure: Matplotlib, in the image python-data
import matplotlib.pyplot as plt
import numpy as np

angle = np.linspace(0, 12 * np.pi, 2_000)
radius = np.exp(np.sin(angle)) - 2 * np.cos(4 * angle) + np.sin(angle / 12 - np.pi / 24) ** 5

figure, axes = plt.subplots(figsize=(7, 5), subplot_kw={"projection": "polar"}, layout="constrained")
axes.plot(angle, radius, linewidth=0.9, color="#3f5bd9")
axes.set_yticklabels([])
axes.set_title("A butterfly curve")
figure.savefig("output/butterfly.png", dpi=120)
print(f"{len(angle):,} points")
