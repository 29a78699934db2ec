"""Simulated systems of benchmarks/closed_systems.py as step summaries."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from reports.measured_steps import read_measured_steps
from reports.verdict import StepSummary

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


def load_benchmark(name: str) -> ModuleType:
    """A module of benchmarks/, which is no package."""
    if name == "saturation_truth":
        load_benchmark("closed_systems")  # it imports its neighbour
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, BENCHMARKS / f"{name}.py")
        assert spec is not None and spec.loader is not None
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


def measure(
    ladder: tuple[int, ...] = (1, 5, 20, 50), *, hold_s: float = 10.0, seed: int = 0, **system: Any
) -> list[StepSummary]:
    """Steps of one system; the keywords are closed_systems.System's."""
    systems = load_benchmark("closed_systems")
    made = systems.System(**{"kind": "queue", "base_s": 0.1, "variation": 0.25, "outside": 0.0, **system})
    rng = np.random.default_rng(seed)
    steps = [
        {"users": n, "hold_s": hold_s, "samples": systems.simulate_step(made, n, hold_s, rng)} for n in ladder
    ]
    return summarise(steps)


def summarise(steps: list[dict[str, Any]]) -> list[StepSummary]:
    problems: list[str] = []
    rows = [dict(step, samples=[list(row) for row in step["samples"]]) for step in steps]
    summaries = read_measured_steps(rows, problems)
    assert problems == []
    return summaries
