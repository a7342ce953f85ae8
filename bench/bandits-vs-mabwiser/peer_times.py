"""Times MABWiser and Open Bandit Pipeline on the data written by bench.ts; prints JSON {task: [CPU microseconds, value]}.

Pinned in requirements.txt; obp is installed without its dependencies (`pip install --no-deps obp==0.4.1`).
"""

import json
import sys
import time
from importlib.metadata import version
from pathlib import Path
from types import ModuleType

import numpy as np
import scipy.stats  # noqa: F401  before the stand-in for torch, which scipy would look at
import sklearn.ensemble  # noqa: F401
from mabwiser.mab import MAB, LearningPolicy

folder = Path(sys.argv[1])
resamples = int(sys.argv[2])
K, D = 10, 10
contexts = np.fromfile(folder / "contexts.f64").reshape(-1, D)
rewards = np.fromfile(folder / "rewards.f64")
decisions = np.fromfile(folder / "decisions.i32", dtype=np.int32)
out = {}


def timed(name, task, times, value=None):
    task()
    best = float("inf")
    for _ in range(3):
        start = time.process_time()
        for _ in range(times):
            found = task()
        best = min(best, (time.process_time() - start) / times)
    out[name] = [best * 1e6, value(found) if value else None]


arms = list(range(K))
n = 2000
for name, policy in (
    ("ε-greedy", LearningPolicy.EpsilonGreedy(0.1)),
    ("UCB1", LearningPolicy.UCB1(1)),
    ("Thompson, beta", LearningPolicy.ThompsonSampling()),
    ("softmax", LearningPolicy.Softmax(0.1)),
):
    mab = MAB(arms, policy)
    mab.fit(decisions[:n], rewards[:n])
    timed(f"{name}: select", mab.predict, 300)
    timed(f"{name}: update", lambda: mab.partial_fit([3], [1]), 100)

for name, policy in (
    ("LinUCB", LearningPolicy.LinUCB(alpha=1, l2_lambda=1)),
    ("linear Thompson", LearningPolicy.LinTS(alpha=1, l2_lambda=1)),
):
    mab = MAB(arms, policy)
    mab.fit(decisions[:n], rewards[:n], contexts[:n])
    x = contexts[n : n + 1]
    timed(f"{name}: select", lambda: mab.predict(x), 200)
    if name == "LinUCB":
        out["LinUCB: score"] = [0, float(mab.predict_expectations(x)[0])]
    timed(f"{name}: update", lambda: mab.partial_fit([3], [1], x), 50)

versions = f"MABWiser {version('mabwiser')}, numpy {np.__version__}"
try:
    for part in ("torch", "torch.nn", "torch.nn.functional", "torch.optim", "torch.utils", "torch.utils.data"):
        stand_in = ModuleType(part)
        stand_in.__getattr__ = lambda name: type(name, (), {})
        stand_in.__path__ = []
        sys.modules[part] = stand_in
        if "." in part:
            parent, child = part.rsplit(".", 1)
            setattr(sys.modules[parent], child, stand_in)
    from obp.ope import DoublyRobust, InverseProbabilityWeighting, SelfNormalizedInverseProbabilityWeighting

    versions += f", obp {version('obp')}"
    rows = len(decisions)
    propensity = np.fromfile(folder / "propensity.f64")
    target = np.fromfile(folder / "target.f64").reshape(rows, K, 1)
    predicted = np.fromfile(folder / "predicted.f64").reshape(rows, K, 1)
    common = dict(reward=rewards, action=decisions, pscore=propensity, action_dist=target)
    for name, estimator, extra in (
        ("ips", InverseProbabilityWeighting(), {}),
        ("snips", SelfNormalizedInverseProbabilityWeighting(), {}),
        ("dr", DoublyRobust(), {"estimated_rewards_by_reg_model": predicted}),
    ):
        start = time.process_time()
        bounds = estimator.estimate_interval(**common, **extra, n_bootstrap_samples=resamples, random_state=1)
        out[f"{name}: interval"] = [
            (time.process_time() - start) * 1e6,
            [v for k, v in bounds.items() if "lower" in k or "upper" in k],
        ]
except Exception as error:  # the comparison goes on without it
    print(f"obp was not timed: {error!r}", file=sys.stderr)
print(json.dumps({"version": versions, "tasks": out}))
