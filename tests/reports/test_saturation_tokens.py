"""Streams: tokens a second of each step, and of the highest throughput."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from reports.analysis import analyse_steps
from reports.dataset import StepData
from reports.saturation_tokens import with_tokens
from reports.step_table import make_step_table
from reports.steps import summarise_step
from reports.tables import bare_samples
from reports.verdict import StepSummary
from reports.words import say_throughput

HOLD_S = 10.0
TOKENS = 40


def make_step(users: int, *, rate_per_s: float, is_streamed: bool = True) -> StepSummary:
    """Users in turn, each answer of 40 tokens."""
    response_s = users / rate_per_s
    start_s = np.arange(int(HOLD_S * rate_per_s)) / rate_per_s
    samples = bare_samples(start_s, start_s + response_s, np.ones(len(start_s), bool))
    if is_streamed:
        count = len(start_s)
        samples = dataclasses.replace(
            samples,
            chunk_count=np.full(count, TOKENS),
            first_chunk_s=start_s + 0.05,
            chunk_gap_p50_s=np.full(count, 0.01),
            chunk_gap_max_s=np.full(count, 0.03),
        )
    step = StepData(
        index=0, users=users, start_s=0.0, end_s=HOLD_S, drained_s=None, samples=samples, is_complete=True
    )
    return summarise_step(step)


def test_a_step_has_its_tokens_a_second_and_its_longest_gaps() -> None:
    step = make_step(2, rate_per_s=10.0)
    assert step.tokens_per_s == pytest.approx(TOKENS * 10.0, rel=0.05)
    assert step.token_gap_p50_s == pytest.approx(0.01)
    assert step.token_gap_max_p95_s == pytest.approx(0.03)
    columns = make_step_table([step], compact=True).columns
    assert "Tokens/s" in columns


def test_the_highest_throughput_is_said_in_tokens_too() -> None:
    steps = [make_step(2, rate_per_s=10.0), make_step(4, rate_per_s=10.0), make_step(8, rate_per_s=10.0)]
    point = with_tokens(analyse_steps(steps, name="n").verdict.saturation, steps)
    assert point.max_throughput_per_s is not None
    assert point.max_tokens_per_s == pytest.approx(TOKENS * point.max_throughput_per_s, rel=1e-6)
    assert say_throughput(point).endswith("tokens/s")


def test_answers_that_are_no_streams_have_no_tokens() -> None:
    step = make_step(2, rate_per_s=10.0, is_streamed=False)
    assert step.tokens_per_s is None
    point = analyse_steps([step], name="n").verdict.saturation
    assert with_tokens(point, [step]) == point
    assert "tokens" not in say_throughput(point)
    assert "Tokens/s" not in make_step_table([step]).columns
