"""Calls at the provider that outlive the answer they were made for.  Pure; joins ledger and invocations."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from reports.causes.situation import Situation
from reports.columns import match_keys
from reports.tables import INVOCATION_OUTCOMES

LATE_S = 0.02  # after the answer: clocks agree, but an answer is written down a little before it is sent


@dataclass(frozen=True, slots=True, kw_only=True)
class LateWork:
    """Good answers, and those of them with a call that ended after the answer."""

    answer_count: int
    count: int

    @property
    def ratio(self) -> float:
        return self.count / self.answer_count if self.answer_count else 0.0


def measure_late_work(situation: Situation) -> LateWork | None:
    """None without a ledger or without good answers."""
    attempts, invocations = situation.dataset.attempts, situation.dataset.invocations
    if attempts is None or not len(invocations):
        return None
    good = invocations.take(invocations.outcome == INVOCATION_OUTCOMES.index("ok"))
    if not len(good):
        return None
    rows, is_known = match_keys(good.trace_key, attempts.trace_key)
    answered_s = good.end_s[rows]
    ended_s = np.where(np.isnan(attempts.end_s), np.inf, attempts.end_s)
    is_late = is_known & (ended_s > answered_s + LATE_S)
    return LateWork(answer_count=len(good), count=len(np.unique(attempts.trace_key[is_late])))
