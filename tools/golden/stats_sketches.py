"""Golden values of @mlops/stats' sketches: hashes from mmh3, bounds and measured errors from Apache DataSketches.

    python3 -m venv /tmp/golden && /tmp/golden/bin/pip install datasketches==5.2.0 mmh3==5.3.1 numpy==2.4.6
    /tmp/golden/bin/python tools/golden/stats_sketches.py

Writes packages/stats/src/sketches/__golden__/sketches.json. The streams are defined by a formula that the
tests repeat: x_i = frac(i * phi)^p with phi the golden ratio's fraction, so that no data need be stored.
DataSketches draws its own random numbers: its errors are compared in size, not digit by digit.
"""

import json
import math
import struct
from pathlib import Path

import datasketches as ds
import mmh3
import numpy as np

TARGET = Path(__file__).resolve().parents[2] / "packages/stats/src/sketches/__golden__/sketches.json"
PHI = 0.6180339887498949


def words(data):
    """First two 32-bit words of MurmurHash3_x86_128 with seed 0, as signed integers."""
    return list(struct.unpack("<2i", mmh3.hash_bytes(data, 0, False)[:8]))


TEXTS = ["", "a", "abc", "hello world", "éàü", "日本語", "\U0001f600", "x" * 15, "x" * 16, "x" * 17, "The quick brown fox jumps over the lazy dog"]
NUMBERS = [0.0, 1.0, -1.0, 0.1, 1e300, 5e-324, 123456789.0, math.inf, -math.inf]


def stream(n, power):
    i = np.arange(1, n + 1, dtype=np.float64)
    return np.modf(i * PHI)[0] ** power


def kll_case(n, power, k):
    values = stream(n, power)
    sketch = ds.kll_doubles_sketch(k)
    sketch.update(values)
    sorted_values = np.sort(values)
    at = sorted_values[:: max(1, n // 1000)]
    true = np.searchsorted(sorted_values, at, side="right") / n
    estimated = np.array([sketch.get_rank(x, True) for x in at])
    return {"n": n, "power": power, "k": k, "largestError": float(np.max(np.abs(true - estimated))), "retained": sketch.num_retained}


def hll_case(n):
    sketch = ds.hll_sketch(12)
    for i in range(n):
        sketch.update(i)
    return {"n": n, "estimate": sketch.get_estimate()}


def items_case(n, distinct, every):
    sketch = ds.frequent_strings_sketch(10)
    counts = {}
    for i in range(n):
        # Zipf-like by construction: item j comes n / (j * (j + 1)) times; every so often one that never comes again.
        u = math.modf((i + 1) * PHI)[0]
        item = str(min(distinct, int(1 / max(u, 1 / (distinct + 1)))))
        if every and i % every == 0:
            item = f"once {i}"
        sketch.update(item)
        counts[item] = counts.get(item, 0) + 1
    top = sorted(counts.items(), key=lambda pair: -pair[1])[:10]
    return {
        "n": n,
        "distinct": distinct,
        "every": every,
        "seen": len(counts),
        "top": top,
        "lower": [sketch.get_lower_bound(item) for item, _ in top],
        "upper": [sketch.get_upper_bound(item) for item, _ in top],
    }


BODY = {
    "tool": f"datasketches 5.2.0, mmh3 5.3.1, numpy {np.__version__}",
    "script": "tools/golden/stats_sketches.py",
    "seed": "none: streams by formula; datasketches draws its own",
    "tolerance": {"hash": 0, "rankError": 1e-12},
    "texts": [[text, words(text.encode())] for text in TEXTS],
    "numbers": [[x if math.isfinite(x) else ("Infinity" if x > 0 else "-Infinity"), words(struct.pack("<d", x))] for x in NUMBERS],
    "rankErrors": [[k, ds.kll_doubles_sketch.get_normalized_rank_error(k, True)] for k in (8, 16, 64, 200, 512, 1024, 4096)],
    "kll": [kll_case(n, power, k) for n in (1000, 100_000, 1_000_000) for power in (1, 8) for k in (200, 512)],
    "hll": [hll_case(n) for n in (10, 1000, 100_000, 1_000_000)],
    "items": [items_case(*case) for case in ((100_000, 500, 0), (200_000, 100_000, 3))],
}
TARGET.parent.mkdir(exist_ok=True)
TARGET.write_text(json.dumps(BODY, separators=(",", ":"), ensure_ascii=True).replace("],[", "],\n[") + "\n")
