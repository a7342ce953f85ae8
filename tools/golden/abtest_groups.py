"""Golden values of tests of several groups, sign flips and cluster-robust regression.

python -m venv /tmp/golden && /tmp/golden/bin/pip install numpy==2.4.6 scipy==1.17.1 statsmodels==0.15.0
/tmp/golden/bin/python tools/golden/abtest_groups.py
"""
import json
from pathlib import Path

import numpy as np
import scipy
import statsmodels
import statsmodels.api as sm
from scipy import stats
from statsmodels.stats.oneway import anova_oneway
from statsmodels.stats.proportion import proportions_chisquare

SEED = 20261121
ROOT = Path(__file__).parents[2] / "packages"
rng = np.random.default_rng(SEED)
about = f"numpy {np.__version__}, scipy {scipy.__version__}, statsmodels {statsmodels.__version__}, seed {SEED}"


def write(path, **values):
    (ROOT / path).parent.mkdir(exist_ok=True)
    (ROOT / path).write_text(json.dumps({"about": about, **values}, indent=1, default=float) + "\n")


# Several groups: unequal sizes and spreads, ties, three far apart, many.
groups = {
    "unequal": [rng.normal(m, s, n).round(3).tolist() for m, s, n in ((5, 1, 12), (5.4, 3, 40), (6, 0.5, 7))],
    "tied": [rng.integers(0, 4, n).astype(float).tolist() for n in (15, 9, 22, 6)],
    "far": [rng.normal(m, 1, 30).round(3).tolist() for m in (0, 3, 9)],
    "large mean": [(1e6 + rng.normal(m, 1, 20)).round(3).tolist() for m in (0, 0.2, 0.4)],
    "two": [rng.normal(0, 1, 11).round(3).tolist(), rng.normal(0.7, 2, 17).round(3).tolist()],
    "ten": [rng.exponential(1, 25).round(3).tolist() for _ in range(10)],
}
cases = []
for name, samples in groups.items():
    arrays = [np.array(s) for s in samples]
    f = stats.f_oneway(*arrays)
    w = anova_oneway(arrays, use_var="unequal", welch_correction=True)
    k = stats.kruskal(*arrays)
    cases.append({"name": name, "samples": samples, "anova": [f.statistic, f.pvalue],
                  "welch": [w.statistic, w.pvalue, *w.df], "kruskal": [k.statistic, k.pvalue]})
flips = []
for n, shift in ((2, 1.0), (6, 0.3), (12, 0.4), (13, -0.8)):
    d = rng.normal(shift, 1, n).round(2)
    if n == 13:
        d[:4] = 0
    row = {"differences": d.tolist()}
    for alternative in ("two-sided", "less", "greater"):
        r = stats.permutation_test((d,), np.mean, permutation_type="samples", n_resamples=np.inf, alternative=alternative)
        row[alternative] = r.pvalue
    flips.append(row)
write("stats/src/hypothesis/__golden__/groups.json", tolerance=1e-10, cases=cases, flips=flips)

proportions = []
for counts, sizes in (((50, 66, 41), (500, 510, 480)), ((3, 0, 5, 9), (60, 61, 62, 63)), ((407, 489), (8158, 8158))):
    chi, p, _ = proportions_chisquare(np.array(counts), np.array(sizes))
    proportions.append({"successes": counts, "n": sizes, "chi": chi, "p": p})

# Regression by clusters: whole clusters were dealt.
sizes = rng.integers(1, 9, 26)
ids = np.repeat(np.arange(26), sizes)
n = len(ids)
T = np.repeat((np.arange(26) % 2).astype(float), sizes)
X = np.column_stack([np.repeat(rng.normal(0, 1, 26), sizes) + rng.normal(10, 1, n), rng.integers(0, 2, n)]).round(3)
y = np.round(1 + 0.6 * X[:, 0] + T * (0.8 + 0.3 * (X[:, 1] - 0.5)) + np.repeat(rng.normal(0, 1, 26), sizes)
             + rng.normal(0, 1, n), 3)
Xc = X - X.mean(0)
fits = []
for interactions in ("none", "lin"):
    D = np.column_stack([np.ones(n), T, Xc] + ([T[:, None] * Xc] if interactions == "lin" else []))
    for errors in ("CR0", "CR1"):
        fit = sm.OLS(y, D).fit(cov_type="cluster", use_t=True,
                               cov_kwds={"groups": ids, "use_correction": errors == "CR1", "df_correction": True})
        V = fit.cov_params()
        delta = fit.params[4:6] if interactions == "lin" else np.zeros(2)
        # The covariates' means are estimated, by clusters.
        sums = np.array([(Xc[ids == g] @ delta).sum() for g in range(26)])
        fits.append({"interactions": interactions, "errors": errors, "effect": fit.params[1], "bse": fit.bse[1],
                     "se": np.sqrt(V[1, 1] + (sums @ sums) / 25 * 26 / n**2), "df": 25,
                     "p_without_means": fit.pvalues[1]})
write("abtest/src/analysis/__golden__/groups.json", proportions=proportions, regression={
    **{arm: {"outcome": y[T == t].tolist(), "covariates": X[T == t].T.tolist(), "clusters": ids[T == t].tolist()}
       for arm, t in (("control", 0), ("treatment", 1))}, "fits": fits})
