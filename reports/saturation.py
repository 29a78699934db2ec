"""Where throughput stops growing.  Pure: reads step summaries, draws nothing, knows no process.

The saturation point is N* = highest throughput x response time of one user alone.  It comes out of a posterior over
candidate curves (reports.posterior), so it has an interval, and it is withheld where the steps do not carry it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np

from harness.settings import MAX_USERS, UPWARD
from reports.informative_users import INTERVAL_MASS, MARGIN, STEP_NOISE, SURE, Choice, choose_users
from reports.posterior import Observation, Posterior, fit_posterior
from reports.verdict import Saturation, StepSummary

WIDEST_STEP_ERROR = 1.0  # of ln X: however few completed, the order of magnitude is known
NOTHING_ENDED_COUNT = 0.5  # completions that stand for none at all
WIDEST_INTERVAL_RATIO = 1.75  # beyond this the point is more than 10 % off too often to be claimed
GOOD_EFFICIENCY = 0.8
CHANCE_Z = 3.09  # one in a thousand
FEWEST_STEPS = 2
FEW_COMPLETIONS = 20
PATIENCE_RESPONSES = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ThroughputCurve:
    """Throughput over users as the posterior has it: median and 95 % band."""

    users: Sequence[float]
    throughput_per_s: Sequence[float]
    low_per_s: Sequence[float]
    high_per_s: Sequence[float]


def find_saturation_point(steps: Sequence[StepSummary]) -> Saturation:
    """Locate the load beyond which more users bring no more throughput.

    steps: in any order; repeats of a number of users count as measured twice.  Too few steps or good completions, a
    bad fit or too wide an interval give an undecided answer that says why and what to run next.
    """
    steps, measured = _telling(steps), steps
    posterior = _fit(steps)
    if posterior is None:
        return _unfitted(measured)
    largest = max(step.users for step in steps)
    inside = posterior.probability_below(largest / MARGIN)
    if _is_bad_fit(posterior):
        return _undecided(steps, posterior, "the measured steps contradict each other or fit no known curve")
    if inside <= 1 - SURE:
        return _not_reached(steps, posterior, inside)
    if inside < SURE:
        return _undecided(
            steps, posterior, f"saturation may lie within the steps tested or beyond {largest} users"
        )
    return _saturated(steps, posterior, inside)


def choose_next_step(
    steps: Sequence[StepSummary],
    *,
    most: int = MAX_USERS,
    asked: int | None = None,
    hints: Sequence[int] = (),
) -> Choice | None:
    """The step that would tell most about the saturation point; None when its interval is tight.

    For the arguments see ``choose_users``.
    """
    telling = _telling(steps)
    posterior = _fit(telling)
    if posterior is None:
        first = _first_step(steps)
        return None if first is None or first > most else Choice(users=first)
    return choose_users(posterior, tested=_users_of(telling), most=most, asked=asked, hints=hints)


def find_interval(steps: Sequence[StepSummary]) -> tuple[float, float] | None:
    """Between what numbers of users the point lies with 95 %, however wide; None when nothing can be fitted."""
    posterior = _fit(_telling(steps))
    return None if posterior is None else posterior.shortest_interval(INTERVAL_MASS)


def with_efficiency(steps: Sequence[StepSummary], saturation: Saturation) -> list[StepSummary]:
    """The steps with throughput x base response time / users filled in, where both are known."""
    base_s = saturation.base_response_s
    return [
        msgspec.structs.replace(step, efficiency=_efficiency(step, base_s)) if base_s is not None else step
        for step in steps
    ]


def draw_curve(steps: Sequence[StepSummary], *, points: int = 60) -> ThroughputCurve | None:
    """Throughput over users, from one user to a third beyond the largest step; None when nothing can be fitted."""
    steps = _telling(steps)
    posterior = _fit(steps)
    if posterior is None:
        return None
    # Whole users only: a queue with 2.5 customers is not defined.
    users = np.unique(np.round(np.geomspace(1.0, 1.33 * max(step.users for step in steps), points)))
    curves = posterior.log_throughput(users)
    low, middle, high = (
        [math.exp(posterior.quantile_of(column, q)) for column in curves.T] for q in (0.025, 0.5, 0.975)
    )
    return ThroughputCurve(users=users.tolist(), throughput_per_s=middle, low_per_s=low, high_per_s=high)


# ---- what is known ----


def _telling(steps: Sequence[StepSummary]) -> list[StepSummary]:
    """Closed-loop steps that say something of their own.

    A window in which nothing ended, shorter than a few answers take, tells nothing; nor does a step that was not steady
    once it was repeated and was.
    """
    steps = [step for step in steps if step.arrivals_per_s is None]
    steady = {step.users for step in steps if step.is_steady}
    steps = [step for step in steps if step.is_steady is not False or step.users not in steady]
    responses_s = [step.response_mean_s for step in steps if step.response_mean_s is not None]
    patience_s = PATIENCE_RESPONSES * min(responses_s, default=0.0)
    return [step for step in steps if step.throughput_per_s or step.window_s > patience_s]


def _fit(telling: Sequence[StepSummary]) -> Posterior | None:
    """None when nothing ended well, or fewer than two numbers of users were measured."""
    if len({step.users for step in telling}) < FEWEST_STEPS or not any(
        step.throughput_per_s for step in telling
    ):
        return None
    return fit_posterior([_observe(step) for step in telling])


def _observe(step: StepSummary) -> Observation:
    if not step.throughput_per_s:
        log_throughput, error = math.log(NOTHING_ENDED_COUNT / step.window_s), WIDEST_STEP_ERROR
    else:
        log_throughput = math.log(step.throughput_per_s)
        error = (step.throughput_se_per_s or 0.0) / step.throughput_per_s
    error = min(math.hypot(error, STEP_NOISE), WIDEST_STEP_ERROR)
    return Observation(users=step.users, log_throughput=log_throughput, variance=error**2)


def _is_bad_fit(posterior: Posterior) -> bool:
    """Whether chance explains the best curve's misfit in less than one of a thousand cases (Wilson-Hilferty)."""
    degrees = posterior.degrees_of_freedom
    spread = 2 / (9 * degrees)
    limit = degrees * (1 - spread + CHANCE_Z * math.sqrt(spread)) ** 3
    return posterior.chi2 > limit


def _efficiency(step: StepSummary, base_s: float) -> float | None:
    return None if step.throughput_per_s is None else step.throughput_per_s * base_s / step.users


# ---- verdicts ----


def _saturated(steps: Sequence[StepSummary], posterior: Posterior, inside: float) -> Saturation:
    first = min(step.users for step in steps)
    low, high = posterior.shortest_interval(INTERVAL_MASS)
    is_tight = high / low <= WIDEST_INTERVAL_RATIO
    from_first = posterior.probability_below(first * MARGIN) >= SURE
    if not is_tight and not from_first:
        words = f"the 95 % interval, {low:.3g} to {high:.3g} users, is too wide"
        return _undecided(steps, posterior, words)
    rates = posterior.log_users + posterior.log_rate
    return _make(
        steps,
        posterior,
        status="saturated_from_first_step" if from_first else "saturated",
        users=posterior.users_at(0.5) if is_tight else None,
        interval=(low, high),
        max_throughput_per_s=math.exp(posterior.quantile_of(rates, 0.5)),
        probability=inside,
        base_is_known=is_tight,
    )


def _not_reached(steps: Sequence[StepSummary], posterior: Posterior, inside: float) -> Saturation:
    return _make(
        steps,
        posterior,
        status="not_reached",
        max_throughput_per_s=_highest(steps),
        lower_bound_users=posterior.users_at(1 - SURE),
        probability=inside,
    )


def _unfitted(steps: Sequence[StepSummary]) -> Saturation:
    return Saturation(
        status="undecided",
        users=None,
        interval=None,
        max_throughput_per_s=_highest(steps),
        safe_users=None,
        next_step=_first_step(steps),
        reason=_too_little(steps),
    )


def _undecided(steps: Sequence[StepSummary], posterior: Posterior, reason: str) -> Saturation:
    return _make(
        steps,
        posterior,
        status="undecided",
        max_throughput_per_s=_highest(steps),
        probability=posterior.probability_below(max(step.users for step in steps) / MARGIN),
        reason=reason + _weak_steps(steps),
    )


def _make(
    steps: Sequence[StepSummary], posterior: Posterior, *, base_is_known: bool = True, **known: Any
) -> Saturation:
    base_s = math.exp(-posterior.quantile_of(posterior.log_rate, 0.5)) if base_is_known else None
    blank: dict[str, Any] = {"users": None, "interval": None}
    return Saturation(
        **{**blank, **known},
        safe_users=_safe_users(steps, base_s),
        next_step=_choose(steps, posterior),
        base_response_s=base_s,
        chi2_per_dof=posterior.chi2 / posterior.degrees_of_freedom,
    )


def _highest(steps: Sequence[StepSummary]) -> float | None:
    return max((step.throughput_per_s for step in steps if step.throughput_per_s is not None), default=None)


def _safe_users(steps: Sequence[StepSummary], base_s: float | None) -> int | None:
    """The largest step that still has most of what its users would bring alone; None when there is none."""
    if base_s is None:
        return None
    return max(
        (step.users for step in steps if (_efficiency(step, base_s) or 0.0) >= GOOD_EFFICIENCY), default=None
    )


def _too_little(steps: Sequence[StepSummary]) -> str:
    if not steps:
        return "no step was measured"
    if not any(step.throughput_per_s for step in steps):
        return "no request ended well in any step"
    return f"fewer than {FEWEST_STEPS} numbers of users were measured long enough to tell anything"


def _weak_steps(steps: Sequence[StepSummary]) -> str:
    """What would make the same steps say more."""
    unsteady = [str(step.users) for step in steps if step.is_steady is False]
    few = [f"{step.users} ({step.ok_count})" for step in steps if step.ok_count < FEW_COMPLETIONS]
    parts = [
        f"; not steady: {', '.join(unsteady)} users" if unsteady else "",
        f"; few good answers: {', '.join(few)} users" if few else "",
    ]
    return "".join(parts)


# ---- what to run next ----


def _first_step(steps: Sequence[StepSummary]) -> int | None:
    """Where nothing can be fitted: the other end of the ladder."""
    users = {step.users for step in steps}
    if 1 not in users:
        return 1
    return min(UPWARD * max(users), MAX_USERS) if any(step.throughput_per_s for step in steps) else None


def _choose(steps: Sequence[StepSummary], posterior: Posterior) -> int | None:
    choice = choose_users(posterior, tested=_users_of(steps))
    return None if choice is None else choice.users


def _users_of(steps: Sequence[StepSummary]) -> list[int]:
    return [step.users for step in steps]
