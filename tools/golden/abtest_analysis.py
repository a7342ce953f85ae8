"""Golden values of the analyses of @mlops/abtest.

python -m venv /tmp/golden && /tmp/golden/bin/pip install numpy==1.26.4 scipy==1.17.1 statsmodels==0.14.6 gbstats==0.8.0
/tmp/golden/bin/python tools/golden/abtest_analysis.py
"""
import json
from pathlib import Path

import numpy as np
import scipy
import statsmodels
import statsmodels.api as sm
from gbstats.frequentist.tests import FrequentistConfig, TwoSidedTTest
from gbstats.models.statistics import RatioStatistic, RegressionAdjustedStatistic, SampleMeanStatistic
from scipy import stats
from scipy.integrate import quad
from statsmodels.stats.weightstats import ttost_ind, ttost_paired

SEED = 20261121
OUT = Path(__file__).parents[2] / "packages/abtest/src/analysis/__golden__/analysis.json"
rng = np.random.default_rng(SEED)
out = {}


def rounded(x):
    return [float(v) for v in np.round(x, 3)]


# Trimmed means.
c = rounded(rng.lognormal(1, 0.8, 37))
t = rounded(rng.lognormal(1.3, 0.8, 29))
out["yuen"] = []
for trim in (0.0, 0.05, 0.1, 0.2, 0.4):
    r = stats.ttest_ind(t, c, equal_var=False, trim=trim)
    ci = r.confidence_interval(0.95)
    out["yuen"].append({"trim": trim, "t": r.statistic, "p": r.pvalue, "df": r.df, "ci": [ci.low, ci.high]})
out["skewed"] = {"control": c, "treatment": t}

# BCa of a difference of means and of medians: many resamples, so that the noise is small.
out["bootstrap"] = []
for name, f in (("mean", np.mean), ("median", np.median)):
    for method in ("BCa", "percentile"):
        r = stats.bootstrap((np.array(t), np.array(c)), lambda x, y, axis: f(x, axis=axis) - f(y, axis=axis),
                            n_resamples=40_000, method=method, rng=np.random.default_rng(1), batch=2000)
        out["bootstrap"].append({"statistic": name, "method": method.lower(), "se": r.standard_error,
                                 "ci": [r.confidence_interval.low, r.confidence_interval.high]})

# Regression with robust errors.
n = 60
T = np.repeat([0.0, 1.0], [35, 25])
X = np.column_stack([rng.normal(10, 3, n), rng.integers(0, 2, n).astype(float)]).round(3)
y = np.round(2 + 0.7 * X[:, 0] - X[:, 1] + T * (1 + 0.2 * (X[:, 0] - 10)) + rng.normal(0, 1 + T, n), 3)
Xc = X - X.mean(0)
S = np.cov(X.T)
out["regression"] = {
    "control": {"outcome": y[T == 0].tolist(), "covariates": X[T == 0].T.tolist()},
    "treatment": {"outcome": y[T == 1].tolist(), "covariates": X[T == 1].T.tolist()},
    "fits": [],
}
for interactions in ("none", "lin"):
    D = np.column_stack([np.ones(n), T, Xc] + ([T[:, None] * Xc] if interactions == "lin" else []))
    for errors in ("classical", "HC0", "HC1", "HC2", "HC3"):
        fit = sm.OLS(y, D).fit(cov_type="nonrobust" if errors == "classical" else errors)
        b, V = fit.params, fit.cov_params()
        beta = b[2:4]
        delta = b[4:6] if interactions == "lin" else np.zeros(2)
        # Negi & Wooldridge 2021: the covariates' means are estimated.
        var = V[1, 1] + delta @ S @ delta / n
        base = V[0, 0] + beta @ S @ beta / n
        cov = V[0, 1] + beta @ S @ delta / n
        lift = var / b[0] ** 2 + b[1] ** 2 * base / b[0] ** 4 - 2 * b[1] * cov / b[0] ** 3
        out["regression"]["fits"].append({"interactions": interactions, "errors": errors, "effect": b[1],
            "se": np.sqrt(var), "df": n - D.shape[1], "coefficients": b[2:].tolist(), "lift_se": np.sqrt(lift)})

# Clusters: Liang and Zeger's variance of each arm's mean, times G/(G - 1).
def clustered(g, seed):
    r = np.random.default_rng(seed)
    sizes = r.integers(1, 9, g)
    ids = np.repeat(np.arange(g), sizes)
    return ids, np.round(5 + np.repeat(r.normal(0, 1, g), sizes) + r.normal(0, 1, len(ids)), 3)


def arm_mean(ids, v):
    fit = sm.OLS(v, np.ones(len(v))).fit(cov_type="cluster", cov_kwds={"groups": ids, "use_correction": False})
    g = len(set(ids))
    return fit.params[0], fit.cov_params()[0, 0] * g / (g - 1)


arms = {name: clustered(g, s) for name, g, s in (("control", 24, 5), ("treatment", 31, 6))}
(mc, vc), (mt, vt) = arm_mean(*arms["control"]), arm_mean(*arms["treatment"])
out["clusters"] = {
    **{name: {"values": v.tolist(), "clusters": ids.tolist()} for name, (ids, v) in arms.items()},
    "effect": mt - mc, "se": np.sqrt(vc + vt),
}

# Equivalence.
out["tost"] = {"margins": []}
for m in (0.2, 0.5, 1.0):
    p = ttost_ind(np.array(t[:25]), np.array(c[:25]), -m, m, usevar="unequal")[0]
    q = ttost_paired(np.array(t[:25]), np.array(c[:25]), -m, m)[0]
    out["tost"]["margins"].append({"margin": m, "unpaired": p, "paired": q})

# GrowthBook.
def sums(x):
    return {"n": len(x), "sum": float(np.sum(x)), "sum_squares": float(np.sum(np.square(x)))}


def mean_stat(x):
    s = sums(x)
    return SampleMeanStatistic(n=s["n"], sum=s["sum"], sum_squares=s["sum_squares"])


pre_c, pre_t = rng.normal(20, 4, 80).round(3), rng.normal(20, 4, 95).round(3)
post_c = np.round(0.8 * pre_c + rng.normal(5, 2, 80), 3)
post_t = np.round(0.8 * pre_t + rng.normal(5.8, 2, 95), 3)
den_c, den_t = rng.integers(1, 9, 80).astype(float), rng.integers(1, 9, 95).astype(float)


def adjusted(post, pre, theta):
    return RegressionAdjustedStatistic(n=len(post), post_statistic=mean_stat(post), pre_statistic=mean_stat(pre),
        post_pre_sum_of_products=float(post @ pre), theta=theta)


def ratio(m, d):
    return RatioStatistic(n=len(m), m_statistic=mean_stat(m), d_statistic=mean_stat(d), m_d_sum_of_products=float(m @ d))


def test(a, b, kind):
    r = TwoSidedTTest(a, b, FrequentistConfig(difference_type=kind)).compute_result()
    return {"effect": r.expected, "se": r.uplift.stddev, "ci": list(r.ci), "p": r.p_value}


out["gbstats"] = {
    "data": {"pre_c": pre_c.tolist(), "pre_t": pre_t.tolist(), "post_c": post_c.tolist(), "post_t": post_t.tolist(),
             "den_c": den_c.tolist(), "den_t": den_t.tolist()},
}
both_post, both_pre = np.concatenate([post_c, post_t]), np.concatenate([pre_c, pre_t])
theta = np.cov(both_post, both_pre)[0, 1] / np.var(both_pre, ddof=1)
for kind in ("relative", "absolute"):
    out["gbstats"][kind] = {
        "mean": test(mean_stat(post_c), mean_stat(post_t), kind),
        "ratio": test(ratio(post_c, den_c), ratio(post_t, den_t), kind),
    }
out["gbstats"]["absolute"]["cuped"] = test(adjusted(post_c, pre_c, theta), adjusted(post_t, pre_t, theta), "absolute")
# The relative CUPED effect of gbstats 0.8 takes the control's mean as if adjusted: its gradient in full here.
d = post_t.mean() - post_c.mean() - theta * (pre_t.mean() - pre_c.mean())
b = post_c.mean()
g_t, g_c = np.array([1 / b, -theta / b]), np.array([-1 / b - d / b**2, theta / b])
out["gbstats"]["cuped_relative"] = {"theta": theta, "effect": d / b, "se": float(np.sqrt(
    g_t @ np.cov(post_t, pre_t) @ g_t / 95 + g_c @ np.cov(post_c, pre_c) @ g_c / 80))}

# Beta-binomial, by adaptive quadrature of scipy's beta functions.
def betas(a1, b1, a2, b2):
    C, T = stats.beta(a1, b1), stats.beta(a2, b2)
    marks = sorted({*(q for d in (C, T) for q in d.ppf([1e-12, 1e-6, 0.01, 0.5, 0.99, 1 - 1e-6, 1 - 1e-12]))})

    def total(f):
        cuts = [0.0, *marks, 1.0]
        return float(sum(quad(f, x, y, epsabs=1e-14, epsrel=1e-12, limit=200)[0] for x, y in zip(cuts, cuts[1:]) if y > x))

    return {"control": [a1, b1], "treatment": [a2, b2],
            "greater": total(lambda x: T.pdf(x) * C.cdf(x)),
            "loss": total(lambda x: T.cdf(x) * C.sf(x)), "keep": total(lambda x: C.cdf(x) * T.sf(x)),
            "difference": [[v, total(lambda x: C.pdf(x) * T.cdf(x + v))] for v in (-0.05, 0.01, 0.1)],
            "lift": [[v, total(lambda x: C.pdf(x) * T.cdf(x * (1 + v)))] for v in (-0.2, 0.1, 1.0)]}


out["betas"] = [betas(*case) for case in ((50, 951, 65, 936), (2, 2, 3, 1), (1, 1, 1, 1), (1, 41, 6, 35),
                                          (1.5, 20.5, 3.5, 17.5), (1200, 98_800, 15, 985))]
out["tost"]["about"] = "statsmodels, first 25 of each skewed sample"
about = (f"numpy {np.__version__}, scipy {scipy.__version__}, statsmodels {statsmodels.__version__}, "
         f"gbstats 0.8.0, seed {SEED}")
OUT.parent.mkdir(exist_ok=True)
OUT.write_text(json.dumps({"about": about, **out}, indent=1, default=float) + "\n")
