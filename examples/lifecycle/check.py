"""The journey's numbers, computed independently.

python3 -m venv /tmp/check && /tmp/check/bin/pip install numpy==2.4.6 scipy==1.17.1 pandas==3.0.0 scikit-learn==1.8.0
/tmp/check/bin/python examples/lifecycle/check.py
"""
import csv
import json
from pathlib import Path

import numpy as np
from scipy import stats
from sklearn.linear_model import LogisticRegression

DATA = Path(__file__).parent / "node_modules/vega-datasets/data"
flights = sorted(json.loads((DATA / "flights-20k.json").read_text()), key=lambda f: f["date"])
between = lambda a, b: [f for f in flights if a <= f["date"] < b]
first, since, held = between("2001/01/01", "2001/01/08"), between("2001/01/08", "2001/02/15"), between("2001/02/15", "2001/04/01")


def bh(p):
    p = np.asarray(p)
    order = np.argsort(p)[::-1]
    out = np.empty(len(p))
    running = 1.0
    for rank, i in enumerate(order):
        running = min(running, p[i] * len(p) / (len(p) - rank))
        out[i] = running
    return out


def psi_counts(r, c):
    r, c = np.maximum(r / r.sum(), 1e-4), np.maximum(c / c.sum(), 1e-4)
    return float(((c - r) * np.log(c / r)).sum())


def psi_numeric(r, c):
    edges = np.unique([np.quantile(r, i / 10) for i in range(11)])[1:-1]
    count = lambda x: np.bincount(np.searchsorted(edges, x, side="right"), minlength=len(edges) + 1)
    return psi_counts(count(r), count(c))


def table(r, c):
    names = sorted(set(r) | set(c))
    return np.array([[r.count(n) for n in names], [c.count(n) for n in names]], float)


def columns(rows, numeric, categorical, current):
    names, p, effect, psi = [], [], [], []
    for n in numeric:
        r, c = (np.array([x[n] for x in side if x[n] is not None], float) for side in (rows, current))
        ks = stats.ks_2samp(r, c)
        names.append(n), p.append(ks.pvalue), effect.append(ks.statistic), psi.append(psi_numeric(r, c))
    for n in categorical:
        t = table([x[n] for x in rows], [x[n] for x in current])
        chi = stats.chi2_contingency(t, correction=False)
        shares = t / t.sum(axis=1, keepdims=True)
        names.append(n), p.append(chi.pvalue), effect.append(np.abs(shares[0] - shares[1]).sum() / 2), psi.append(psi_counts(t[0], t[1]))
    for row in sorted(zip(effect, names, bh(p), psi), reverse=True):
        print(f"  {row[1]:12s} effect {row[0]:.4g}  p adjusted {row[2]:.4g}  psi {row[3]:.4g}")


hour = lambda f: int(f["date"][11:13]) + int(f["date"][14:16]) / 60
weekday = lambda f: np.datetime64(f["date"][:10].replace("/", "-")).astype("datetime64[D]").view("int64").item() + 3
for f in flights:
    f["hour"], f["weekday"] = hour(f), str(weekday(f) % 7)
print("flights")
columns(first, ["delay", "distance", "hour"], ["origin", "destination", "weekday"], since)

strikes = list(csv.DictReader((DATA / "birdstrikes.csv").open(encoding="utf8")))
for s in strikes:
    s["speed"] = None if s["Speed IAS in knots"] == "" else float(s["Speed IAS in knots"])
    s["cost"] = float(s["Cost Total $"])
year = lambda s: int(s["Flight Date"][:4])
print("wildlife strikes")
columns(
    [s for s in strikes if year(s) < 1997],
    ["speed", "cost"],
    ["Aircraft Airline Operator", "Origin State", "Phase of flight", "Wildlife Size"],
    [s for s in strikes if year(s) >= 1997],
)


def features(train, rows):
    late = np.array([f["delay"] > 15 for f in train], float)
    base = late.mean()
    rates = {}
    for key in ("origin", "destination"):
        for name in {f[key] for f in train}:
            own = late[[f[key] == name for f in train]]
            rates[key, name] = (own.sum() + 30 * base) / (len(own) + 30)
    x = []
    for f in rows:
        angle = 2 * np.pi * f["hour"] / 24
        odds = [np.log((q := rates.get((k, f[k]), base)) / (1 - q)) for k in ("origin", "destination")]
        days = [float(f["weekday"] == str(d)) for d in range(6)]
        x.append([f["distance"] / 1000, np.sin(angle), np.cos(angle), np.sin(2 * angle), np.cos(2 * angle), *days, *odds])
    return np.array(x)


y = np.array([f["delay"] > 15 for f in held], float)
losses = []
for train in (first, first + since):
    model = LogisticRegression(C=1.0, tol=1e-12, max_iter=100000).fit(features(train, train), [f["delay"] > 15 for f in train])
    losses.append((model.predict_proba(features(train, held))[:, 1] - y) ** 2)
difference = losses[1] - losses[0]
t = stats.ttest_rel(losses[1], losses[0])
low, high = t.confidence_interval(0.95)
print(f"Brier {losses[1].mean():.4g} and {losses[0].mean():.4g}: {difference.mean():.4g}, {difference.mean() / losses[0].mean():.4%}, {low:.4g} to {high:.4g}, p {t.pvalue:.4g}")
