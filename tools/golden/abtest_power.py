"""Golden values of power and sample sizes for @mlops/abtest.

python -m venv /tmp/golden && /tmp/golden/bin/pip install scipy==1.17.1 statsmodels==0.14.6 mpmath==1.3.0
/tmp/golden/bin/python tools/golden/abtest_power.py
"""
import json
from pathlib import Path

import mpmath as mp
import scipy
import statsmodels
from statsmodels.stats.power import NormalIndPower, TTestIndPower, TTestPower

mp.mp.dps = 30
OUT = Path(__file__).parents[2] / "packages/abtest/src/design/__golden__/power.json"


def nct_sf(t, df, delta):
    """P((Z + delta) / sqrt(V / df) > t), by numerical integration over s = sqrt(V / df)."""
    df = mp.mpf(df)
    c = 2 * (df / 2) ** (df / 2) / mp.gamma(df / 2)
    f = lambda s: mp.ncdf(delta - t * s) * c * s ** (df - 1) * mp.exp(-df * s * s / 2)
    sd = 1 / mp.sqrt(2 * df)
    points = sorted({mp.mpf(0), *(max(mp.mpf(0), 1 + k * sd) for k in (-20, -10, -4, -2, 0, 2, 4, 10, 20, 40))})
    return mp.quad(f, points)


sides = {"two-sided": "two-sided", "greater": "larger"}
cases = {"nct": [], "tPower": [], "pairs": [], "means": [], "arcsine": []}
for df in (1, 2.5, 7, 30, 200, 5000):
    for delta in (-1.5, 0, 0.7, 3):
        for t in (-2, 0, 1.3, 4):
            cases["nct"].append([t, df, delta, mp.nstr(nct_sf(t, df, delta), 17)])
for effect in (0.1, 0.35, 0.8):
    for alpha in (0.01, 0.05):
        for power in (0.8, 0.95):
            for ours, theirs in sides.items():
                a = dict(effect_size=effect, alpha=alpha, power=power, alternative=theirs)
                for ratio in (1, 2):
                    n = TTestIndPower().solve_power(**a, ratio=ratio)
                    cases["means"].append([effect, alpha, power, ours, ratio, float(n)])
                cases["pairs"].append([effect, alpha, power, ours, float(TTestPower().solve_power(**a))])
                cases["arcsine"].append([effect, alpha, power, ours, float(NormalIndPower().solve_power(**a))])
OUT.parent.mkdir(exist_ok=True)
about = f"mpmath {mp.__version__} (nct), statsmodels {statsmodels.__version__}, scipy {scipy.__version__}"
OUT.write_text(json.dumps({"about": about, "tolerance": {"nct": 1e-12}, **cases}, indent=1) + "\n")
