"""What the provider saw during a step: how much, how fast, how often it refused.  Pure; from its ledger."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from reports.causes.situation import Situation
from reports.columns import Floats, Integers
from reports.dataset import StepData
from reports.tables import Attempts

TOO_MANY_REQUESTS = 429


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderLoad:
    """One step; None where nothing was counted."""

    attempt_count: int
    rate_limited_count: int
    service_mean_s: float | None  # of good answers, queue left out
    queue_mean_s: float | None
    busy_mean: float | None  # calls in work at a time
    attempts_per_request: float | None
    widest_mean: float | None  # the most calls one invocation had open at a time, mean over invocations
    prompt_tokens_mean: float | None
    connection_count: int
    new_connection_ratio: float | None  # of attempts, those that opened a connection


def read_provider_load(situation: Situation, step: StepData | None) -> ProviderLoad | None:
    """None without a ledger, or without the step."""
    attempts = situation.dataset.attempts
    if attempts is None or step is None:
        return None
    return measure_load(attempts.take(_during(attempts, step)), step)


def measure_load(attempts: Attempts, step: StepData) -> ProviderLoad:
    ended = attempts.take(~np.isnan(attempts.end_s))
    good = ended.take(ended.is_outcome("ok"))
    open_s = np.minimum(np.nan_to_num(attempts.end_s, nan=step.end_s), step.end_s) - attempts.received_s
    widths = widest_per_invocation(attempts)
    count, requests = len(attempts), len(step.samples)
    return ProviderLoad(
        attempt_count=count,
        rate_limited_count=int(np.sum(attempts.status == TOO_MANY_REQUESTS)),
        service_mean_s=float(np.mean(good.end_s - good.received_s - good.queued_s)) if len(good) else None,
        queue_mean_s=float(np.mean(good.queued_s)) if len(good) else None,
        busy_mean=float(np.sum(np.maximum(open_s, 0))) / step.hold_s if step.hold_s > 0 else None,
        attempts_per_request=count / requests if requests else None,
        widest_mean=float(np.mean(widths)) if len(widths) else None,
        prompt_tokens_mean=_mean_of_known(good.prompt_tokens),
        connection_count=len(np.unique(attempts.connection)),
        new_connection_ratio=float(np.mean(attempts.connection_request == 0)) if count else None,
    )


def _mean_of_known(values: Integers) -> float | None:
    known = values[values >= 0]
    return float(np.mean(known)) if len(known) else None


def widest_per_invocation(attempts: Attempts) -> Floats:
    """For each invocation that called the provider, the most calls it had open at one time."""
    known = attempts.take(attempts.trace_key >= 0)
    if not len(known):
        return np.empty(0)
    ends = np.nan_to_num(known.end_s, nan=np.inf)
    moments = np.concatenate([known.received_s, ends])
    change = np.concatenate([np.ones(len(known)), -np.ones(len(known))])
    _, owner = np.unique(known.trace_key, return_inverse=True)
    owners = np.concatenate([owner, owner])
    order = np.lexsort((change, moments, owners))  # at the same moment an end comes before a begin
    owners, change = owners[order], change[order]
    running = np.cumsum(change)  # every invocation comes back to 0, so one sum serves all
    widest = np.zeros(int(owner.max()) + 1)
    np.maximum.at(widest, owners, running)
    return widest


def _during(attempts: Attempts, step: StepData) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    return np.asarray((attempts.received_s >= step.start_s) & (attempts.received_s <= step.end_s))
