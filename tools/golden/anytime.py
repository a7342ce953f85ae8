"""Golden values of anytime-valid monitoring for @mlops/drift, written from the papers with numpy.

python3.11 -m venv /tmp/golden && /tmp/golden/bin/pip install numpy==2.4.6
/tmp/golden/bin/python tools/golden/anytime.py
"""
import json
import math
from pathlib import Path

import numpy as np

SEED = 20261121
OUT = Path(__file__).parents[2] / "packages/drift/src/anytime/__golden__/anytime.json"
rng = np.random.default_rng(SEED)
SAMPLES = {
    "bernoulli": rng.binomial(1, 0.2, 400).astype(float),
    "beta": np.round(rng.beta(2, 5, 400), 4),
    "uniform": np.round(rng.random(300), 4),
    "shift": np.round(np.concatenate([rng.random(150) / 2, 0.5 + rng.random(150) / 2]), 4),
    "ones": np.ones(60),
}


def plug_in(x):
    """mu_{t-1} and sigma^2_{t-1} for every t; both regularised by half an observation."""
    t = np.arange(1, len(x) + 1)
    mu = (0.5 + np.cumsum(x)) / (t + 1)
    var = (0.25 + np.cumsum((x - mu) ** 2)) / (t + 1)
    return np.concatenate([[0.5], mu[:-1]]), np.concatenate([[0.25], var[:-1]])


def lambdas(x, alpha, sides):
    _, var = plug_in(x)
    t = np.arange(1, len(x) + 1)
    return np.sqrt(2 * np.log(sides / alpha) / (var * t * np.log(t + 1)))


def empirical_bernstein(x, alpha):
    """Theorem 2, with the running intersection."""
    mu, _ = plug_in(x)
    lam = np.minimum(lambdas(x, alpha, 2), 0.5)
    psi = (-np.log(1 - lam) - lam) / 4
    v = 4 * (x - mu) ** 2
    centre = np.cumsum(lam * x) / np.cumsum(lam)
    reach = (np.log(2 / alpha) + np.cumsum(v * psi)) / np.cumsum(lam)
    return np.maximum.accumulate(np.maximum(centre - reach, 0)), np.minimum.accumulate(np.minimum(centre + reach, 1))


def hedged(x, alpha, grid=200):
    """Theorem 3 on a grid: the means whose hedged capital never reached 1/alpha."""
    lam = lambdas(x, alpha, 2)
    ms = np.arange(grid + 1) / grid
    alive, bounds = np.ones(grid + 1, bool), []
    up, down = np.zeros(grid + 1), np.zeros(grid + 1)
    with np.errstate(divide="ignore"):
        most_up, most_down = 0.5 / ms, 0.5 / (1 - ms)
    for xi, li in zip(x, lam):
        up += np.log1p(np.minimum(li, most_up) * (xi - ms))
        down += np.log1p(-np.minimum(li, most_down) * (xi - ms))
        alive &= np.maximum(up, down) + math.log(0.5) < math.log(1 / alpha)
        kept = np.flatnonzero(alive)
        if len(kept) == 0:
            bounds.append(None)
            continue
        bounds.append([max(0, kept[0] - 1) / grid, min(grid, kept[-1] + 1) / grid])
    return bounds


def agrapa(x, m):
    """Log capital of bets on a rise, and on a fall."""
    mu, var = plug_in(x)
    edge = mu - m
    bet = edge / (var + edge**2)
    up, down = np.clip(bet, 0, 0.5 / m), np.clip(-bet, 0, 0.5 / (1 - m))
    return np.cumsum(np.log1p(up * (x - m))), np.cumsum(np.log1p(-down * (x - m)))


def newton(x, m):
    """Log capital of online Newton steps on a rise."""
    bet, total, squares, out = 0.0, 0.0, 0.0, []
    for xi in x:
        b = min(max(bet, 0), 0.5 / m)
        gap = xi - m
        total += math.log1p(b * gap)
        g = gap / (1 + b * gap)
        squares += g * g
        bet = b + 2 / (2 - math.log(3)) * g / (1 + squares)
        out.append(total)
    return out


def lord_gamma(j):
    return 0.07720838 * math.log(max(j, 2)) / (j * math.exp(math.sqrt(math.log(j)))) if j >= 1 else 0


def lord(ps, alpha, w0):
    levels, taus = [], []
    for t, p in enumerate(ps, 1):
        a = w0 * lord_gamma(t)
        if taus:
            a += (alpha - w0) * lord_gamma(t - taus[0]) + alpha * sum(lord_gamma(t - s) for s in taus[1:])
        levels.append(a)
        if p <= a:
            taus.append(t)
    return levels, taus


def saffron(ps, alpha, w0, lam):
    zeta = sum(j**-1.6 for j in range(1, 2_000_001)) + 2_000_000.5**-0.6 / 0.6
    gamma = lambda j: j**-1.6 / zeta
    levels, taus, cand = [], [], []
    for t, p in enumerate(ps, 1):
        a = w0 * gamma(t - len(cand))
        for k, s in enumerate(taus):
            w = (1 - lam) * alpha - (w0 if k == 0 else 0)
            a += w * gamma(t - s - sum(c > s for c in cand))
        a = min(lam, a)
        levels.append(a)
        if p <= a:
            taus.append(t)
        if p <= lam:
            cand.append(t)
    return levels, taus


ps = np.where(rng.random(120) < 0.3, rng.random(120) ** 6 / 20, rng.random(120)).round(8)
cases = {}
for name, x in SAMPLES.items():
    low, high = empirical_bernstein(x, 0.05)
    up, down = agrapa(x, 0.3)
    cases[name] = {
        "x": x.tolist(),
        "bernstein": np.stack([low, high], 1)[9::10].tolist(),
        "hedged": hedged(x, 0.05)[9::10],
        "agrapa": np.stack([up, down], 1)[9::10].tolist(),
        "newton": newton(x, 0.3)[9::10],
    }
levels, taus = lord(ps, 0.05, 0.005)
s_levels, s_taus = saffron(ps, 0.05, 0.0125, 0.5)
OUT.parent.mkdir(exist_ok=True)
OUT.write_text(
    json.dumps(
        {
            "tool": f"numpy {np.__version__}",
            "seed": SEED,
            "tolerance": 1e-10,
            "every": 10,
            "samples": cases,
            "pValues": ps.tolist(),
            "lord": {"levels": levels, "rejections": taus},
            "saffron": {"levels": s_levels, "rejections": s_taus},
        },
        separators=(",", ":"),
    )
    + "\n"
)
