"""The open loop in words and as a table.  Pure."""

from __future__ import annotations

from reports.step_table import Table
from reports.units import (
    MISSING,
    format_count,
    format_number,
    format_rate,
    format_seconds,
    format_users,
    plural,
)
from reports.verdict import ArrivalStep, OpenLoop, StepSummary, Verdict


def say_open_loop(verdict: Verdict) -> list[str]:
    """What the arrivals showed, a sentence each; the last compares with users who wait."""
    if verdict.open_loop is None:
        return []
    said = [_say_step(step) for step in verdict.open_loop.steps]
    flattery = _say_flattery(verdict, verdict.open_loop)
    return [*said, flattery] if flattery else said


def _say_step(step: ArrivalStep) -> str:
    fate = {
        True: "sustained",
        False: "not sustained: the queue grew",
        None: "too few to tell whether sustained",
    }
    lost = f"; {plural(step.unanswered_count, 'request')} cut off" if step.unanswered_count else ""
    late = f"; {plural(step.late_count, 'request')} sent over 50 ms late" if step.late_count else ""
    times = ", ".join(f"{name} {format_seconds(value)}" for name, value in _percentiles(step))
    return (
        f"Open loop, {format_rate(step.arrivals_per_s)}: {times} from the due time; "
        f"{fate[step.is_sustained]}{lost}{late}."
    )


def _say_flattery(verdict: Verdict, open_loop: OpenLoop) -> str | None:
    """By how much percentiles of users who wait are too good for traffic that does not."""
    last = open_loop.steps[-1]
    closed = next((step for step in verdict.steps if step.index == open_loop.compared_index), None)
    if closed is None or closed.throughput_per_s is None:
        return None
    pairs = [
        (name, opened_s / closed_s)
        for (name, opened_s), (_, closed_s) in zip(_percentiles(last), _percentiles(closed), strict=True)
        if opened_s is not None and closed_s
    ]
    if not pairs:
        return None
    times = ", ".join(f"{name} {format_seconds(value)}" for name, value in _percentiles(closed))
    ratios = ", ".join(f"{name} {format_number(ratio)} times" for name, ratio in pairs)
    return (
        f"Closed loop, {format_users(closed.users)} at {format_rate(closed.throughput_per_s)}: {times}. Traffic that "
        f"does not wait for answers takes {ratios} as long."
    )


def _percentiles(step: ArrivalStep | StepSummary) -> list[tuple[str, float | None]]:
    return [("p50", step.response_p50_s), ("p95", step.response_p95_s), ("p99", step.response_p99_s)]


def make_open_loop_table(open_loop: OpenLoop) -> Table:
    """A row a rate."""
    return Table(
        caption="Open loop: requests arrive by the clock (Poisson), whether or not those before are answered; times "
        "from the due time",
        columns=[
            "Arrivals",
            "Answers/s",
            "In flight",
            "p50",
            "p95",
            "p99",
            "Failed",
            "Cut off",
            "Late",
            "Sustained",
        ],
        rows=[
            [
                format_rate(step.arrivals_per_s),
                format_number(step.throughput_per_s),
                format_number(step.in_flight),
                *(format_seconds(value) for _, value in _percentiles(step)),
                *map(format_count, (step.failed_count, step.unanswered_count, step.late_count)),
                {True: "yes", False: "no", None: MISSING}[step.is_sustained],
            ]
            for step in open_loop.steps
        ],
    )
