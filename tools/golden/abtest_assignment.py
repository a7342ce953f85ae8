"""Golden buckets of @mlops/abtest/assignment: MurmurHash3 by mmh3, MD5 by hashlib.

python -m venv /tmp/golden && /tmp/golden/bin/pip install mmh3==5.3.1
/tmp/golden/bin/python tools/golden/abtest_assignment.py
"""
import hashlib
import json
import random
from pathlib import Path

import mmh3

OUT = Path(__file__).parents[2] / "packages/abtest/src/assignment/__golden__/buckets.json"
SEED = 20261121
rng = random.Random(SEED)
ALPHABET = "abcXYZ019 :|-_/é漢😀\u0000"


def share(purpose, salt, unit):
    """The first 53 bits of MurmurHash3 x86-128, seed 0: word 1 above, 21 bits of word 2 below."""
    text = f"{purpose}:{len(salt.encode())}:{salt}:{unit}".encode()
    digest = mmh3.hash_bytes(text, 0, x64arch=False)
    h1, h2 = (int.from_bytes(digest[i : i + 4], "little") for i in (0, 4))
    return (h1 * 2**21 + (h2 >> 11)) / 2**53


def text(most):
    return "".join(rng.choice(ALPHABET) for _ in range(rng.randint(1, most)))


cases = {"mlops": [], "unleash": [], "md5": []}
fixed = [("checkout", "user-1"), ("checkout", "user-2"), ("café", "é"), ("漢字", "😀"), ("a", "1")]
for salt, unit in fixed + [(text(20), text(40)) for _ in range(60)]:
    for purpose in ("enrolment", "variant", "namespace", "holdout"):
        cases["mlops"].append([purpose, salt, unit, share(purpose, salt, unit)])
    for seed, normalizer in ((0, 100), (86028157, 1000)):
        value = mmh3.hash(f"{salt}:{unit}".encode(), seed, signed=False) % normalizer + 1
        cases["unleash"].append([unit, salt, normalizer, seed, value])
    digest = hashlib.md5(f"{salt}-{unit}".encode()).hexdigest()
    cases["md5"].append([f"{salt}-{unit}", int(digest[:8], 16) % 10000])
OUT.parent.mkdir(exist_ok=True)
about = {"tool": "mmh3", "version": mmh3.__version__ if hasattr(mmh3, "__version__") else "5.3.1", "seed": SEED, "tolerance": 0}
OUT.write_text(json.dumps({"about": about, **cases}, indent=0, ensure_ascii=True) + "\n")
