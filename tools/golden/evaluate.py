"""Golden values of @mlops/evaluate: metrics by scikit-learn, CBPE and DLE by NannyML itself.

    python3 -m venv /tmp/golden && /tmp/golden/bin/pip install 'pandas==2.3.3' nannyml==0.13.1 scikit-learn statsmodels
    /tmp/golden/bin/python tools/golden/evaluate.py
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
from sklearn import metrics as m
from sklearn.isotonic import IsotonicRegression

SEED = 20261121
OUT = Path(__file__).parents[2] / "packages/evaluate/src/__golden__/evaluate.json"
rng = np.random.default_rng(SEED)
METRICS = ["roc_auc", "f1", "precision", "recall", "specificity", "accuracy"]


def chunks(result):
    frame = result.filter(period="analysis").to_df()
    out = {}
    for name in frame.columns.get_level_values(0).unique():
        if name == "chunk":
            continue
        one = frame[name]
        out[name] = {
            "estimated": one["value"].tolist(),
            "samplingError": one["sampling_error"].tolist(),
            "realised": one["realized"].tolist(),
            "upper": one["upper_threshold"].iloc[0],
            "lower": one["lower_threshold"].iloc[0],
            "bandUpper": one["upper_confidence_boundary"].tolist(),
            "alarm": [bool(a) for a in one["alert"]],
        }
    return out


def binary_data(n, shift, bend):
    x = rng.normal(shift, 1, n)
    truth = 1 / (1 + np.exp(-1.5 * x))
    scores = np.round(truth**bend, 8)
    return pd.DataFrame({"score": scores, "prediction": (scores >= 0.5).astype(int), "target": rng.binomial(1, truth)})


def binary(bend):
    reference, current = binary_data(2000, 0, bend), binary_data(1000, -0.6, bend)
    cbpe = nannyml.CBPE(
        metrics=METRICS, y_pred_proba="score", y_pred="prediction", y_true="target",
        problem_type="classification_binary", chunk_number=5,
    )
    cbpe.fit(reference)
    side = lambda f: {"scores": f["score"].tolist(), "predictions": f["prediction"].tolist(), "targets": f["target"].tolist()}
    return {"calibrates": bool(cbpe.needs_calibration), "reference": side(reference), "current": side(current), "metrics": chunks(cbpe.estimate(current))}


CLASSES = ["bus", "car", "train"]


def multiclass_data(n, shift):
    x = rng.normal(shift, 1, (n, 2))
    logits = np.stack([x[:, 0], x[:, 1], -0.5 * x.sum(1)], 1)
    p = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    target = np.array([rng.choice(CLASSES, p=row) for row in p])
    sharp = p**2.5
    scores = np.round(sharp / sharp.sum(1, keepdims=True), 8)
    frame = pd.DataFrame(scores, columns=[f"p_{c}" for c in CLASSES])
    frame["prediction"] = np.array(CLASSES)[scores.argmax(1)]
    frame["target"] = target
    return frame


def multiclass():
    reference, current = multiclass_data(2000, 0), multiclass_data(900, 0.7)
    cbpe = nannyml.CBPE(
        metrics=METRICS, y_pred_proba={c: f"p_{c}" for c in CLASSES}, y_pred="prediction", y_true="target",
        problem_type="classification_multiclass", chunk_number=5,
    )
    cbpe.fit(reference)
    side = lambda f: {
        "scores": {c: f[f"p_{c}"].tolist() for c in CLASSES},
        "predictions": f["prediction"].tolist(),
        "targets": f["target"].tolist(),
    }
    used = {c: type(k).__name__ == "IsotonicCalibrator" for c, k in cbpe._calibrators.items()}
    return {"calibrates": used, "reference": side(reference), "current": side(current), "metrics": chunks(cbpe.estimate(current))}


def regression_data(n, shift):
    x = np.round(rng.normal(shift, 1, (n, 2)), 4)
    y = 3 * x[:, 0] + rng.normal(0, 0.3 + np.abs(x[:, 1]), n)
    frame = pd.DataFrame(x, columns=["a", "b"])
    frame["kind"] = np.where(rng.random(n) < 0.3, "new", "old")
    frame["prediction"], frame["target"] = np.round(3 * x[:, 0], 6), np.round(y, 6)
    return frame


def dle():
    reference, current = regression_data(3000, 0), regression_data(1500, 1)
    estimator = nannyml.DLE(
        feature_column_names=["a", "b", "kind"], y_pred="prediction", y_true="target",
        metrics=["mae", "mse", "rmse"], chunk_number=5,
    )
    estimator.fit(reference)
    side = lambda f: {
        "features": {k: f[k].tolist() for k in ["a", "b", "kind"]},
        "predictions": f["prediction"].tolist(),
        "targets": f["target"].tolist(),
    }
    return {"reference": side(reference), "current": side(current), "metrics": chunks(estimator.estimate(current))}


def metric_case(n, tied):
    y = rng.integers(0, 2, n)
    y[:2] = [0, 1]
    s = np.round(np.clip(rng.normal(0.35 + 0.3 * y, 0.2), 0.01, 0.99), 1 if tied else 4)
    d = (s >= 0.5).astype(int)
    x = np.round(rng.random(15), 3)
    return {
        "scores": s.tolist(), "targets": y.tolist(), "at": x.tolist(),
        "isotonic": IsotonicRegression(out_of_bounds="clip").fit(s, y).predict(x).tolist(),
        "metrics": {
            "accuracy": m.accuracy_score(y, d), "precision": m.precision_score(y, d), "recall": m.recall_score(y, d),
            "specificity": m.recall_score(1 - y, 1 - d), "f1": m.f1_score(y, d), "rocAuc": m.roc_auc_score(y, s),
            "averagePrecision": m.average_precision_score(y, s), "logLoss": m.log_loss(y, s), "brier": m.brier_score_loss(y, s),
            "balancedAccuracy": m.balanced_accuracy_score(y, d), "mcc": m.matthews_corrcoef(y, d), "kappa": m.cohen_kappa_score(y, d),
        },
    }


def multi_metric_case():
    frame = multiclass_data(200, 0)
    p, y, d = frame[[f"p_{c}" for c in CLASSES]].to_numpy(), frame["target"], frame["prediction"]
    p = p / p.sum(1, keepdims=True)
    return {
        "scores": {c: frame[f"p_{c}"].tolist() for c in CLASSES}, "predictions": d.tolist(), "targets": y.tolist(),
        "metrics": {
            "accuracy": m.accuracy_score(y, d), "precision": m.precision_score(y, d, average="macro"),
            "recall": m.recall_score(y, d, average="macro"), "f1": m.f1_score(y, d, average="macro"),
            "rocAuc": m.roc_auc_score(y, p, multi_class="ovr"), "logLoss": m.log_loss(y, p, labels=CLASSES),
            "kappa": m.cohen_kappa_score(y, d),
        },
    }


truth = np.round(rng.normal(5, 2, 60), 3)
guess = np.round(truth + rng.normal(0.2, 1, 60), 3)
content = {
    "metrics": [metric_case(60, False), metric_case(80, True)],
    "multiclassMetrics": multi_metric_case(),
    "regression": {
        "predictions": guess.tolist(), "targets": truth.tolist(),
        "mae": m.mean_absolute_error(truth, guess), "mse": m.mean_squared_error(truth, guess),
        "rmse": m.mean_squared_error(truth, guess) ** 0.5, "r2": m.r2_score(truth, guess),
    },
    "cbpe": {"bent": binary(2), "calibrated": binary(1), "multiclass": multiclass()},
    "dle": dle(),
}
OUT.parent.mkdir(parents=True, exist_ok=True)
OUT.write_text(
    json.dumps(
        {
            "tool": f"scikit-learn {sklearn.__version__}, nannyml {nannyml.__version__}, pandas {pd.__version__}, numpy {np.__version__}",
            "seed": SEED,
            "tolerance": "metrics 1e-10; CBPE 1e-5, for NannyML rounds cumulated counts to 5 places; DLE 5 %",
            **content,
        },
        separators=(",", ":"),
            default=lambda v: v.item(),
    )
    + "\n"
)
