"""Golden values of @mlops/abtest/bandits: probabilities of being best by scipy's adaptive quadrature and mpmath,
scores by MABWiser, posteriors by numpy.

python -m venv /tmp/golden && /tmp/golden/bin/pip install numpy==2.4.6 scipy==1.17.1 mpmath==1.3.0 mabwiser==2.7.4
/tmp/golden/bin/python tools/golden/abtest_bandits.py
"""
import json
import random
from pathlib import Path

import mabwiser
import mpmath as mp
import numpy as np
import scipy
from mabwiser.mab import MAB, LearningPolicy
from scipy import optimize, stats

OUT = Path(__file__).parents[2] / "packages/abtest/src/bandits/__golden__/bandits.json"
SEED = 20261121
rng = random.Random(SEED)
mp.mp.dps = 20


def best(laws, spans):
    """P(k is largest), by mpmath over pieces between all the given points."""
    points = sorted({p for span in spans for p in span})
    out = []
    for k, law in enumerate(laws):
        f = lambda x: law[0](x) * mp.fprod(other[1](x) for j, other in enumerate(laws) if j != k)
        out.append(float(mp.quad(f, points)))
    return out


def beta(a, b):
    c = mp.beta(a, b)
    inside = lambda x: x ** (a - 1) * (1 - x) ** (b - 1) / c if 0 < x < 1 else mp.mpf(0)
    return (inside, lambda x: mp.betainc(a, b, 0, x, regularized=True))


def normal(m, s):
    return (lambda x: mp.npdf(x, m, s), lambda x: mp.ncdf(x, m, s))


def student(v, m, s):
    c = mp.gamma((v + 1) / 2) / mp.gamma(v / 2) / mp.sqrt(v * mp.pi) / s

    def cdf(x):
        z = (x - m) / s
        tail = mp.betainc(v / 2, mp.mpf(1) / 2, 0, v / (v + z * z), regularized=True) / 2
        return 1 - tail if z > 0 else tail

    return (lambda x: c * (1 + ((x - m) / s) ** 2 / v) ** (-(v + 1) / 2), cdf)


cases = {"beta": [], "normal": [], "student": []}
for shapes in (
    [(2, 2), (3, 1)],
    [(1, 1), (1, 1), (5, 1)],
    [(21, 81), (26, 76), (31, 71)],
    [(0.5, 0.5), (2, 3)],
    [(200, 3), (150, 2.5), (20, 1)],
    [(1.5, 400), (3, 500), (2, 90), (1, 30)],
):
    ends = [mp.mpf(0)] + [mp.mpf(float(q)) for a, b in shapes for q in stats.beta(a, b).ppf([1e-6, 0.02, 0.3, 0.7, 0.98, 1 - 1e-6])] + [mp.mpf(1)]
    cases["beta"].append([shapes, best([beta(mp.mpf(a), mp.mpf(b)) for a, b in shapes], [ends])])
for laws in (
    [(0, 1), (0, 1)],
    [(0.1, 0.01), (0.11, 0.012), (0.09, 0.008)],
    [(0, 1), (0.5, 1e-3), (-1, 3)],
    [(0, 1), (1, 1), (2, 1), (3, 1), (0, 5)],
):
    ends = [mp.mpf(m + c * s) for m, s in laws for c in (-12, -6, -3, -1, 0, 1, 3, 6, 12)]
    cases["normal"].append([laws, best([normal(mp.mpf(m), mp.mpf(s)) for m, s in laws], [ends])])
for laws in ([(3, 0, 1), (5, 1, 0.5)], [(1.5, 0, 1), (30, 0.2, 0.3), (4, -1, 2)]):
    ends = [-mp.inf] + [mp.mpf(m + c * s) for _, m, s in laws for c in (-200, -30, -6, -2, 0, 2, 6, 30, 200)] + [mp.inf]
    cases["student"].append([laws, best([student(mp.mpf(v), mp.mpf(m), mp.mpf(s)) for v, m, s in laws], [ends])])

arms = ["a", "b", "c"]
decisions = [rng.choice(arms) for _ in range(200)]
rewards = [round(rng.random(), 3) for _ in decisions]
contexts = [[round(rng.gauss(0, 1), 3) for _ in range(4)] for _ in decisions]
query = [round(rng.gauss(0, 1), 3) for _ in range(4)]
ucb = MAB(arms, LearningPolicy.UCB1(alpha=1.3))
ucb.fit(decisions, rewards)
soft = MAB(arms, LearningPolicy.Softmax(tau=0.05))
soft.fit(decisions, rewards)
lin = MAB(arms, LearningPolicy.LinUCB(alpha=0.7, l2_lambda=2.0))
lin.fit(decisions, rewards, contexts)
cases["log"] = {"decisions": decisions, "rewards": rewards, "contexts": contexts, "query": query}
cases["ucb1"] = {k: float(v) for k, v in ucb.predict_expectations().items()}
cases["softmax"] = {k: float(v) for k, v in soft._imp.arm_to_exponent.items()} if hasattr(soft._imp, "arm_to_exponent") else None
cases["linUcb"] = {k: float(v) for k, v in lin.predict_expectations([query]).items()}

# The posterior maximum of one logistic observation after another, by a general optimiser.
h, m = np.eye(4) * 2.0, np.zeros(4)
for x, r in list(zip(contexts, rewards))[:40]:
    x = np.array(x)
    loss = lambda w: 0.5 * (w - m) @ h @ (w - m) - r * (x @ w) + np.logaddexp(0, x @ w)
    slope = lambda w: h @ (w - m) + (1 / (1 + np.exp(-(x @ w))) - r) * x
    w = optimize.minimize(loss, m, jac=slope, method="BFGS", options={"gtol": 1e-12}).x
    w = optimize.root(slope, w, tol=1e-14).x
    p = 1 / (1 + np.exp(-(x @ w)))
    h, m = h + p * (1 - p) * np.outer(x, x), w
cases["logistic"] = {"n": 40, "l2": 2.0, "logit": float(np.array(query) @ m), "variance": float(np.array(query) @ np.linalg.inv(h) @ np.array(query))}

OUT.parent.mkdir(exist_ok=True)
about = f"mpmath {mp.__version__}, scipy {scipy.__version__}, numpy {np.__version__}, mabwiser {mabwiser.__version__ if hasattr(mabwiser, '__version__') else '2.7.4'}"
OUT.write_text(json.dumps({"about": about, "seed": SEED, "tolerance": {"best": 1e-10, "scores": 1e-9, "logistic": 1e-7}, **cases}) + "\n")
