"""Golden values of the multivariate methods of @mlops/stats and @mlops/drift.

    python3 -m venv /tmp/golden && /tmp/golden/bin/pip install 'pandas==2.3.3' nannyml==0.13.1 scikit-learn statsmodels
    /tmp/golden/bin/python tools/golden/multivariate.py

Eigenvalues, MMD and energy by numpy from the formulas, boosting by scikit-learn's HistGradientBoosting,
AUC by scikit-learn and DeLong's variance by its definition, reconstruction errors by NannyML.
"""

import json
import logging
import warnings
from pathlib import Path

warnings.filterwarnings("ignore")
logging.disable(logging.CRITICAL)

import nannyml
import numpy as np
import pandas as pd
import sklearn
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.metrics import log_loss, mean_squared_error, roc_auc_score

SEED = 20261121
ROOT = Path(__file__).parents[2] / "packages"
rng = np.random.default_rng(SEED)


def write(path, tolerance, content):
    out = ROOT / path
    out.parent.mkdir(parents=True, exist_ok=True)
    tool = f"numpy {np.__version__}, scikit-learn {sklearn.__version__}, nannyml {nannyml.__version__}, pandas {pd.__version__}"
    out.write_text(
        json.dumps({"tool": tool, "seed": SEED, "tolerance": tolerance, **content}, separators=(",", ":"))
        + "\n"
    )


def squared(a, b):
    return ((a[:, None, :] - b[None, :, :]) ** 2).sum(-1)


def mmd2(x, y, sigma, unbiased):
    k = lambda a, b: np.exp(-squared(a, b) / (2 * sigma**2))
    n, m = len(x), len(y)
    kxx, kyy, kxy = k(x, x), k(y, y), k(x, y)
    if not unbiased:
        return kxx.mean() + kyy.mean() - 2 * kxy.mean()
    return (kxx.sum() - n) / (n * (n - 1)) + (kyy.sum() - m) / (m * (m - 1)) - 2 * kxy.mean()


def linear_mmd(x, y, sigma):
    t = min(len(x), len(y)) // 2
    x1, x2, y1, y2 = x[0 : 2 * t : 2], x[1 : 2 * t : 2], y[0 : 2 * t : 2], y[1 : 2 * t : 2]
    k = lambda a, b: np.exp(-((a - b) ** 2).sum(1) / (2 * sigma**2))
    h = k(x1, x2) + k(y1, y2) - k(x1, y2) - k(x2, y1)
    return {"mean": h.mean(), "z": np.sqrt(t) * h.mean() / h.std(ddof=1)}


def bandwidths(x, y):
    pooled = np.concatenate([x, y])
    upper = np.triu_indices(len(pooled), 1)
    d_xx, d_xy = np.sort(squared(x, x).ravel()), np.sort(squared(x, y).ravel())
    n = len(x)
    return {
        "median": np.sqrt(np.median(squared(pooled, pooled)[upper]) / 2),
        # alibi-detect, sigma_median: x with itself leaves out the diagonal.
        "alibiReference": np.sqrt(0.5 * d_xx[n + (n * n - n) // 2 - 1]),
        "alibiBoth": np.sqrt(0.5 * d_xy[len(d_xy) // 2 - 1]),
        "evidently": np.median(np.sqrt(d_xy)) / np.sqrt(2),
    }


def delong(scores, labels):
    pos, neg = scores[labels == 1], scores[labels == 0]
    psi = (pos[:, None] > neg[None, :]) + 0.5 * (pos[:, None] == neg[None, :])
    return np.sqrt(psi.mean(1).var(ddof=1) / len(pos) + psi.mean(0).var(ddof=1) / len(neg))


samples = []
for n, m, d in [(12, 9, 2), (30, 30, 5), (7, 40, 1), (2, 2, 3)]:
    x, y = np.round(rng.normal(size=(n, d)), 4), np.round(rng.normal(0.4, 1.3, size=(m, d)), 4)
    widths = bandwidths(x, y)
    e = lambda a, b: np.sqrt(squared(a, b)).mean()
    samples.append(
        {
            "x": x.tolist(),
            "y": y.tolist(),
            "widths": widths,
            "unbiased": mmd2(x, y, widths["median"], True),
            "biased": mmd2(x, y, 1.0, False),
            "linear": linear_mmd(x, y, 1.0) if min(n, m) >= 4 else None,
            "energy": 2 * e(x, y) - e(x, x) - e(y, y),
        }
    )
matrices = []
for d in [1, 2, 5, 24]:
    a = rng.normal(size=(d, d))
    a = np.round(a + a.T, 6)
    values, vectors = np.linalg.eigh(a)
    matrices.append({"a": a.tolist(), "values": values[::-1].tolist(), "vectors": vectors.T[::-1].tolist()})
equal = np.ones((4, 4)) + np.eye(4)
values, vectors = np.linalg.eigh(equal)
matrices.append({"a": equal.tolist(), "values": values[::-1].tolist(), "vectors": None})
aucs = []
for n, tied in [(40, False), (60, True), (5, False)]:
    labels = np.r_[np.zeros(n // 2), np.ones(n - n // 2)].astype(int)
    scores = np.round(rng.normal(labels * 0.8, 1), 0 if tied else 4)
    aucs.append({"scores": scores.tolist(), "labels": labels.tolist(), "auc": roc_auc_score(labels, scores), "se": delong(scores, labels)})


def table(n):
    # One decimal: fewer than 255 values, so both cut at the same midpoints.
    x = np.round(rng.normal(size=(n, 4)), 1)
    x[:, 3] = rng.integers(0, 4, n)
    y = np.round(np.where(x[:, 0] > 0, x[:, 1], -x[:, 1]) + 0.5 * x[:, 3] + rng.normal(0, 0.3, n), 3)
    x[rng.random((n, 4)) < 0.05] = np.nan
    return x, y


boosting = []
(x, y), (x2, y2) = table(500), table(300)
for depth in [2, 3, 5]:
    shared = dict(max_iter=60, max_depth=depth, max_leaf_nodes=None, early_stopping=False, random_state=0)
    r = HistGradientBoostingRegressor(**shared).fit(x, y).predict(x2)
    five = HistGradientBoostingClassifier(**{**shared, "max_iter": 5}).fit(x, y > 1).predict_proba(x2)[:, 1]
    c = HistGradientBoostingClassifier(**shared).fit(x, y > 1).predict_proba(x2)[:, 1]
    boosting.append(
        {
            "depth": depth,
            "mse": mean_squared_error(y2, r),
            "first": r[:10].tolist(),
            "auc": roc_auc_score(y2 > 1, c),
            "logLossOfFive": log_loss(y2 > 1, five),
            "logLoss": log_loss(y2 > 1, c),
        }
    )
nulls = lambda a: [[None if np.isnan(v) else v for v in row] for row in a]
write(
    "stats/src/multivariate/__golden__/multivariate.json",
    1e-9,
    {
        "samples": samples,
        "matrices": matrices,
        "aucs": aucs,
        "boosting": {"train": nulls(x), "target": y.tolist(), "test": nulls(x2), "truth": y2.tolist(), "fits": boosting},
    },
)


def people(n, rho, rng):
    a = rng.normal(size=n)
    b = rho * a + np.sqrt(1 - rho**2) * rng.normal(size=n)
    frame = pd.DataFrame(
        {
            "a": np.round(a, 4),
            "b": np.round(b, 4),
            "c": np.round(a - b + rng.normal(0, 0.5, n), 4),
            "plan": rng.choice(["free", "paid", "trial"], n, p=[0.6, 0.3, 0.1]),
            "land": rng.choice(list("NSDF"), n, p=[0.4, 0.3, 0.2, 0.1]),
        }
    )
    frame.loc[rng.random(n) < 0.04, "a"] = np.nan
    frame.loc[rng.random(n) < 0.03, "plan"] = np.nan
    return frame


reference, current = people(1000, 0.8, rng), people(500, -0.2, rng)
current.loc[:5, "land"] = "X"
calculator = nannyml.DataReconstructionDriftCalculator(column_names=list(reference.columns), chunk_number=5)
calculator.fit(reference)
result = calculator.calculate(current).filter(period="analysis").to_df()["reconstruction_error"]
column = lambda frame: {k: [None if pd.isna(v) else v for v in frame[k]] for k in frame}
write(
    "drift/src/multivariate/__golden__/pca.json",
    1e-9,
    {
        "reference": column(reference),
        "current": column(current),
        "values": result["value"].tolist(),
        "samplingError": result["sampling_error"].tolist(),
        "lower": result["lower_threshold"].iloc[-1],
        "upper": result["upper_threshold"].iloc[-1],
        "upperConfidence": result["upper_confidence_boundary"].tolist(),
        "alert": [bool(a) for a in result["alert"]],
    },
)
