"""Golden values of @mlops/stats' descriptive statistics that lean on sums: exact, in rational arithmetic.

    python3 -m venv /tmp/golden && /tmp/golden/bin/pip install mpmath==1.4.1
    /tmp/golden/bin/python tools/golden/stats_descriptive.py

Writes packages/stats/src/descriptive/__golden__/descriptive.json. The samples are stored with the results:
the same noise around 0, 1e9, -1e12 and 1e15, where a double has 52, 23, 13 and 3 bits behind the point.
"""

import json
import random
from fractions import Fraction
from pathlib import Path

import mpmath

SEED = 20261120
TARGET = Path(__file__).resolve().parents[2] / "packages/stats/src/descriptive/__golden__/descriptive.json"
mpmath.mp.dps = 50
rng = random.Random(SEED)


def decimal(x):
    """25 digits of a Fraction or an mpf."""
    value = mpmath.mpf(x.numerator) / x.denominator if isinstance(x, Fraction) else x
    return mpmath.nstr(value, 25)


def median(values):
    ordered = sorted(values)
    n = len(ordered)
    return ordered[n // 2] if n % 2 else (ordered[n // 2 - 1] + ordered[n // 2]) / 2


def products(x, y):
    mx, my = sum(x) / len(x), sum(y) / len(y)
    return sum((a - mx) * (b - my) for a, b in zip(x, y))


def case(name, n, offset, slope):
    xs = [offset + rng.gauss(0, 1) for _ in range(n)]
    ys = [offset + slope * (x - offset) + rng.gauss(0, 1) for x in xs]
    x, y = [Fraction(v) for v in xs], [Fraction(v) for v in ys]
    centre = median(x)
    sxx, syy, sxy = products(x, x), products(y, y), products(x, y)
    root = mpmath.sqrt(mpmath.mpf(sxx.numerator) / sxx.denominator * syy.numerator / syy.denominator)
    correlation = mpmath.mpf(sxy.numerator) / sxy.denominator / root
    positive = [abs(v) for v in xs]
    logs = mpmath.fsum(mpmath.log(mpmath.mpf(v)) for v in positive)
    return {
        "name": name,
        "x": xs,
        "y": ys,
        "medianAbsoluteDeviation": decimal(median([abs(v - centre) for v in x])),
        "covariance": decimal(sxy / (n - 1)),
        "covarianceScale": decimal(root / (n - 1)),
        "correlation": decimal(correlation),
        "geometricMeanOfMagnitudes": decimal(mpmath.exp(logs / n)),
    }


CASES = [
    case(f"{n} values around {offset:g}, slope {slope}", n, offset, slope)
    for offset in (0.0, 1e9, -1e12, 1e15)
    for n, slope in ((40, 0.7), (41, -2.0), (300, 0.01))
]
BODY = {
    "tool": f"Python fractions, mpmath {mpmath.__version__}",
    "script": "tools/golden/stats_descriptive.py",
    "seed": SEED,
    "tolerance": {"rel": 1e-14},
    "cases": CASES,
}
TARGET.parent.mkdir(exist_ok=True)
TARGET.write_text(json.dumps(BODY, separators=(",", ":")).replace("},{", "},\n{") + "\n")
