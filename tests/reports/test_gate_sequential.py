"""The looks, and how often the whole design is wrong, by simulation with fixed seeds."""

from __future__ import annotations

import math

import numpy as np
import pytest

from reports.gate.paired.sequential import LOOKS, Look, find_scatter, is_over, look

LIMIT = -math.log(1 - 0.05)
GATES = 400


def pairs_of_a_shared_runner(generator: np.random.Generator, effect: float) -> list[float]:
    """Pairs in random order: slow drift (4 %), noise of a slice (4 %), a slice in twenty 20 % too slow."""
    count = LOOKS[-1]
    drift, level = [], 0.0
    for _ in range(2 * count):
        level = 0.9 * level + math.sqrt(1 - 0.81) * 0.04 * generator.normal()
        drift.append(level)
    spikes = (generator.random(2 * count) < 0.05) * generator.exponential(0.2, 2 * count)
    slices = (np.array(drift) + 0.04 * generator.normal(size=2 * count) - spikes).reshape(count, 2)
    order = np.where(generator.random(count) < 0.5, 1.0, -1.0)
    return [float(value) for value in order * (slices[:, 0] - slices[:, 1]) - math.log(1 - effect)]


def run_gate(values: list[float]) -> Look:
    for count in LOOKS:
        seen = look(values[:count], limit=LIMIT)
        if is_over([seen]):
            return seen
    return seen


def standings(effect: float, *, seed: int) -> list[str]:
    generator = np.random.default_rng(seed)
    return [run_gate(pairs_of_a_shared_runner(generator, effect)).standing for _ in range(GATES)]


def test_no_change_fails_less_than_once_in_forty_gates() -> None:
    assert standings(0.0, seed=1).count("failed") <= GATES / 40


def test_a_fifth_less_always_fails() -> None:
    assert standings(0.2, seed=2).count("failed") >= 0.95 * GATES


def test_a_tenth_less_is_mostly_found_and_never_passed() -> None:
    found = standings(0.1, seed=3)
    assert found.count("failed") >= 0.9 * GATES
    assert found.count("passed") <= GATES / 40


def test_no_change_mostly_passes() -> None:
    assert standings(0.0, seed=4).count("passed") >= 0.7 * GATES


def test_five_clear_pairs_are_enough() -> None:
    assert look([0.20, 0.21, 0.19, 0.22, 0.20], limit=LIMIT).standing == "failed"
    assert look([0.00, 0.01, -0.01, 0.00, 0.02], limit=LIMIT).standing == "passed"


def test_one_pair_against_the_others_asks_for_more() -> None:
    assert look([0.20, 0.21, 0.19, 0.22, -0.05], limit=LIMIT).standing == "undecided"


def test_a_change_just_at_the_limit_neither_fails_nor_passes() -> None:
    values = np.random.default_rng(5).normal(LIMIT, 0.02, 20).tolist()
    assert look(values, limit=LIMIT).standing == "undecided"


def test_measuring_goes_on_until_all_have_passed_or_one_has_failed() -> None:
    passed, undecided, failed = (
        look(values, limit=LIMIT)
        for values in ([0.0] * 5, [0.3, 0.3, 0.3, 0.3, -0.1], [0.30, 0.31, 0.32, 0.33, 0.34])
    )
    assert [passed.standing, undecided.standing, failed.standing] == ["passed", "undecided", "failed"]
    assert is_over([passed, passed])
    assert not is_over([passed, undecided])
    assert is_over([undecided, failed])


def test_scatter_is_the_standard_deviation() -> None:
    values = np.random.default_rng(6).normal(0, 0.04, 2000).tolist()
    assert find_scatter(values) == pytest.approx(0.04, rel=0.05)


def test_scatter_shows_what_a_gate_can_find() -> None:
    """A change as large as is said to be detectable is told from none in most gates."""
    generator = np.random.default_rng(7)
    sd = 0.1
    seen = look(generator.normal(0, sd, 20).tolist(), limit=LIMIT)
    assert 0.05 < seen.detectable < 0.11
