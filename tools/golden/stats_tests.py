"""Golden values of @mlops/stats: hypothesis tests, distances, intervals, multiplicity, binning, quantiles.

    python3 -m venv /tmp/golden && /tmp/golden/bin/pip install numpy==2.4.6 scipy==1.17.1 statsmodels==0.15.0
    /tmp/golden/bin/python tools/golden/stats_tests.py

Writes packages/stats/src/*/__golden__/*.json. numpy's PCG64 under a fixed seed makes the samples; they
are stored with the results, so the tests need neither Python nor the generator.
"""

import json
import math
from pathlib import Path

import numpy as np
import scipy
import statsmodels
from scipy import optimize, stats
from statsmodels.stats import multitest, proportion
from statsmodels.stats.contingency_tables import Table2x2, mcnemar

SEED = 20261120
ROOT = Path(__file__).resolve().parents[2] / "packages/stats/src"
rng = np.random.default_rng(SEED)


def rounded(x, digits=3):
    return [round(float(v), digits) for v in x]


SAMPLES = {
    "normal40": rounded(rng.normal(0, 1, 40), 6),
    "normal55": rounded(rng.normal(0.3, 1.4, 55), 6),
    "normal7": rounded(rng.normal(0, 1, 7), 6),
    "normal9": rounded(rng.normal(1.2, 1, 9), 6),
    "normal6": rounded(rng.normal(0.5, 2, 6), 6),
    "normal200": rounded(rng.normal(0, 1, 200), 6),
    "far230": rounded(rng.normal(2.5, 1, 230), 6),
    "gamma60": rounded(rng.gamma(2, 3, 60), 3),
    "gamma45": rounded(rng.gamma(2.4, 3, 45), 3),
    "tied30": [float(v) for v in rng.integers(0, 6, 30)],
    "tied41": [float(v) for v in rng.integers(1, 8, 41)],
    "constant5": [4.0] * 5,
    "constant8": [4.0] * 8,
    "one": [1.5],
    "shifted1e9": [float(v) for v in np.round(rng.normal(1e9, 1, 30), 3)],
    "shifted1e9b": [float(v) for v in np.round(rng.normal(1e9 + 0.4, 1, 35), 3)],
    "infinite12": [-math.inf, math.inf] + rounded(rng.normal(0, 1, 10)),
    "uniform20": rounded(rng.uniform(0, 1, 20), 5),
    "uniform15": rounded(rng.uniform(0.2, 1.3, 15), 5),
    "normal40b": rounded(rng.normal(0.2, 1, 40), 6),
    "zeros20": [float(v) for v in rng.integers(-3, 4, 20)],
    "pairs12a": [120, 114, 181, 188, 180, 146, 121, 191, 132, 113, 127, 112],
    "pairs12b": [133, 143, 119, 189, 112, 199, 198, 113, 115, 121, 142, 187],
}
PAIRS = [
    ("normal40", "normal55"), ("normal7", "normal9"), ("normal6", "normal9"), ("gamma60", "gamma45"),
    ("tied30", "tied41"), ("normal200", "far230"), ("far230", "normal200"), ("uniform20", "uniform15"),
    ("shifted1e9", "shifted1e9b"), ("constant5", "normal9"), ("normal40", "normal40"), ("one", "normal9"),
]
RANK_PAIRS = PAIRS + [("infinite12", "normal9")]
ALTERNATIVES = ["two-sided", "less", "greater"]
TABLES = [
    [[10, 20], [30, 25]], [[1, 9], [8, 2]], [[100, 2], [1000, 5]], [[0, 5], [4, 3]], [[94, 48], [3577, 16988]],
    [[20034, 24666], [20119, 25370]], [[3, 1], [1, 3]], [[5, 0], [1, 4]], [[400, 10], [10, 400]],
]
WIDE_TABLES = [
    [[20, 15, 5, 0], [10, 18, 9, 3]], [[5, 9, 2], [7, 3, 11], [4, 6, 8]], [[762, 327, 468], [484, 239, 477]],
]
PROPORTIONS = [((7, 34), (1, 34)), ((56, 70), (48, 80)), ((9, 10), (3, 10)), ((6, 7), (2, 7)),
               ((20034, 44700), (20119, 45489)), ((0, 20), (3, 25)), ((10, 10), (0, 20)), ((5, 1000), (20, 1200))]


def clean(value):
    if isinstance(value, (list, tuple)):
        return [clean(v) for v in value]
    if isinstance(value, dict):
        return {k: clean(v) for k, v in value.items()}
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    if isinstance(value, (int, np.integer)):
        return int(value)
    if isinstance(value, (float, np.floating)):
        v = float(value)
        if math.isnan(v):
            return None
        return v if math.isfinite(v) else ("Infinity" if v > 0 else "-Infinity")
    return value


def write(path, tolerance, cases, samples=True):
    target = ROOT / path
    target.parent.mkdir(parents=True, exist_ok=True)
    body = {
        "tool": "scipy, statsmodels, numpy (tools/golden/stats_tests.py)",
        "versions": {"scipy": scipy.__version__, "statsmodels": statsmodels.__version__, "numpy": np.__version__},
        "seed": SEED,
        "tolerance": tolerance,
        **({"samples": clean(SAMPLES)} if samples else {}),
        "cases": [clean(c) for c in cases],
    }
    target.write_text(json.dumps(body, indent=None, separators=(",", ":")).replace("},{", "},\n{") + "\n")
    print(target.relative_to(ROOT), len(cases))


def centred(*names):
    """t is the same after an exact shift, and scipy's means then keep their digits."""
    shift = 1e9 if names[0].startswith("shifted") else 0
    return [s(name) - shift for name in names]


def s(name):
    return np.array(SAMPLES[name], dtype=float)


def result(r, **more):
    return {"statistic": r.statistic, "pValue": r.pvalue, **more}


def hypothesis():
    cases = []

    def add(fn, args, options, expected):
        cases.append({"fn": fn, "args": args, "options": options, "expected": expected})

    for a, b in PAIRS:
        for alt in ALTERNATIVES:
            if len(s(a)) > 1 and (np.var(s(a)) > 0 or np.var(s(b)) > 0):
                r = stats.ttest_ind(*centred(a, b), equal_var=False, alternative=alt)
                add("welchT", [a, b], {"alternative": alt}, result(r, degreesOfFreedom=r.df, interval=list(r.confidence_interval(0.95))))
            r = stats.ttest_ind(*centred(a, b), alternative=alt)
            add("studentTTest", [a, b], {"alternative": alt}, result(r, degreesOfFreedom=r.df, interval=list(r.confidence_interval(0.95))))
    for a, b in [("normal40", "normal40b"), ("pairs12a", "pairs12b")]:
        for alt in ALTERNATIVES:
            r = stats.ttest_rel(s(a), s(b), alternative=alt)
            add("pairedT", [a, b], {"alternative": alt}, result(r, degreesOfFreedom=r.df, interval=list(r.confidence_interval(0.95))))
    for a, b in RANK_PAIRS:
        for alt in ALTERNATIVES:
            r = stats.mannwhitneyu(s(a), s(b), alternative=alt)
            add("mannWhitney", [a, b], {"alternative": alt}, result(r))
            r = stats.mannwhitneyu(s(a), s(b), alternative=alt, method="asymptotic", use_continuity=False)
            add("mannWhitney", [a, b], {"alternative": alt, "pValueBy": "normal", "correction": "none"}, result(r))
            for method, by in (("exact", "exact"), ("asymp", "asymptotic")):
                r = stats.ks_2samp(s(a), s(b), alternative=alt, method=method)
                add("ksTwoSampleTest", [a, b], {"alternative": alt, "pValueBy": by}, result(r))
            if len(s(a)) > 1:
                r = stats.brunnermunzel(s(a), s(b), alternative={"less": "greater", "greater": "less"}.get(alt, alt))
                if np.isfinite(r.statistic):
                    r = stats.brunnermunzel(s(a), s(b), alternative=alt)
                    add("brunnerMunzel", [a, b], {"alternative": alt}, {"statistic": -r.statistic, "pValue": r.pvalue})
        if len(s(a)) > 1:
            r = stats.cramervonmises_2samp(s(a), s(b))
            add("cramerVonMises", [a, b], {}, {**result(r), "looseTail": True})
    for a, b in [("normal40", "normal55"), ("gamma60", "gamma45"), ("tied30", "tied41"), ("normal7", "normal9"),
                 ("normal200", "far230"), ("uniform20", "uniform15")]:
        for ties in ("midrank", "right"):
            r = stats.anderson_ksamp([s(a), s(b)], variant="midrank" if ties == "midrank" else "right")
            add("andersonDarlingKSample", [[a, b]], {"ties": ties},
                result(r))
        r = stats.levene(s(a), s(b), center="median")
        add("levene", [[a, b]], None, result(r))
        r = stats.epps_singleton_2samp(s(a), s(b))
        add("eppsSingleton", [a, b], {}, result(r))
    r = stats.levene(s("normal40"), s("gamma60"), s("tied30"), center="median")
    add("levene", [["normal40", "gamma60", "tied30"]], None, result(r))
    r = stats.anderson_ksamp([s("normal40"), s("normal55"), s("normal7")], variant="midrank")
    add("andersonDarlingKSample", [["normal40", "normal55", "normal7"]], {}, {**result(r)})
    for a in ["zeros20", "normal40", "normal9"]:
        for alt in ALTERNATIVES:
            for zeros in ["wilcox", "pratt", "zsplit"]:
                for corr in (False, True):
                    r = stats.wilcoxon(s(a), zero_method=zeros, alternative=alt, correction=corr, method="asymptotic")
                    add("wilcoxonSignedRank", [a], {"alternative": alt, "zeros": zeros, "pValueBy": "normal",
                        "correction": "continuity" if corr else "none"}, result(r))
            if a != "zeros20":
                r = stats.wilcoxon(s(a), alternative=alt)
                add("wilcoxonSignedRank", [a], {"alternative": alt}, result(r))
            d = s(a)[s(a) != 0]
            r = stats.binomtest(int((d > 0).sum()), len(d), alternative=alt)
            add("signTest", [a], {"alternative": alt}, {"statistic": r.statistic * len(d), "pValue": r.pvalue})
    for t in TABLES:
        for alt in ALTERNATIVES:
            p = stats.fisher_exact(t, alternative=alt).pvalue
            expected = {"pValue": p}
            if min(map(min, t)) > 0 and t[0][0] < 5000:
                o = stats.contingency.odds_ratio(t, kind="conditional")
                ci = o.confidence_interval(0.95, alternative=alt)
                expected |= {"statistic": t[0][0] * t[1][1] / (t[0][1] * t[1][0]), "conditionalOddsRatio": o.statistic,
                             "interval": [ci.low, ci.high]}
            cases.append({"fn": "fisherExact", "table": t, "options": {"alternative": alt}, "expected": expected})
        b, c = t[0][1], t[1][0]
        # With b = c statsmodels corrects past zero; R and we do not.
        for by, kw in {"exact": {"exact": True}, "chi-square": {"exact": False, "correction": False},
                       "chi-square-corrected": {"exact": False, "correction": True}}.items():
            if b == c and by == "chi-square-corrected":
                continue
            r = mcnemar(np.array(t), **kw)
            cases.append({"fn": "mcNemar", "table": t, "options": {"by": by}, "expected": result(r)})
        mid = min(1, 2 * stats.binom.cdf(min(b, c), b + c, 0.5) - stats.binom.pmf(min(b, c), b + c, 0.5))
        cases.append({"fn": "mcNemar", "table": t, "options": {"by": "mid-p"}, "expected": {"pValue": mid}})
    for t in TABLES + WIDE_TABLES:
        for kind, lam in (("pearson", 1), ("g", 0)):
            for corr in (False, True):
                r = stats.chi2_contingency(t, correction=corr, lambda_=lam)
                cases.append({"fn": "chiSquareContingency", "table": t,
                              "options": {"statistic": kind, "correction": "yates" if corr else "none"},
                              "expected": {**result(r), "degreesOfFreedom": r.dof, "minExpected": r.expected_freq.min(),
                                           "cramersV": stats.contingency.association(t, method="cramer")}})
    for counts, weights in [([5140, 4860], [1, 1]), ([5000, 5200, 4800], [1, 1, 1]), ([16, 16, 16, 16, 16, 8], [32, 36, 32, 28, 24, 24]),
                            ([821588, 815482], [1, 1]), ([3, 0, 9], [2, 1, 3])]:
        e = np.array(weights) / sum(weights) * sum(counts)
        for kind, lam in (("pearson", 1), ("g", 0)):
            r = stats.power_divergence(counts, e, lambda_=lam)
            cases.append({"fn": "chiSquareGoodnessOfFit", "counts": counts, "options": {"weights": weights, "statistic": kind}, "expected": result(r)})
    for (x1, n1), (x2, n2) in PROPORTIONS:
        for alt, sm in zip(ALTERNATIVES, ["two-sided", "smaller", "larger"]):
            z, p = proportion.proportions_ztest([x1, x2], [n1, n2], alternative=sm)
            cases.append({"fn": "twoProportionZ", "proportions": [[x1, n1], [x2, n2]], "options": {"alternative": alt}, "expected": {"statistic": z, "pValue": p}})
    write("hypothesis/__golden__/hypothesis.json", {"rel": 1e-9, "abs": 1e-14}, cases)


def distances():
    cases = []
    for a, b in PAIRS:
        cases.append({"fn": "wasserstein1", "args": [a, b], "expected": stats.wasserstein_distance(s(a), s(b))})
        cases.append({"fn": "energyDistance", "args": [a, b], "expected": stats.energy_distance(s(a), s(b))})
        cases.append({"fn": "ksDistance", "args": [a, b], "expected": stats.ks_2samp(s(a), s(b), method="asymp").statistic})
    from scipy.spatial.distance import jensenshannon
    for r, c in [([50, 30, 15, 5, 0], [40, 25, 20, 10, 5]), ([1, 0], [0, 1]), ([3, 3, 3], [3, 3, 3]), ([1, 10, 100, 1000], [1000, 100, 10, 1]),
                 ([5, 0, 0, 7], [0, 0, 3, 9]), ([1e-8, 1], [1, 1e-8])]:
        p, q = np.array(r) / sum(r), np.array(c) / sum(c)
        f, g = np.maximum(p, 1e-4), np.maximum(q, 1e-4)
        cases += [
            {"fn": "psi", "counts": [r, c], "expected": float(np.sum((g - f) * np.log(g / f)))},
            {"fn": "kl", "counts": [r, c], "options": {"direction": "reference||current"}, "expected": stats.entropy(f, g)},
            {"fn": "kl", "counts": [r, c], "options": {"direction": "current||reference", "base": 2}, "expected": stats.entropy(g, f, base=2)},
            {"fn": "kl", "counts": [r, c], "options": {"direction": "reference||current", "smoothing": {"rule": "none"}}, "expected": stats.entropy(p, q)},
            {"fn": "jensenShannonDistance", "counts": [r, c], "expected": jensenshannon(p, q, base=2)},
            {"fn": "jensenShannonDistance", "counts": [r, c], "options": {"base": math.e}, "expected": jensenshannon(p, q)},
            {"fn": "hellinger", "counts": [r, c], "expected": float(np.sqrt(np.sum((np.sqrt(p) - np.sqrt(q)) ** 2) / 2))},
            {"fn": "totalVariation", "counts": [r, c], "expected": float(np.abs(p - q).sum() / 2)},
            {"fn": "lInfinity", "counts": [r, c], "expected": float(np.abs(p - q).max())},
        ]
    write("distances/__golden__/distances.json", {"rel": 1e-11, "abs": 1e-9}, cases)


def miettinen_nurminen(x1, n1, x2, n2):
    """By maximising the constrained likelihood numerically: statsmodels 0.15 has a wrong term in its cubic."""
    z = stats.norm.isf(0.025)
    d = x1 / n1 - x2 / n2

    def score(delta):
        lo, hi = max(0.0, -delta), min(1.0, 1.0 - delta)
        def slope(p2):
            p1 = p2 + delta
            return x1 * (1 - p1) * p2 * (1 - p2) - (n1 - x1) * p1 * p2 * (1 - p2) + x2 * (1 - p2) * p1 * (1 - p1) - (n2 - x2) * p2 * p1 * (1 - p1)
        eps = 1e-13
        a, b = lo + eps, hi - eps
        p2 = optimize.brentq(slope, a, b, xtol=1e-16) if slope(a) > 0 > slope(b) else (a if slope(a) <= 0 else b)
        p1 = p2 + delta
        v = (p1 * (1 - p1) / n1 + p2 * (1 - p2) / n2) * (n1 + n2) / (n1 + n2 - 1)
        return (d - delta) / math.sqrt(v)

    eps = 1e-12
    lower = -1.0 if score(-1 + eps) < z else optimize.brentq(lambda t: score(t) - z, -1 + eps, d - eps, xtol=1e-15)
    upper = 1.0 if d > 1 - 1e-9 or score(1 - eps) > -z else optimize.brentq(lambda t: score(t) + z, d + eps, 1 - eps, xtol=1e-15)
    return lower, upper


def intervals():
    cases = []
    names = {"wilson": "wilsonInterval", "agresti_coull": "agrestiCoull", "jeffreys": "jeffreysInterval", "beta": "clopperPearson", "normal": "waldInterval"}
    for pair in PROPORTIONS:
        for x, n in pair:
            for method, fn in names.items():
                for level in (0.95, 0.99):
                    if method == "jeffreys" and x in (0, n):
                        continue
                    lo, hi = proportion.proportion_confint(x, n, alpha=1 - level, method=method)
                    cases.append({"fn": fn, "args": [[x, n]], "level": level, "expected": [max(0, lo), min(1, hi)]})
        (x1, n1), (x2, n2) = pair
        two = {"newcomb": "newcombe", "agresti-caffo": "agrestiCaffo", "wald": "waldDifference", "score": "miettinenNurminen"}
        for method, fn in two.items():
            if method == "score":
                lo, hi = miettinen_nurminen(x1, n1, x2, n2)
            else:
                lo, hi = proportion.confint_proportions_2indep(x1, n1, x2, n2, method=method, compare="diff")
            if math.isfinite(lo) and math.isfinite(hi):
                cases.append({"fn": fn, "args": list(pair), "level": 0.95, "expected": [max(-1, lo), min(1, hi)]})
        if min(x1, n1 - x1, x2, n2 - x2) > 0:
            for method, fn in {"log": "katzLogRatio", "score": "koopmanRatio"}.items():
                lo, hi = proportion.confint_proportions_2indep(x1, n1, x2, n2, method=method, compare="ratio")
                cases.append({"fn": fn, "args": list(pair), "level": 0.95, "expected": [lo, hi]})
            lo, hi = proportion.confint_proportions_2indep(x1, n1, x2, n2, method="logit", compare="odds-ratio")
            table = Table2x2(np.array([[x1, n1 - x1], [x2, n2 - x2]]))
            assert np.allclose(table.oddsratio_confint(), (lo, hi))
            cases.append({"fn": "oddsRatioLogit", "args": list(pair), "level": 0.95, "expected": [lo, hi]})
    write("intervals/__golden__/intervals.json", {"rel": 1e-10, "abs": 1e-12, "score": 5e-9}, cases, samples=False)


def multiplicity():
    vectors = [rounded(np.sort(rng.uniform(0, 1, 12)) ** 2, 6), rounded(rng.uniform(0, 0.2, 9), 6), [0.01, 0.04, 0.03, 0.005, 0.55, 0.6],
               [0.02, 0.02, 0.02], [0.5], [0, 1, 1e-300, 0.05], rounded(rng.uniform(0, 1, 40), 5)]
    names = {"bonferroni": "bonferroni", "sidak": "sidak", "holm": "holm", "simes-hochberg": "hochberg", "hommel": "hommel",
             "fdr_bh": "benjaminiHochberg", "fdr_by": "benjaminiYekutieli"}
    cases = []
    for p in vectors:
        for method, fn in names.items():
            reject, adjusted, _, _ = multitest.multipletests(p, alpha=0.05, method=method)
            cases.append({"fn": fn, "p": p, "adjusted": list(adjusted), "rejected": list(reject)})
    write("multiplicity/__golden__/adjust.json", {"rel": 1e-12, "abs": 1e-15}, cases, samples=False)


def binning():
    cases = []
    for name, x in SAMPLES.items():
        if not np.all(np.isfinite(x)):
            continue
        x = np.array(x, dtype=float)
        probabilities = [0, 0.05, 0.1, 0.25, 1 / 3, 0.5, 0.9, 1]
        cases.append({"fn": "quantiles", "sample": name, "p": probabilities, "expected": list(np.quantile(x, probabilities))})
        for rule in ["sturges", "doane", "scott", "sqrt", "rice"]:
            edges = np.histogram_bin_edges(x, bins=rule)
            if np.ptp(x) > 0:
                cases.append({"fn": "histogramBinning", "sample": name, "rule": rule, "expected": list(edges[1:-1]),
                              "counts": list(np.histogram(x, edges)[0])})
    write("binning/__golden__/binning.json", {"rel": 1e-13, "abs": 1e-15}, cases)


def resampling():
    x = np.array([1, 1, 1, 2, 2, 2, 3, 3, 4, 4, 5, 7, 9, 12, 20], dtype=float)
    cases = []
    for method, kind in (("BCa", "bca"), ("percentile", "percentile")):
        r = stats.bootstrap((x,), np.mean, n_resamples=100000, method=method, rng=np.random.default_rng(0)).confidence_interval
        cases.append({"kind": kind, "x": list(x), "expected": [r.low, r.high]})
    write("resampling/__golden__/bootstrap.json", {"abs": 0.15}, cases, samples=False)


hypothesis()
distances()
intervals()
multiplicity()
binning()
resampling()
