"""Golden values of the streaming detectors of @mlops/drift: where river and Frouros alarm on the same streams.

river and Frouros want different numpys, so each has its own environment; the second run adds to the file.

python3.11 -m venv /tmp/river && /tmp/river/bin/pip install river==0.26.1 numpy==2.4.6 scipy==1.17.1
python3.11 -m venv /tmp/frouros && /tmp/frouros/bin/pip install frouros==0.9.0 numpy==2.1.3 scipy==1.14.1
/tmp/river/bin/python tools/golden/stream_detectors.py
/tmp/frouros/bin/python tools/golden/stream_detectors.py
"""
import json
import random
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

SEED = 20261121
OUT = Path(__file__).parents[2] / "packages/drift/src/stream/__golden__/stream-detectors.json"


def streams():
    rng = random.Random(SEED)
    bits = lambda p, n: [int(rng.random() < p) for _ in range(n)]
    gauss = lambda m, s, n: [round(rng.gauss(m, s), 3) for _ in range(n)]
    ramp = [int(rng.random() < 0.1 + 0.5 * i / 1000) for i in range(1000)]
    return {
        "binary": {
            "abrupt": bits(0.2, 800) + bits(0.5, 700),
            "falling": bits(0.6, 700) + bits(0.2, 700),
            "gradual": bits(0.1, 500) + ramp,
            "stable": bits(0.3, 1500),
            "back-and-forth": bits(0.05, 400) + bits(0.6, 200) + bits(0.05, 400) + bits(0.9, 300),
            "zeros-first": [0] * 100 + bits(0.5, 500),
        },
        "numeric": {
            "mean": gauss(0, 1, 700) + gauss(2, 1, 500),
            "down": gauss(5, 1, 600) + gauss(2, 2, 500),
            "large-offset": gauss(1e6, 3, 500) + gauss(1e6 + 9, 3, 400),
            "spread": gauss(0, 1, 600) + gauss(0, 4, 500),
            "stable": gauss(0.5, 0.2, 1200),
            "coarse": [round(x) for x in gauss(3, 1, 600)] + [round(x) for x in gauss(5, 1, 400)],
            "unit": [round(rng.random(), 3) for _ in range(600)] + [round(0.5 + rng.random() / 2, 3) for _ in range(500)],
        },
    }


def river_detectors():
    from river import drift
    from river.drift import binary

    return {
        "adwin": ("numeric", lambda: drift.ADWIN(), {}),
        "adwin-clock-1": ("numeric", lambda: drift.ADWIN(delta=0.05, clock=1, max_buckets=3, min_window_length=8, grace_period=20), {}),
        "adwin-binary": ("binary", lambda: drift.ADWIN(clock=4), {}),
        "page-hinkley": ("numeric", lambda: drift.PageHinkley(), {}),
        "page-hinkley-up": ("numeric", lambda: drift.PageHinkley(mode="up", threshold=20, delta=0.1), {}),
        "page-hinkley-down": ("numeric", lambda: drift.PageHinkley(mode="down", threshold=20, alpha=0.99, min_instances=10), {}),
        "ddm": ("binary", lambda: binary.DDM(), {}),
        "ddm-eager": ("binary", lambda: binary.DDM(warm_start=10, warning_threshold=1, drift_threshold=2), {}),
        "eddm": ("binary", lambda: binary.EDDM(), {}),
        "eddm-lenient": ("binary", lambda: binary.EDDM(warm_start=15, alpha=0.8, beta=0.7), {}),
        "hddm-a": ("binary", lambda: binary.HDDMA(), {}),
        "hddm-a-both": ("binary", lambda: binary.HDDMA(two_sided_test=True, drift_confidence=0.01, warning_confidence=0.05), {}),
        "hddm-w": ("binary", lambda: binary.HDDMW(), {}),
        "hddm-w-both": ("binary", lambda: binary.HDDMW(two_sided_test=True, lambda_val=0.1), {}),
        "fhddm": ("binary", lambda: binary.FHDDM(), {}),
        "fhddm-short": ("binary", lambda: binary.FHDDM(sliding_window_size=60, confidence_level=0.001, short_window_size=20), {}),
    }


def run_river(all_streams):
    out = {}
    for name, (kind, make, _) in river_detectors().items():
        out[name] = {}
        for label, values in all_streams[kind].items():
            d, drifts, warnings, widths = make(), [], [], []
            for i, x in enumerate(values):
                d.update(x)
                if d.drift_detected:
                    drifts.append(i)
                elif getattr(d, "warning_detected", False):
                    warnings.append(i)
                if name.startswith("adwin") and i % 97 == 0:
                    widths.append([d.width, d.total, d.variance])
            out[name][label] = {"drifts": drifts, "warnings": len(warnings), "firstWarning": warnings[0] if warnings else None}
            if widths:
                out[name][label]["windows"] = widths
    return out


def run_frouros(all_streams):
    from frouros.detectors.concept_drift import (
        ADWIN, BOCD, CUSUM, ECDDWT, EDDM, HDDMA, STEPD,
        ADWINConfig, BOCDConfig, CUSUMConfig, ECDDWTConfig, EDDMConfig, GeometricMovingAverage,
        GeometricMovingAverageConfig, HDDMAConfig, PageHinkley, PageHinkleyConfig, STEPDConfig,
    )
    from frouros.detectors.concept_drift.streaming.change_detection.bocd import GaussianUnknownMean

    gma = lambda: GeometricMovingAverage(config=GeometricMovingAverageConfig(alpha=0.95, lambda_=0.8))
    detectors = {
        "cusum-running-mean": ("numeric", lambda: CUSUM(config=CUSUMConfig())),
        "page-hinkley-no-minimum": ("numeric", lambda: PageHinkley(config=PageHinkleyConfig(lambda_=30))),
        "geometric-moving-average": ("numeric", gma),
        "bocd": ("numeric", lambda: BOCD(config=BOCDConfig(model=GaussianUnknownMean(prior_mean=1, prior_var=4, data_var=1.5), hazard=0.02))),
        "adwin-without-last-bucket": ("numeric", lambda: ADWIN(config=ADWINConfig())),
        "eddm-frouros": ("binary", lambda: EDDM(config=EDDMConfig())),
        "hddm-a-ln1": ("binary", lambda: HDDMA(config=HDDMAConfig())),
        "stepd": ("binary", lambda: STEPD(config=STEPDConfig())),
        "ecdd": ("binary", lambda: ECDDWT(config=ECDDWTConfig())),
        "ecdd-100": ("binary", lambda: ECDDWT(config=ECDDWTConfig(average_run_length=100, warning_level=0.8))),
    }
    out = {}
    for name, (kind, make) in detectors.items():
        out[name] = {}
        for label, values in all_streams[kind].items():
            if name == "bocd":
                values = values[400:900]  # it slows down with every value
            if name == "adwin-without-last-bucket" and min(values) < 0:
                continue  # it refuses negative totals
            d, drifts, warnings = make(), [], []
            for i, x in enumerate(values):
                if d.drift:
                    d.reset()
                d.update(value=x)
                if d.drift:
                    drifts.append(i)
                elif getattr(d, "warning", False):
                    warnings.append(i)
            out[name][label] = {"drifts": drifts, "warnings": len(warnings), "firstWarning": warnings[0] if warnings else None}
    return out


def main():
    made = streams()
    file = json.loads(OUT.read_text()) if OUT.exists() else {"tolerance": 1e-9, "detectors": {}, "tools": {}}
    tool, run = ("river", run_river) if find_spec("river") else ("frouros", run_frouros)
    file["tools"][tool] = {p: version(p) for p in (tool, "numpy", "scipy")}
    file["seed"] = SEED
    file["streams"] = {
        "binary": {name: "".join(map(str, values)) for name, values in made["binary"].items()},
        "numeric": made["numeric"],
    }
    file["detectors"].update(run(made))
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(json.dumps(file, sort_keys=True, separators=(",", ":")) + "\n")


main()
