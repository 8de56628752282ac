"""Plots what soak.mjs measured: python plot.py soak.csv soak.svg. Needs matplotlib."""

import csv
import sys

import matplotlib

matplotlib.use("svg")
matplotlib.rcParams["svg.hashsalt"] = "soak"
from matplotlib import pyplot

SERIES = {"rss": "process (rss)", "heapUsed": "JavaScript heap", "wasm": "wasm memory"}

source, target = sys.argv[1:]
with open(source, newline="") as file:
    rows = list(csv.DictReader(file))
seconds = [float(row["second"]) for row in rows]
figure, axes = pyplot.subplots(figsize=(8, 3.5))
for column, label in SERIES.items():
    axes.plot(seconds, [int(row[column]) / 2**20 for row in rows], label=label, linewidth=1)
axes.set(xlabel="seconds", ylabel="MiB", xlim=(0, None), ylim=(0, None))
axes.set_title(f"{rows[-1]['resolves']} resolves, {rows[-1]['requests']} requests, with faults")
axes.legend(loc="center right")
figure.tight_layout()
figure.savefig(target, metadata={"Date": None, "Title": "Memory of the random test"})
