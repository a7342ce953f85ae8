"""Golden values of @mlops/drift and the conventions of @mlops/stats: what the peers themselves compute.

    python3 -m venv /tmp/golden && /tmp/golden/bin/pip install 'pandas<3' evidently==0.7.23 nannyml==0.13.1 astropy==8.0.2
    /tmp/golden/bin/python tools/golden/drift_peers.py

Writes packages/drift/src/__golden__/peers.json: samples, and per tool and method the value. Kuiper's
p-value is astropy's. numpy's PCG64 under a fixed seed makes the samples; they are stored with the results.
"""

import json
import warnings
from pathlib import Path

warnings.filterwarnings("ignore")

import astropy
import evidently
import nannyml
import numpy as np
import pandas as pd
import scipy
from astropy.stats import kuiper_two
from evidently.legacy.calculations import stattests
from evidently.legacy.calculations.stattests.registry import get_stattest
from evidently.legacy.core import ColumnType
from nannyml.drift.univariate.methods import FeatureType, MethodFactory
from nannyml.chunk import CountBasedChunker
from nannyml.thresholds import StandardDeviationThreshold

SEED = 20261121
OUT = Path(__file__).resolve().parents[2] / "packages/drift/src/__golden__/peers.json"
rng = np.random.default_rng(SEED)


def numbers(x, digits=4):
    return [round(float(v), digits) for v in x]


def words(p, n):
    return [str(v) for v in rng.choice(["a", "b", "c", "d"], n, p=p)]


NUMERIC = {
    "normal": (numbers(rng.normal(0, 1, 500)), numbers(rng.normal(0.4, 1.2, 400))),
    "gamma": (numbers(rng.gamma(2, 3, 600)), numbers(rng.gamma(2.4, 3, 300))),
    "few": ([float(v) for v in rng.integers(0, 5, 400)], [float(v) for v in rng.integers(0, 6, 300)]),
    "two": ([float(v) for v in rng.integers(0, 2, 200)], [float(v) for v in rng.binomial(1, 0.35, 250)]),
    "far": (numbers(rng.normal(0, 1, 300)), numbers(rng.normal(6, 1, 200))),
    "large": (numbers(rng.normal(10, 2, 1500)), numbers(rng.normal(10.3, 2, 1200))),
}
CATEGORICAL = {
    "moved": (words([0.5, 0.3, 0.15, 0.05], 500), words([0.4, 0.3, 0.2, 0.1], 400)),
    "fresh": (words([0.6, 0.4, 0, 0], 300), words([0.5, 0.4, 0.06, 0.04], 300)),
    "pair": (words([0.6, 0.4, 0, 0], 300), words([0.5, 0.5, 0, 0], 260)),
    "large": (words([0.5, 0.3, 0.15, 0.05], 1400), words([0.45, 0.3, 0.2, 0.05], 1000)),
}
EVIDENTLY = {
    "psi": "psi",
    "kl-reference-current": "kl_div",
    "jensen-shannon": "jensenshannon",
    "hellinger": "hellinger",
    "wasserstein-normed": "wasserstein",
    "energy": "ed",
    "ks": "ks",
    "anderson-darling": "anderson",
    "cramer-von-mises": "cramer_von_mises",
    "epps-singleton": "es",
    "student-t": "t_test",
    "chi-square-goodness-of-fit": "chisquare",
    "two-proportion-z": "z",
}
NUMERIC_ONLY = {"wasserstein-normed", "energy", "ks", "anderson-darling", "cramer-von-mises", "epps-singleton", "student-t"}
CATEGORICAL_ONLY = {"chi-square-goodness-of-fit", "two-proportion-z"}


def clean(value):
    value = float(value)
    if np.isnan(value):
        return None
    return str(value) if np.isinf(value) else value


def evidently_cases():
    for kind, samples, feature in (
        ("numeric", NUMERIC, ColumnType.Numerical),
        ("categorical", CATEGORICAL, ColumnType.Categorical),
    ):
        for name, (reference, current) in samples.items():
            r, c = pd.Series(reference), pd.Series(current)
            chosen = get_stattest(r, c, feature, None)
            yield {"tool": "evidently", "kind": kind, "sample": name, "chosen": chosen.name}
            for method, stattest in EVIDENTLY.items():
                if kind == "numeric" and method in CATEGORICAL_ONLY:
                    continue
                if kind == "categorical" and method in NUMERIC_ONLY:
                    continue
                if method == "two-proportion-z" and len(set(reference) | set(current)) > 2:
                    continue
                test = get_stattest(r, c, feature, stattest)
                value = test.func(r.copy(), c.copy(), feature, 0.1)[0]
                yield {
                    "tool": "evidently", "kind": kind, "sample": name, "method": method, "value": clean(value),
                }


def nannyml_cases():
    methods = {"jensen-shannon": "jensen_shannon", "hellinger": "hellinger"}
    for kind, samples, feature in (
        ("numeric", NUMERIC, FeatureType.CONTINUOUS),
        ("categorical", CATEGORICAL, FeatureType.CATEGORICAL),
    ):
        for name, (reference, current) in samples.items():
            for method, key in methods.items():
                made = MethodFactory.create(
                    key=key, feature_type=feature, chunker=CountBasedChunker(10),
                    threshold=StandardDeviationThreshold(std_lower_multiplier=None),
                    computation_params=None,
                )
                made.fit(pd.Series(reference, name="x"))
                value = made.calculate(pd.Series(current, name="x"))
                yield {"tool": "nannyml", "kind": kind, "sample": name, "method": method, "value": clean(value)}


def nannyml_thresholds():
    for kind, samples in (("numeric", NUMERIC), ("categorical", CATEGORICAL)):
        for name, (reference, current) in samples.items():
            calculator = nannyml.UnivariateDriftCalculator(
                column_names=["x"], treat_as_categorical=["x"] if kind == "categorical" else None,
                chunk_number=10,
            )
            calculator.fit(pd.DataFrame({"x": reference}))
            found = calculator.calculate(pd.DataFrame({"x": current}))
            frame = found.filter(period="reference").to_df()[("x", "jensen_shannon")]
            yield {
                "sample": name, "kind": kind,
                "values": [clean(v) for v in frame["value"]],
                "upper": clean(frame["upper_threshold"].iloc[0]),
            }


def kuiper_cases():
    for name, (reference, current) in NUMERIC.items():
        v, p = kuiper_two(np.array(reference), np.array(current))
        yield {"sample": name, "statistic": float(v), "p": clean(p)}


def main():
    cases = [*evidently_cases(), *nannyml_cases()]
    document = {
        "tool": f"evidently {evidently.__version__}, nannyml {nannyml.__version__}, astropy {astropy.__version__}",
        "version": f"numpy {np.__version__}, scipy {scipy.__version__}, pandas {pd.__version__}",
        "seed": SEED,
        "tolerance": {"rel": 1e-9, "abs": 1e-12},
        "numeric": {k: {"reference": r, "current": c} for k, (r, c) in NUMERIC.items()},
        "categorical": {k: {"reference": r, "current": c} for k, (r, c) in CATEGORICAL.items()},
        "cases": cases,
        "thresholds": list(nannyml_thresholds()),
        "kuiper": list(kuiper_cases()),
    }
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_text(json.dumps(document) + "\n")
    print(len(cases), "cases")


main()
