"""What clients did after the provider refused them: how long they waited, how often they came back.  Pure.

Reads the provider's ledger alone; attempts of one invocation are joined by their trace id.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reports.columns import Floats
from reports.dataset import StepData
from reports.tables import Attempts

TOO_MANY_REQUESTS = 429
EARLY_RATIO = 0.9  # of what retry-after asked for


@dataclass(frozen=True, slots=True, kw_only=True)
class BackOff:
    """One step.  Means are per good answer of the step's window; None when there was none."""

    attempt_count: int
    refused_count: int  # answered with 429
    mean_wait_s: float | None  # between a refusal and the next attempt of the same invocation
    mean_attempts: float | None
    mean_accepted: float | None  # attempts that were not refused
    told_count: int  # refusals that said when to come back, and were followed by another attempt
    early_count: int  # of these, came back before

    @property
    def refused_ratio(self) -> float:
        return self.refused_count / self.attempt_count if self.attempt_count else 0.0


def measure_back_off(attempts: Attempts, step: StepData, *, warmup_s: float) -> BackOff:
    """Attempts of the step and, for the means, of its good answers after the warm-up."""
    during = (attempts.received_s >= step.start_s) & (attempts.received_s <= step.end_s)
    own = attempts.take(during)
    own = own.take(np.lexsort((own.received_s, own.trace_id)))
    waits_s = _waits_after_refusal(own)
    samples = step.samples
    good = samples.take(
        samples.is_ok & (samples.end_s > step.start_s + warmup_s) & (samples.end_s <= step.end_s)
    )
    of_good = np.isin(own.trace_id, good.trace_id) & (own.trace_id != b"")
    told = ~np.isnan(waits_s) & ~np.isnan(own.retry_after_s)
    return BackOff(
        attempt_count=len(own),
        refused_count=int(np.sum(_is_refused(own))),
        mean_wait_s=float(np.nansum(waits_s[of_good])) / len(good) if len(good) else None,
        mean_attempts=float(np.sum(of_good)) / len(good) if len(good) else None,
        mean_accepted=float(np.sum(of_good & ~_is_refused(own))) / len(good) if len(good) else None,
        told_count=int(np.sum(told)),
        early_count=int(np.sum(waits_s[told] < EARLY_RATIO * own.retry_after_s[told])),
    )


def _is_refused(attempts: Attempts) -> NDArray[np.bool_]:
    return np.asarray(attempts.status == TOO_MANY_REQUESTS)


def _waits_after_refusal(attempts: Attempts) -> Floats:
    """For each attempt (sorted by invocation and time) that was refused and followed by another: the time between."""
    waits_s = np.full(len(attempts), np.nan)
    if len(attempts) < 2:
        return waits_s
    followed = (attempts.trace_id[1:] == attempts.trace_id[:-1]) & (attempts.trace_id[1:] != b"")
    followed &= _is_refused(attempts)[:-1]
    between_s = np.maximum(attempts.received_s[1:] - attempts.end_s[:-1], 0.0)
    waits_s[:-1][followed] = between_s[followed]
    return waits_s
