"""Polynomials behind packages/stats/src/special: writes fits.ts.

    python special_function_fits.py > packages/stats/src/special/fits.ts

Pinned: mpmath 1.4.1 (Python 3.11). Each polynomial interpolates its function at Chebyshev nodes with
60 digits, in the variable s in [-1, 1] that spans the interval, and is cut where the remaining
Chebyshev coefficients fall below the tolerance named here.
"""

from mpmath import (bernoulli, chebyt, cos, erf, erfc, erfinv, exp, findroot, log, loggamma, mp, mpf,
                    ncdf, nstr, pi, sqrt, taylor, zeta)

mp.dps = 60


def chebyshev(f, lo, hi, tolerance, relative=False):
    """Monomial coefficients in s = (2x - lo - hi)/(hi - lo), lowest first."""
    n = 60
    nodes = [cos(pi * (k + mpf(1) / 2) / n) for k in range(n)]
    values = [f((lo + hi) / mpf(2) + (hi - lo) / mpf(2) * s) for s in nodes]
    c = [2 / mpf(n) * sum(v * cos(pi * j * (k + mpf(1) / 2) / n) for k, v in enumerate(values)) for j in range(n)]
    c[0] /= 2
    scale = min(abs(v) for v in values) if relative else mpf(1)
    degree = n - 1
    while degree > 0 and abs(c[degree]) < tolerance * scale:
        degree -= 1
    out = [mpf(0)] * (degree + 1)
    before, now = [mpf(1)], [mpf(0), mpf(1)]
    for j in range(degree + 1):
        t = before if j == 0 else now
        if j > 1:
            t = [mpf(0)] + [2 * a for a in now]
            for i, a in enumerate(before):
                t[i] -= a
            before, now = now, t
        for i, a in enumerate(t):
            out[i] += c[j] * a
    return out


def number(x):
    return repr(float(x))


def array(xs):
    return "[" + ", ".join(number(x) for x in xs) + "]"


def stirlerr(z):
    return loggamma(z) - (z - mpf(1) / 2) * log(z) + z - log(2 * pi) / 2


def lgamma_quotient(x):
    d1, d2 = x - 1, x - 2
    if abs(d1) < mpf(10) ** -25 or abs(d2) < mpf(10) ** -25:
        x += mpf(10) ** -25
        d1, d2 = x - 1, x - 2
    return loggamma(x) / (d1 * d2)


def erfcx(x):
    return exp(x * x) * erfc(x)


def temme_series(count):
    """f_n of eta/mu = sum f_n eta^n, where eta^2/2 = mu - log(1 + mu)."""
    # mu = sum a_k eta^k from eta (1 + mu) = mu mu'
    a = [mpf(0), mpf(1)]
    for k in range(2, count + 3):
        # coefficient of eta^k in eta(1+mu): a[k-1]; in mu mu': sum_{i+j=k, i>=1, j>=1} a_i (j+1) a_{j+1}
        # where the unknown a_k enters as a_1 * k a_k + a_k * a_1
        known = sum(a[i] * (k + 1 - i) * a[k + 1 - i] for i in range(2, k))
        a.append((a[k - 1] - known) / (k + 1))
    quotient = a[1:]  # mu / eta
    f = [mpf(1)]
    for n in range(1, count):
        f.append(-sum(quotient[i] * f[n - i] for i in range(1, n + 1)))
    return f


def inverse_normal(p):
    """x with Phi(-x) = p, by Newton from the inverse error function."""
    x = sqrt(mpf(2)) * erfinv(1 - 2 * p)
    for _ in range(3):
        x += (ncdf(-x) - p) / (exp(-x * x / 2) / sqrt(2 * pi))
    return x


def main():
    out = ["// Written by tools/golden/special_function_fits.py. Coefficients, lowest power first, in the",
           "// variable s in [-1, 1] that spans the interval, unless a line says otherwise.", ""]

    def emit(name, text, comment):
        out.append(f"/** {comment} */")
        out.append(f"export const {name} = {text}")
        out.append("")

    def pieces(name, f, bounds, tolerance, comment, relative=False):
        rows = [chebyshev(f, mpf(a), mpf(b), tolerance, relative) for a, b in zip(bounds, bounds[1:])]
        emit(name, "[" + ",\n".join(array(r) for r in rows) + "] as const", comment)

    pieces("STIRLING_ERROR", stirlerr, [1, "1.5", "2.25", "3.5", "6", 10], mpf(10) ** -18,
           "log Gamma(z) - (z-1/2) log z + z - log(2 pi)/2 on [1,1.5], [1.5,2.25], [2.25,3.5], [3.5,6], [6,10].")
    emit("STIRLING_SERIES", array([bernoulli(2 * k) / (2 * k * (2 * k - 1)) for k in range(1, 9)]),
         "B_2k / (2k (2k-1)), k = 1..8: the asymptotic series of the same function in odd powers of 1/z.")
    pieces("LOG_GAMMA_QUOTIENT", lgamma_quotient, [1, "1.5", 2], mpf(10) ** -18,
           "log Gamma(x) / ((x-1)(x-2)) on [1,1.5] and [1.5,2].")
    emit("DIGAMMA_SERIES", array([bernoulli(2 * k) / (2 * k) for k in range(1, 9)]), "B_2k / (2k), k = 1..8.")
    emit("ERF_SERIES", array(chebyshev(lambda u: (erf(sqrt(u)) / sqrt(u) if u else 2 / sqrt(pi)) - 2 / sqrt(pi) * 1,
                                       mpf(0), mpf(1) / 2, mpf(10) ** -19)),
         "erf(x)/x - 2/sqrt(pi) in u = x^2 on [0, 1/2].")
    pieces("ERFCX", erfcx, [mpf(1) / 2, "1.25", "2.25", "3.75", 6], mpf(10) ** -18,
           "exp(x^2) erfc(x) on [0.5,1.25], [1.25,2.25], [2.25,3.75], [3.75,6].")
    emit("ERFCX_TAIL", array(chebyshev(lambda u: (erfcx(1 / sqrt(u)) / sqrt(u) if u else 1 / sqrt(pi)), mpf(0), mpf(1) / 36,
                                       mpf(10) ** -18)), "x exp(x^2) erfc(x) in u = 1/x^2 on [0, 1/36].")
    emit("TEMME_GAMMA", array(temme_series(40)),
         "Powers of eta in eta/mu where eta^2/2 = mu - log(1+mu).")
    root = sqrt(2 * pi)
    emit("NORMAL_QUANTILE_CENTRE",
         array(chebyshev(lambda u: (inverse_normal(mpf(1) / 2 - sqrt(u)) / sqrt(u) - root) / u,
                         mpf(0), mpf(1) / 16, mpf(10) ** -17)),
         "(z/y - sqrt(2 pi))/y^2 in u = y^2 on [0, 1/16], where y = p - 1/2 and z is the normal quantile.")
    # anchors in ln p: z(ln p) = z0 + s * poly(s), s = ln p - ln p0, both kept to two doubles
    rows = []
    anchors = []
    width = mpf("0.3125")
    start = -mpf("1.53125")
    for k in range(13):
        z0 = mpf(float(inverse_normal(exp(start - k * width))))
        l0 = log(ncdf(-z0))
        def g(s):
            if abs(s) < mpf(10) ** -30:
                s = mpf(10) ** -30
            return (inverse_normal(exp(l0 + s)) - z0) / s
        c = chebyshev(g, mpf("-0.17"), mpf("0.17"), mpf(10) ** -18)
        hi = float(l0)
        rows.append(array(c))
        anchors.append(array([z0, hi, l0 - mpf(hi)]))
    emit("NORMAL_QUANTILE_ANCHORS", "[" + ",\n".join(anchors) + "] as const",
         "Rows [z0, l0, low part of l0] with l0 = log Phi(-z0), about 0.3125 of ln p apart.")
    emit("NORMAL_QUANTILE_FLANK", "[" + ",\n".join(rows) + "] as const",
         "Per anchor c in -z(p) = z0 + s c(s/0.17), s = ln p - l0.")
    print("\n".join(out))


main()
