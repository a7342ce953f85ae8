"""Golden values of the designs of @mlops/abtest/design.

python -m venv /tmp/golden && /tmp/golden/bin/pip install scipy==1.17.1 statsmodels==0.14.6
/tmp/golden/bin/python tools/golden/abtest_design.py
"""
import json
from pathlib import Path

import numpy as np
import scipy
import statsmodels
from scipy import integrate, stats
from scipy.stats import norm
from statsmodels.stats.power import NormalIndPower, TTestIndPower, TTestPower
from statsmodels.stats.proportion import power_proportions_2indep

OUT = Path(__file__).parents[2] / "packages/abtest/src/design/__golden__/design.json"
cases = {k: [] for k in ("means", "pairs", "arcsine", "pooled", "exact", "dunnett", "equivalence", "welch", "mde")}

for effect in (0.1, 0.4):
    for n, ratio in ((20, 1), (150, 2)):
        for ours, theirs in (("two-sided", "two-sided"), ("greater", "larger")):
            a = dict(alpha=0.05, alternative=theirs)
            cases["means"].append([effect, n, ratio, ours, float(TTestIndPower().power(effect, n, ratio=ratio, **a))])
            cases["pairs"].append([effect, n, ours, float(TTestPower().power(effect, n, **a))])
            p = np.sin(np.arcsin(np.sqrt(0.3)) + effect / 2) ** 2
            cases["arcsine"].append([p - 0.3, n, ratio, ours, float(NormalIndPower().power(effect, n, ratio=ratio, **a))])
            # statsmodels' first group is the treatment; a two-sided power leaves nothing but the near tail that matters.
            r = power_proportions_2indep(effect / 2, 0.3, n * ratio, ratio=1 / ratio, alternative=theirs)
            cases["pooled"].append([effect / 2, n, ratio, ours, float(r.power)])
    cases["mde"].append([90, 0.8, float(TTestIndPower().solve_power(nobs1=90, alpha=0.05, power=0.8))])


def exact(c, t, pc, pt, alternative, test):
    """Every table, its probability, and scipy's p-value for it."""
    power = 0.0
    for x in range(c + 1):
        for y in range(t + 1):
            if test == "fisher":
                p = stats.fisher_exact([[y, t - y], [x, c - x]], alternative=alternative).pvalue
            else:
                pool = (x + y) / (c + t)
                if test == "z-pooled":
                    v = pool * (1 - pool) * (1 / c + 1 / t)
                else:
                    v = x / c * (1 - x / c) / c + y / t * (1 - y / t) / t
                if v <= 0:
                    continue
                z = (y / t - x / c) / np.sqrt(v)
                p = 2 * norm.sf(abs(z)) if alternative == "two-sided" else norm.sf(z)
            if p <= 0.05:
                power += stats.binom.pmf(x, c, pc) * stats.binom.pmf(y, t, pt)
    return float(power)


for c, t, pc, pt in ((12, 12, 0.2, 0.7), (15, 25, 0.1, 0.4), (30, 20, 0.5, 0.8)):
    for alternative in ("two-sided", "greater"):
        for test in ("fisher", "z-pooled", "z-unpooled"):
            cases["exact"].append([c, t, pc, pt, alternative, test, exact(c, t, pc, pt, alternative, test)])

for weights in ([1, 1, 1], [1, 1, 1, 1], [2, 1, 1], [5, 2, 3], [1, 1, 1, 1, 1, 1]):
    lam = [np.sqrt(w / (w + weights[0])) for w in weights[1:]]
    cov = np.array([[1.0 if i == j else lam[i] * lam[j] for j in range(len(lam))] for i in range(len(lam))])
    for sides in (1, 2):
        def outside(level):
            c = norm.isf(level / sides)
            m = stats.multivariate_normal(np.zeros(len(lam)), cov, abseps=1e-9, releps=1e-9, maxpts=2_000_000, seed=7)
            low = np.full(len(lam), -c if sides == 2 else -np.inf)
            return 1 - m.cdf(np.full(len(lam), c), lower_limit=low)
        # The family's error at a given level of each comparison.
        cases["dunnett"].append([weights, sides, 0.02, float(outside(0.02))])

for n, margin, d in ((20, 0.8, 0.0), (100, 0.4, 0.1), (50, 0.5, -0.2)):
    se, df = np.sqrt(2 / n), 2 * n - 2
    t = stats.t.isf(0.05, df)
    f = lambda s: max(0.0, norm.cdf((margin - d) / se - t * s) - norm.cdf(t * s - (margin + d) / se)) * stats.chi.pdf(s * np.sqrt(df), df) * np.sqrt(df)
    kink = min(margin / se / t, 5.0)
    power = sum(integrate.quad(f, a, b, epsabs=1e-13, limit=500)[0] for a, b in ((0, min(1, kink)), (min(1, kink), kink)))
    cases["equivalence"].append([n, margin, d, float(power)])

for nc, nt, sc, st, e in ((12, 12, 1, 2, 1.0), (40, 20, 1, 3, 1.5)):
    vc, vt = sc**2 / nc, st**2 / nt
    df = (vc + vt) ** 2 / (vc**2 / (nc - 1) + vt**2 / (nt - 1))
    delta, c = e / np.sqrt(vc + vt), stats.t.isf(0.025, df)
    cases["welch"].append([nc, nt, sc, st, e, float(stats.nct.sf(c, df, delta) + stats.nct.cdf(-c, df, delta))])

about = f"scipy {scipy.__version__}, statsmodels {statsmodels.__version__}"
tolerance = {"power": 1e-8, "pooled": 1e-6, "dunnett": 1e-5, "equivalence": 1e-6}
OUT.write_text(json.dumps({"about": about, "tolerance": tolerance, **cases}, indent=1) + "\n")
