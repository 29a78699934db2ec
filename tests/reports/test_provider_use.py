from collections.abc import Callable

import pytest

from harness.run_directory import RunDirectory
from reports.analysis import analyse
from reports.details import with_details
from reports.provider_use import measure_calls_in_work, measure_calls_per_minute, read_bounds


def test_calls_are_counted_by_how_they_ended(run_of: Callable[..., RunDirectory]) -> None:
    steps = with_details(analyse(run_of(kind="rate_limited"))).verdict.steps
    last = steps[-1]
    assert last.calls is not None
    assert last.calls["rate_limited"] == last.rate_limited_count
    assert last.calls["rate_limited"] > last.calls["ok"] > 0
    assert last.retry_count is not None
    assert 0 < last.retry_count < sum(last.calls.values())


def test_without_a_ledger_calls_are_not_known(run_of: Callable[..., RunDirectory]) -> None:
    run = run_of(kind="queue")
    run.file("provider.jsonl").unlink()
    steps = with_details(analyse(run)).verdict.steps
    assert [(step.calls, step.retry_count) for step in steps] == [(None, None)] * len(steps)


def test_a_rate_limit_is_a_resource_once_it_refuses(run_of: Callable[..., RunDirectory]) -> None:
    resources = {
        kind: {one.id: one for one in with_details(analyse(run_of(kind=kind))).verdict.resources}
        for kind in ("rate_limited", "queue")
    }
    limit = resources["rate_limited"]["provider:rate"]
    assert limit.capacity == 1200
    assert limit.loads[-1].use_ratio == pytest.approx(1.0, abs=0.1)
    assert "provider:rate" not in resources["queue"]


@pytest.mark.parametrize(
    ("plan", "bounds"),
    [
        ({"capacity": {"slots": 20}, "limits": {"requests_per_minute": 600}}, (20.0, None)),
        ({"capacity": {"slots": 0}}, (None, None)),
        ({"capacity": "torn"}, (None, None)),
        ({}, (None, None)),
    ],
)
def test_only_bounds_that_are_there_count(
    run_of: Callable[..., RunDirectory], plan: dict[str, object], bounds: tuple[float | None, float | None]
) -> None:
    attempts = analyse(run_of(kind="healthy", steps=(1,))).dataset.attempts
    assert attempts is not None
    assert read_bounds(plan, attempts) == bounds


def test_calls_in_work_and_a_minute_are_means_over_the_stretch(run_of: Callable[..., RunDirectory]) -> None:
    dataset = analyse(run_of(kind="queue", steps=(5,))).dataset
    assert dataset.attempts is not None
    step = dataset.steps[0]
    assert measure_calls_in_work(dataset.attempts, step.start_s, step.end_s) == pytest.approx(5, rel=0.05)
    assert measure_calls_per_minute(dataset.attempts, step.start_s, step.end_s) == pytest.approx(
        3000, rel=0.1
    )
    assert measure_calls_in_work(dataset.attempts, step.end_s, step.end_s) == 0
