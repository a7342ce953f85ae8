"""Reference values of the distributions: writes special-functions.json.

    python special_functions.py packages/stats/src/distributions/__golden__/special-functions.json [count] [seed]

Pinned: mpmath 1.4.1, gmpy2 2.3.2, scipy 1.17.1 for starting points only (Python 3.11). 50 significant digits or more in every value, 25 are
written. Incomplete gamma and beta functions are summed from their own series with positive terms, or,
far out in a tail, from their continued fractions; nothing here shares a formula with the package
except the definitions. Names and arguments as in the conformance file: normal (x); t (x, df);
chi2 (x, df); gamma (x, shape); beta (x, a, b); f (x, d1, d2); kolm (x); binomial (k, n, p);
poisson (k, mean); hypergeometric (k, population, successes, draws); quantile takes p, quantileSf
takes q in place of x; kstwo (d, n).
"""

import json
import random
import sys
from fractions import Fraction
from math import ceil, comb, log10

from mpmath import (erf, erfc, exp, expm1, log, log1p, loggamma, mp, mpf, ncdf, nstr,
                    pi, psi, sqrt, workdps)

DIGITS = 55


# --- incomplete gamma -------------------------------------------------------------------------

def log_gamma_prefactor(a, x):
    return a * log(x) - x - loggamma(a + 1)


def gamma_lower_log(a, x):
    """log P(a, x) by the series of positive terms."""
    term = total = mpf(1)
    k = 1
    while term > total * mpf(10) ** (-mp.dps):
        term = term * x / (a + k)
        total += term
        k += 1
    return log_gamma_prefactor(a, x) + log(total)


def gamma_upper_fraction_log(a, x):
    """log Q(a, x) by the continued fraction, for x well above a."""
    tiny = mpf(10) ** -400
    b = x + 1 - a
    c = 1 / tiny
    d = 1 / b
    h = d
    for i in range(1, 200000):
        an = -i * (i - a)
        b += 2
        d = an * d + b
        d = 1 / (d if d else tiny)
        c = b + an / c
        delta = c * d
        h *= delta
        if abs(delta - 1) < mpf(10) ** (-mp.dps + 2):
            break
    return log_gamma_prefactor(a, x) + log(a) + log(h)


def gamma_logs(a, x):
    """(log P, log Q), both to DIGITS digits."""
    a, x = mpf(a), mpf(x)
    with workdps(DIGITS + 10):
        far = x > a and (x - a) - a * log(x / a) > 150 and x > a * mpf("1.02")
        if far:
            lq = gamma_upper_fraction_log(a, x)
            return log1m(lq), lq
    e = x - a - a * log(x / a) if x > a else 0
    with workdps(DIGITS + 20 + int(e / 2.3)):
        lp = gamma_lower_log(a, x)
        return lp, log1m(lp)


def log1m(l):
    """log(1 - exp(l)) for l < 0."""
    return log(-expm1(l)) if l > -1 else log1p(-exp(l))


# --- incomplete beta --------------------------------------------------------------------------

def log_beta_prefactor(a, b, x, y):
    return a * log(x) + b * log(y) - loggamma(a) - loggamma(b) + loggamma(a + b)


def beta_series_log(a, b, x, y):
    term = total = mpf(1)
    k = 0
    n = a + b
    limit = mpf(10) ** (-mp.dps)
    while True:
        ratio = (n + k) * x / (a + 1 + k)
        term *= ratio
        total += term
        k += 1
        if ratio < 1 and term < total * limit * (1 - ratio):
            break
    return log_beta_prefactor(a, b, x, y) - log(a) + log(total)


def beta_fraction_log(a, b, x, y):
    """log I_x(a, b) for x well below the mean."""
    tiny = mpf(10) ** -400
    c = mpf(1)
    d = 1 - (a + b) * x / (a + 1)
    d = 1 / (d if d else tiny)
    h = d
    for m in range(1, 200000):
        aa = m * (b - m) * x / ((a - 1 + 2 * m) * (a + 2 * m))
        d = 1 + aa * d
        d = 1 / (d if d else tiny)
        c = 1 + aa / c
        h *= d * c
        aa = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 1 + 2 * m))
        d = 1 + aa * d
        d = 1 / (d if d else tiny)
        c = 1 + aa / c
        delta = d * c
        h *= delta
        if abs(delta - 1) < mpf(10) ** (-mp.dps + 2):
            break
    return log_beta_prefactor(a, b, x, y) - log(a) + log(h)


def beta_logs(a, b, x, y):
    """(log I_x(a, b), log(1 - I_x(a, b)))."""
    a, b, x, y = mpf(a), mpf(b), mpf(x), mpf(y)
    if x > y:
        lq, lp = beta_logs(b, a, y, x)
        return lp, lq
    n = a + b
    # the exponent of the density, a measure of how small the smaller tail is
    e = a * log(a / (n * x)) + b * log(b / (n * y))
    below = x * n < a
    if e > 150:
        with workdps(DIGITS + 15):
            if below:
                lp = beta_fraction_log(a, b, x, y)
                return lp, log1m(lp)
            lq = beta_fraction_log(b, a, y, x)
            return log1m(lq), lq
    with workdps(DIGITS + 20 + (0 if below else int(e / 2.3))):
        lp = beta_series_log(a, b, x, y)
        return lp, log1m(lp)


# --- the distributions: (log cdf, log sf), log pdf -----------------------------------------------

def normal_logs(x):
    x = mpf(x)
    with workdps(DIGITS + 20):
        lower = log(ncdf(-abs(x))) if abs(x) < 1e4 else None
    return (lower, log1m(lower)) if x < 0 else (log1m(lower), lower)


def t_logs(x, df):
    x, df = mpf(x), mpf(df)
    with workdps(DIGITS + 30):
        s = df + x * x
        # P(|T| > |x|)
        lower, upper = beta_logs(mpf(1) / 2, df / 2, x * x / s, df / s) if x else (None, mpf(0))
        half = upper - log(mpf(2))
    return (half, log1m(half)) if x < 0 else (log1m(half), half)


def f_logs(x, d1, d2):
    x, d1, d2 = mpf(x), mpf(d1), mpf(d2)
    with workdps(DIGITS + 30):
        s = d1 * x + d2
        return beta_logs(d1 / 2, d2 / 2, d1 * x / s, d2 / s)


def kolm_logs(x):
    x = mpf(x)
    with workdps(DIGITS + 20):
        if x < 1:
            lp = log(sqrt(2 * pi) / x * sum(exp(-(2 * k - 1) ** 2 * pi ** 2 / (8 * x * x)) for k in range(1, 40)))
            return lp, log1m(lp)
        lq = log(2 * sum((-1) ** (k - 1) * exp(-2 * k * k * x * x) for k in range(1, 40)))
        return log1m(lq), lq


LOGS = {
    "normal": normal_logs,
    "t": t_logs,
    "chi2": lambda x, df: gamma_logs(mpf(df) / 2, mpf(x) / 2),
    "gamma": lambda x, a: gamma_logs(a, x),
    "beta": lambda x, a, b: beta_logs(a, b, x, 1 - mpf(x)),
    "f": f_logs,
    "kolm": kolm_logs,
    "binomial": lambda k, n, p: tuple(reversed(beta_logs(k + 1, n - k, p, 1 - mpf(p)))),
    "poisson": lambda k, mean: tuple(reversed(gamma_logs(k + 1, mean))),
}


def log_pdf(name, x, *shapes):
    x = mpf(x)
    if name == "normal":
        return -x * x / 2 - log(2 * pi) / 2
    if name == "t":
        df = mpf(shapes[0])
        return (loggamma((df + 1) / 2) - loggamma(df / 2) - log(pi * df) / 2
                - (df + 1) / 2 * log(1 + x * x / df))
    if name == "gamma":
        return log_gamma_prefactor(mpf(shapes[0]), x) + log(mpf(shapes[0])) - log(x)
    if name == "chi2":
        return log_pdf("gamma", x / 2, mpf(shapes[0]) / 2) - log(mpf(2))
    if name == "beta":
        a, b = map(mpf, shapes)
        return log_beta_prefactor(a, b, x, 1 - x) - log(x) - log(1 - x)
    if name == "f":
        d1, d2 = map(mpf, shapes)
        s = d1 * x + d2
        return log_beta_prefactor(d1 / 2, d2 / 2, d1 * x / s, d2 / s) - log(x)
    if name == "kolm":
        return log(8 * x * sum((-1) ** (k - 1) * k * k * exp(-2 * k * k * x * x) for k in range(1, 400)))
    if name == "binomial":
        n, p = shapes
        return log_choose(n, x) + (x * log(mpf(p)) if x else 0) + ((n - x) * log(1 - mpf(p)) if n != x else 0)
    if name == "poisson":
        return x * log(mpf(shapes[0])) - mpf(shapes[0]) - loggamma(x + 1)
    population, successes, draws = shapes
    return (log_choose(successes, x) + log_choose(population - successes, draws - x)
            - log_choose(population, draws))


def log_choose(n, k):
    return loggamma(mpf(n) + 1) - loggamma(mpf(k) + 1) - loggamma(mpf(n) - k + 1)


def hypergeometric_logs(k, population, successes, draws):
    least, most = max(0, draws - (population - successes)), min(successes, draws)
    lower = sum(comb(successes, i) * comb(population - successes, draws - i)
                for i in range(least, k + 1))
    total = comb(population, draws)
    return log(mpf(lower) / total), log(mpf(total - lower) / total)


LOGS["hypergeometric"] = hypergeometric_logs


def kstwo_cdf(d, n):
    """P(D_n < d) exactly: the matrix of Marsaglia, Tsang and Wang over rational numbers."""
    d = Fraction(d)
    nd = n * d
    k = ceil(nd)
    h = k - nd
    m = 2 * k - 1
    fact = [1]
    for i in range(1, 2 * m + 2):
        fact.append(fact[-1] * i)
    H = [[Fraction(1 if i - j + 1 >= 0 else 0) for j in range(m)] for i in range(m)]
    for i in range(m):
        H[i][0] -= h ** (i + 1)
        H[m - 1][i] -= h ** (m - i)
    H[m - 1][0] += (2 * h - 1) ** m if 2 * h - 1 > 0 else 0
    with workdps(120):
        M = [[(mpf(H[i][j].numerator) / H[i][j].denominator / fact[i - j + 1]) if i - j + 1 > 0
              else mpf(H[i][j].numerator) / H[i][j].denominator for j in range(m)] for i in range(m)]
        row = [mpf(1) if i == k - 1 else mpf(0) for i in range(m)]
        for i in range(1, n + 1):
            row = [sum(row[r] * M[r][c] for r in range(m)) * i / n for c in range(m)]
        return row[k - 1]


def quantile(name, p, q, shapes, x):
    """The x with cdf p and sf q (both exact), by Newton on the log of the smaller, from the start x."""
    logs = LOGS[name]
    upper = q < p
    target = log(q if upper else p)
    x = mpf(x)
    with workdps(DIGITS + 10):
        for _ in range(60):
            lp, lq = logs(x, *shapes)
            l = lq if upper else lp
            slope = exp(log_pdf(name, x, *shapes) - l) * (-1 if upper else 1)
            step = (target - l) / slope
            if name not in ("normal", "t") and x + step <= 0:
                step = -x / 2
            if name == "beta" and x + step >= 1:
                step = (1 - x) / 2
            x += step
            if abs(step) < abs(x) * mpf(10) ** -28 or (x == 0 and step == 0):
                return x
    raise ArithmeticError((name, p, shapes))


# --- the points -------------------------------------------------------------------------------

SHAPES_T = [0.5, 1, 1.5, 2, 3, 5, 10, 30, 50, 100, 1000, 1e4, 1e5, 1e6]
SHAPES_GAMMA = [0.1, 0.25, 0.5, 1, 1.5, 2.5, 5, 10, 19, 21, 50, 100, 1000, 1e4, 1e5, 1e6]
SHAPES_BETA = [0.5, 0.7, 1, 2, 3, 5, 12, 50, 120, 500, 1e4, 1e5, 1e6]
Z = [-37, -30, -20, -12, -8, -6, -5, -4, -3, -2, -1, -0.5, -0.1, 0, 0.1, 0.5, 1, 2, 3, 4, 5, 6, 8, 12, 20, 30, 37]


def shape(rng, grid):
    if rng.random() < 0.6:
        return float(rng.choice(grid))
    return float(10 ** rng.uniform(log10(grid[0]), log10(grid[-1])))


def argument(rng, name, shapes):
    """An x somewhere interesting: z standard deviations from the mean, or anywhere in magnitude."""
    z = rng.choice(Z) * rng.uniform(0.9, 1.1)
    if name == "normal":
        return z
    if name == "kolm":
        return rng.uniform(0.04, 18) if rng.random() < 0.3 else rng.uniform(0.2, 3)
    if name == "t":
        return z if rng.random() < 0.6 else rng.choice([-1, 1]) * 10 ** rng.uniform(-10, rng.choice([3, 20]))
    if name in ("gamma", "chi2"):
        mean, sd = (shapes[0], shapes[0] ** 0.5) if name == "gamma" else (shapes[0], (2 * shapes[0]) ** 0.5)
        if rng.random() < 0.65 and mean + z * sd > 0:
            return mean + z * sd
        return mean * 10 ** (rng.uniform(-30, 0.7) if rng.random() < 0.3 else rng.uniform(-2, 0.5))
    if name == "beta":
        a, b = shapes
        mean, sd = a / (a + b), (a * b / (a + b) ** 2 / (a + b + 1)) ** 0.5
        if rng.random() < 0.65 and 0 < mean + z * sd < 1:
            return mean + z * sd
        if rng.random() < 0.25:
            return 1 - 10 ** rng.uniform(-12, -1)
        return 10 ** (rng.uniform(-100, 0) if rng.random() < 0.3 else rng.uniform(-6, 0))
    d1, d2 = shapes
    sd = (2 / d1 + 2 / d2) ** 0.5
    if rng.random() < 0.65 and 1 + z * sd > 0:
        return 1 + z * sd
    return 10 ** (rng.uniform(-50, 10) if rng.random() < 0.3 else rng.uniform(-2, 3))


def parameters(rng, name):
    if name in ("normal", "kolm"):
        return []
    if name == "t":
        return [shape(rng, SHAPES_T)]
    if name == "chi2":
        return [shape(rng, [2 * s for s in SHAPES_GAMMA])]
    if name == "gamma":
        return [shape(rng, SHAPES_GAMMA)]
    if name == "beta":
        return [shape(rng, SHAPES_BETA), shape(rng, SHAPES_BETA)]
    return [shape(rng, [1, 2, 3, 5, 10, 30, 100, 1e3, 1e4, 1e5, 1e6]),
            shape(rng, [1, 2, 2.5, 5, 10, 30, 100, 1e3, 1e4, 1e5, 1e6])]


PROBABILITIES = [1e-300, 1e-200, 1e-100, 1e-50, 1e-20, 1e-10, 1e-5, 1e-3, 0.01, 0.1, 0.3, 0.5, 0.7, 0.9,
                 0.99, 0.99999, 1 - 1e-10, 1 - 9e-16]


def start(name, p, shapes):
    from scipy import stats
    d = {"normal": stats.norm, "t": stats.t, "chi2": stats.chi2, "gamma": stats.gamma, "beta": stats.beta,
         "f": stats.f, "kolm": stats.kstwobign}[name]
    return float(d.ppf(p, *shapes))


def main():
    path = sys.argv[1]
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 3000
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else 20261120
    rng = random.Random(seed)
    mp.dps = DIGITS + 5
    points = []

    def add(function, args, value):
        points.append([function, args, nstr(value, 25, min_fixed=0, max_fixed=0)])

    names = ["normal", "t", "chi2", "gamma", "beta", "f", "kolm"]
    weights = [4, 12, 12, 12, 22, 20, 3]
    while len(points) < count * 0.72:
        name = rng.choices(names, weights)[0]
        shapes = parameters(rng, name)
        x = argument(rng, name, shapes)
        lp, lq = LOGS[name](x, *shapes)
        if min(lp, lq) < -1e7:
            continue
        for method, l in (("cdf", lp), ("sf", lq)):
            if rng.random() < 0.5 and -690.7 < l:
                add(f"{name}.{method}", [x, *shapes], exp(l))
            elif l <= -690.7 or rng.random() < 0.2:
                if l < -1e-300:
                    add(f"{name}.log{method.capitalize()}", [x, *shapes], l)
        if rng.random() < 0.3 and (name != "kolm" or x > 0.3):
            ld = log_pdf(name, x, *shapes)
            if ld > -690 and ld < 690:
                add(f"{name}.pdf", [x, *shapes], exp(ld))
            if not -690 < ld < 690 or rng.random() < 0.1:
                add(f"{name}.logPdf", [x, *shapes], ld)
    while len(points) < count * 0.9:
        name = rng.choices(names, weights)[0]
        shapes = parameters(rng, name)
        p = rng.choice(PROBABILITIES) if rng.random() < 0.6 else 10 ** rng.uniform(-12, -0.001)
        upper = rng.random() < 0.4
        if name == "kolm" and min(p, 1 - p) < 1e-15:
            continue
        exact = mpf(p)
        p2, q2 = (1 - exact, exact) if upper else (exact, 1 - exact)
        guess = start(name, float(p2) if not upper or p > 1e-3 else 1 - p, shapes)
        if upper and p < 1e-3 or not guess or not abs(guess) < 1e280 or not abs(guess) > 1e-280:
            if name in ("normal", "t"):
                guess = -start(name, p, shapes) if upper else guess
            if not abs(guess) < 1e280 or guess == 0:
                continue
        try:
            x = quantile(name, p2, q2, shapes, guess)
        except (ArithmeticError, ValueError, ZeroDivisionError, TypeError):
            continue
        if 1e-280 < abs(x) < 1e280:
            add(f"{name}.{'quantileSf' if upper else 'quantile'}", [p, *shapes], x)
    while len(points) < count * 0.98:
        name = rng.choice(["binomial", "poisson", "hypergeometric"])
        if name == "binomial":
            n = int(10 ** rng.uniform(0.5, 6))
            p = rng.choice([1e-6, 0.01, 0.1, 0.3, 0.5, 0.9, rng.random()])
            k = int(min(n - 1, max(0, n * p + rng.choice(Z) * (n * p * (1 - p)) ** 0.5)))
            args = [k, n, p]
        elif name == "poisson":
            mean = 10 ** rng.uniform(-2, 6)
            args = [int(max(0, mean + rng.choice(Z) * mean ** 0.5)), mean]
        else:
            population = int(10 ** rng.uniform(0.7, 3.5))
            successes = rng.randint(1, population - 1)
            draws = rng.randint(1, population - 1)
            least, most = max(0, draws + successes - population), min(successes, draws)
            if most <= least:
                continue
            args = [rng.randint(least, most - 1), population, successes, draws]
        ld = log_pdf(name, *args)
        lp, lq = LOGS[name](*args)
        for method, l in (("pmf", ld), ("cdf", lp), ("sf", lq)):
            if rng.random() < 0.5:
                if l > -690:
                    add(f"{name}.{method}", args, exp(l))
                elif method == "pmf":
                    add(f"{name}.logPmf", args, l)
    for _ in range(count // 60):
        x = rng.uniform(-5, 26)
        add("special.erfc", [x], erfc(mpf(x)))
        add("special.erfcx", [x], exp(mpf(x) ** 2) * erfc(mpf(x)))
        x = rng.uniform(-3, 3) * 10 ** rng.uniform(-8, 0)
        add("special.erf", [x], erf(mpf(x)))
        x = rng.choice([1, 2, 0]) + rng.choice([-0.4, 1]) * 10 ** rng.uniform(-8, 0) if rng.random() < 0.5 else 10 ** rng.uniform(-5, 7)
        if x > 0:
            add("special.logGamma", [x], loggamma(mpf(x)))
            add("special.digamma", [x], psi(0, mpf(x)))
        a, b = shape(rng, SHAPES_BETA), shape(rng, SHAPES_BETA)
        add("special.logBeta", [a, b], loggamma(mpf(a)) + loggamma(mpf(b)) - loggamma(mpf(a) + mpf(b)))
    while len(points) < count * 1.1:
        n = rng.choice([1, 2, 3, 5, 8, 13, 20, 40])
        d = rng.uniform(0.5 / n, 1) if n < 6 else rng.uniform(0.4, 2.4) / n ** 0.5
        if 0.5 / n < d < 1:
            c = kstwo_cdf(d, n)
            add("kstwo.cdf", [d, n], c)
            add("kstwo.sf", [d, n], 1 - c)
    json.dump({
        "tool": "mpmath 1.4.1", "script": "tools/golden/special_functions.py", "seed": seed,
        "tolerance": "relative, see golden.test.ts", "points": points,
    }, open(path, "w"), separators=(",", ":"))
    print(len(points), "points")


main()
