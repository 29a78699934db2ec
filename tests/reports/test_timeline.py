from collections.abc import Callable

import numpy as np
import pytest

from harness.run_directory import RunDirectory
from reports.dataset import load_dataset
from reports.steps import summarise_steps
from reports.timeline import MOST_BINS, choose_bin, count_in_bins, make_timeline


def test_every_answer_is_in_one_bin(run_of: Callable[..., RunDirectory]) -> None:
    dataset = load_dataset(run_of(kind="queue", steps=(1, 5), hold_s=4.0))
    timeline = make_timeline(dataset, summarise_steps(dataset))
    assert timeline is not None
    assert timeline.bin_s == 1.0
    assert sum(timeline.ok_counts) == sum(int(step.samples.is_ok.sum()) for step in dataset.steps)
    assert [span.users for span in timeline.spans] == [1, 5]
    assert timeline.spans[0].start_s == 0


def test_the_providers_429s_are_counted(run_of: Callable[..., RunDirectory]) -> None:
    dataset = load_dataset(run_of(kind="rate_limited", steps=(1, 20), hold_s=4.0))
    timeline = make_timeline(dataset, summarise_steps(dataset))
    assert timeline is not None
    assert timeline.rate_limited_counts is not None
    assert sum(timeline.rate_limited_counts) > 0


def test_without_a_ledger_429s_are_not_known(run_of: Callable[..., RunDirectory]) -> None:
    run = run_of(kind="queue", steps=(1,), hold_s=2.0)
    run.file("provider.jsonl").unlink()
    dataset = load_dataset(run)
    timeline = make_timeline(dataset, summarise_steps(dataset))
    assert timeline is not None
    assert timeline.rate_limited_counts is None


def test_a_run_without_steps_has_no_timeline(run_of: Callable[..., RunDirectory]) -> None:
    run = run_of(kind="queue", steps=(1,), hold_s=2.0)
    for name in ("samples.jsonl", "events.jsonl"):
        run.file(name).unlink()
    assert make_timeline(load_dataset(run), []) is None


@pytest.mark.parametrize(("duration_s", "bin_s"), [(40, 1), (400, 1), (401, 2), (3600, 10), (500_000, 1250)])
def test_a_long_run_gets_wider_bins(duration_s: float, bin_s: float) -> None:
    assert choose_bin(duration_s) == bin_s
    assert duration_s / choose_bin(duration_s) <= MOST_BINS


def test_what_lies_outside_the_run_is_left_out() -> None:
    assert count_in_bins(np.array([9.0, 10.0, 10.5, 11.0, 13.5]), 10.0, 1.0, 3) == [2, 1, 0]
