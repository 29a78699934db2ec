from collections.abc import Callable

import numpy as np
import pytest
from synthetic_run import write_stream

from harness.records import Sample
from harness.run_directory import RunDirectory
from reports.dataset import StepData, load_dataset
from reports.steps import summarise_step, summarise_steps
from reports.tables import bare_samples

Make = Callable[..., RunDirectory]


def step_of(
    start_s: np.ndarray, end_s: np.ndarray, *, ok: object = True, users: int = 1, hold_s: float = 10
) -> StepData:
    is_ok = np.broadcast_to(np.asarray(ok, dtype=bool), start_s.shape)
    samples = bare_samples(start_s, end_s, is_ok)
    return StepData(
        index=0, users=users, start_s=0.0, end_s=hold_s, drained_s=None, samples=samples, is_complete=True
    )


def test_throughput_and_percentiles_are_of_good_answers_after_the_warmup() -> None:
    start_s = np.arange(0.0, 12.0, 0.5)
    step = step_of(start_s, start_s + 0.5, ok=np.arange(len(start_s)) % 4 != 3)
    found = summarise_step(step)
    assert (found.warmup_s, found.window_s) == (0.5, 9.5)
    assert (found.sample_count, found.ok_count, found.error_count) == (19, 14, 5)
    assert found.throughput_per_s == pytest.approx(14 / 9.5, rel=0.05)
    assert found.response_p50_s == found.response_p99_s == 0.5
    assert found.error_ratio == pytest.approx(5 / 19)
    assert found.errors == {"error": 5}


def test_nothing_ended_is_none_not_zero() -> None:
    found = summarise_step(step_of(np.array([0.0]), np.array([np.nan])))
    assert (found.throughput_per_s, found.response_p95_s, found.error_ratio) == (None, None, None)
    assert (found.sample_count, found.censored_count) == (0, 1)


def test_a_step_without_samples_is_none() -> None:
    found = summarise_step(step_of(np.empty(0), np.empty(0)))
    assert found.throughput_per_s is None and found.sample_count == 0


def test_users_in_lock_step_are_not_rounded_to_whole_generations() -> None:
    """50 users answered all at once every 3.5 s: 2 or 3 generations fit, 2.86 are due."""
    start_s = np.repeat(np.arange(0.0, 10.0, 3.5), 50)
    found = summarise_step(step_of(start_s, start_s + 3.5, users=50))
    assert found.throughput_per_s == pytest.approx(50 / 3.5)


def test_without_the_answers_after_the_end_completions_are_counted_whole() -> None:
    start_s = np.repeat(np.arange(0.0, 6.5, 3.0), 50)
    found = summarise_step(step_of(start_s, start_s + 3.0, users=50))
    assert found.throughput_per_s == pytest.approx(100 / 7)
    assert found.throughput_se_per_s is not None
    assert found.throughput_se_per_s > 0.14 * found.throughput_per_s


def test_a_step_that_changes_half_way_is_not_steady_and_less_sure() -> None:
    fast, slow = np.arange(0.0, 5.0, 0.05), np.arange(5.0, 10.5, 0.5)
    start_s, end_s = np.append(fast, slow), np.append(fast + 0.05, slow + 0.5)
    found = summarise_step(step_of(start_s, end_s))
    assert found.is_steady is False
    assert found.throughput_per_s is not None and found.throughput_se_per_s is not None
    assert found.throughput_se_per_s > 0.3 * found.throughput_per_s


def test_a_step_in_which_most_users_never_finished_is_not_steady() -> None:
    start_s = np.append(np.arange(0.0, 10, 0.1), np.zeros(9))
    end_s = np.append(np.arange(0.0, 10, 0.1) + 0.1, np.full(9, 30.0))
    found = summarise_step(step_of(start_s[np.argsort(start_s)], end_s[np.argsort(start_s)], users=10))
    assert found.is_steady is False and found.warmup_s == 5.0


def test_few_answers_are_too_few_to_call_steady() -> None:
    start_s = np.arange(0.0, 10.0, 0.5)
    assert summarise_step(step_of(start_s, start_s + 0.5)).is_steady is None


def test_a_healthy_run_is_steady_in_every_step(run_of: Make) -> None:
    steps = summarise_steps(load_dataset(run_of(kind="healthy")))
    assert [step.users for step in steps] == [1, 5, 20, 50]
    assert all(step.is_steady for step in steps)
    assert [step.rate_limited_count for step in steps] == [0, 0, 0, 0]
    assert all(step.attempts_per_request == 1 for step in steps)


def test_the_ledger_gives_429s_and_calls_per_request(run_of: Make) -> None:
    low, high = summarise_steps(load_dataset(run_of(kind="rate_limited", steps=(1, 50))))
    assert low.rate_limited_count == 0
    assert high.rate_limited_count is not None and high.rate_limited_count > 500
    assert high.attempts_per_request is not None and high.attempts_per_request > 1.5


def test_without_a_ledger_they_are_not_known(run_of: Make) -> None:
    run = run_of(kind="healthy", steps=(1,))
    run.file("provider.jsonl").unlink()
    run.file("generator.jsonl").unlink()
    (step,) = summarise_steps(load_dataset(run))
    assert step.rate_limited_count is None and step.attempts_per_request is None
    assert step.generator_cpu_ratio is None and step.generator_lag_s is None


def test_streams_give_the_time_to_the_first_token_and_between_tokens(run_of: Make) -> None:
    (step,) = summarise_steps(load_dataset(run_of(kind="healthy", steps=(5,), streaming=True)))
    assert step.first_token_p50_s == pytest.approx(0.04, rel=0.1)
    assert step.token_gap_p50_s == pytest.approx(0.06 / 19, rel=0.1)
    assert step.response_p50_s is not None and step.first_token_p95_s is not None
    assert step.first_token_p95_s < step.response_p50_s


def test_the_worst_of_several_generators_counts(run_of: Make) -> None:
    run = run_of(kind="generator", steps=(5,))
    data = load_dataset(run)
    write_stream(run.file("generator.jsonl"), [data.generator[0].__class__(
        step=0, worker=1, start_s=0.0, end_s=1.0, cpu_ratio=1.0, lag_p95_s=None
    )])  # fmt: skip
    (step,) = summarise_steps(load_dataset(run))
    assert step.generator_cpu_ratio == 1.0
    assert step.generator_lag_s is not None


def test_the_most_frequent_errors_come_first(run_of: Make) -> None:
    run = run_of(kind="healthy", steps=(2,), error_every=10)
    first = load_dataset(run).steps[0].samples
    middle_s = float(np.median(first.end_s))
    extra = Sample(
        trace_id="f" * 32, step=0, user=0, sequence=999, due_s=middle_s, start_s=middle_s, end_s=middle_s + 0.01,
        outcome="error", error="rare",
    )  # fmt: skip
    write_stream(run.file("samples.jsonl"), [extra])
    (step,) = summarise_steps(load_dataset(run))
    assert list(step.errors) == ["ValueError: no answer in the model's reply", "rare"]
    assert step.errors["rare"] == 1
