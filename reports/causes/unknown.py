"""unknown: throughput stopped growing, and nothing that was measured explains it.  Said rather than guessed.

Says at least on which side of the provider the time went, which states grew, and where tasks were seen waiting.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from reports.causes.await_places import find_await_places
from reports.causes.evidence import tell_growth
from reports.causes.ladder import Rungs, compare_rungs
from reports.causes.places import locate_site, say_location
from reports.causes.situation import Situation
from reports.dataset import StepData
from reports.tables import Attempts
from reports.units import format_answer_rate, format_seconds, format_users
from reports.verdict import Evidence, Finding

ID = "unknown"
MOST_PLACES = 3


def find_unknown(situation: Situation) -> Iterator[Finding]:
    """Always something for a saturated run: whoever asks drops it when another cause explains the point."""
    if not situation.is_saturated:
        return
    rungs = compare_rungs(situation)
    rate = format_answer_rate(situation.saturation.max_throughput_per_s)
    yield Finding(
        cause=ID,
        role="limit",
        confidence="low",
        share_of_growth=None,
        location=None,
        summary=f"Throughput stops growing at {rate}, and nothing that was measured explains why.",
        evidence=[
            *(_tell(situation, rungs) if rungs is not None else ()),
            *tell_growth(situation),
            *_tell_awaits(situation),
        ],
        fix="Look at what requests share: pools, locks, limiters, executors, one CPU. The table of steps shows what "
        "grew; a profile of the target at the largest step (py-spy dump) shows where it waits.",
    )


def _tell(situation: Situation, rungs: Rungs) -> Iterator[Evidence]:
    yield Evidence(
        text=f"A good answer took {format_seconds(rungs.low.response_mean_s)} with {format_users(rungs.low.users)} and "
        f"{format_seconds(rungs.high.response_mean_s)} with {format_users(rungs.high.users)}.",
        source="load",
    )
    attempts = situation.dataset.attempts
    if attempts is None:
        return
    low_s, high_s = (provider_time_s(attempts, step) for step in (rungs.low_data, rungs.high_data))
    if low_s is not None and high_s is not None:
        yield Evidence(
            text=f"A call took the provider {format_seconds(low_s)} and {format_seconds(high_s)}.",
            source="provider",
        )


def _tell_awaits(situation: Situation) -> Iterator[Evidence]:
    """The await chains that grew most."""
    places = [place for place in find_await_places(situation) if place.grown_s > 0][:MOST_PLACES]
    named = [
        f"{say_location(locate_site(situation, place.site))} ({format_seconds(place.low_s)} and "
        f"{format_seconds(place.high_s)} a request, in {place.waits_in})"
        for place in places
    ]
    if named:
        yield Evidence(text=f"Tasks were seen waiting longer at {'; '.join(named)}.", source="target")


def provider_time_s(attempts: Attempts, step: StepData) -> float | None:
    """Mean time of an answered call at the provider, its queue included; None when none was answered."""
    during = (attempts.received_s >= step.start_s) & (attempts.received_s <= step.end_s)
    good = attempts.take(during & attempts.is_outcome("ok") & ~np.isnan(attempts.end_s))
    return float(np.mean(good.end_s - good.received_s)) if len(good) else None
