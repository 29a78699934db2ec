"""growing_state: prompt or work grows with every request served, and with it cost and latency.  Wrong at any load.

Looks at the first call of each invocation in the order they were served: an agent's prompt grows within one invocation
and starts anew with the next.  A history that is trimmed stops growing and is no cause.  Where prompts do not grow,
what an answer costs may: of a list that each request extends and goes through.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from reports.causes.cause import rate_confidence
from reports.causes.evidence import tell
from reports.causes.exchange_places import locate_exchange
from reports.causes.growing_work import GrowingWork, StepCost, find_growing_work
from reports.causes.kept_state import GrowingState, find_growing_variable
from reports.causes.places import locate_site, say_location
from reports.causes.situation import Situation
from reports.columns import Floats, Integers, match_keys
from reports.tables import Attempts
from reports.units import format_count, format_number, format_ratio, format_seconds, format_users, plural
from reports.verdict import Evidence, Finding

ID = "growing_state"
CHAT = "chat.completions"
FEWEST_CALLS = 30  # of one kind; with fewer a trend is chance
GROWN_RATIO = 2.0  # last tenth of a series to its first: less may be a longer question
STILL_RATIO = 0.25  # of the slope of the whole, kept in the last third: it has not stopped
STEADILY = 0.8  # rank correlation of prompt size with the order of serving
MUCH_RATIO = 4.0
LEAST_SHARE = 0.05  # of the growth: less is not worth claiming
TENTH = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Trend:
    """How the size of prompts went over the run."""

    by: str  # "requests served" or "requests of one user"
    first_chars: float
    last_chars: float
    per_request_chars: float
    correlation: float
    count: int


def find_growing_state(situation: Situation) -> Iterator[Finding]:
    trend = find_trend(situation)
    if trend is not None:
        yield _describe_prompts(situation, trend)
        return
    work = find_growing_work(situation)
    if work is not None and work.again is not None:
        yield _describe_work(situation, work, *work.again)


def _describe_prompts(situation: Situation, trend: Trend) -> Finding:
    kept = find_growing_variable(situation)
    location = locate_exchange(situation) or locate_site(situation, kept.site if kept else None)
    ratio = trend.last_chars / max(trend.first_chars, 1.0)
    return Finding(
        cause=ID,
        role="defect",
        confidence=rate_confidence(None, is_proven=ratio >= MUCH_RATIO or trend.correlation > 0.95),
        share_of_growth=_share_of_growth(situation),
        location=location,
        summary=f"Prompts grow with {trend.by}: from {format_count(round(trend.first_chars))} to "
        f"{format_count(round(trend.last_chars))} characters during the run, and they have not stopped.",
        evidence=list(_tell(situation, trend, kept)),
        fix="Keep only what the next answer needs: trim or summarise the history (trim_messages, a window of the last "
        "messages, a summary), keep it per session and drop it when the session ends, and reset lists and caches that "
        "live as long as the process.",
    )


def _describe_work(situation: Situation, work: GrowingWork, before: StepCost, after: StepCost) -> Finding:
    first, last = work.costs[0], work.costs[-1]
    location = locate_site(situation, work.kept.site)
    name = f"`{work.kept.name}`"
    return Finding(
        cause=ID,
        role="defect",
        confidence=rate_confidence(None, is_proven=work.ratio >= MUCH_RATIO),
        share_of_growth=None,
        location=location,
        summary=f"Work grows with requests served: an answer took {format_seconds(first.cpu_s)} of CPU early in the "
        f"run and {format_seconds(last.cpu_s)} at its end, while {name}, extended at {say_location(location)}, grew "
        f"from {format_count(work.kept.first)} to {format_count(work.kept.last)} items.",
        evidence=[
            tell(
                f"It is not the users: with {format_users(before.users)} an answer took {format_seconds(before.cpu_s)} "
                f"of CPU, and later, with {format_users(after.users)}, {format_seconds(after.cpu_s)}."
            ),
            tell(
                f"CPU per answer follows the size of {name} (correlation {format_number(work.correlation)} over "
                f"{plural(len(work.costs), 'step')})."
            ),
        ],
        fix=f"Bound {name}: drop what a request added when it ends, look entries up by key instead of going through "
        "all of them, or keep them outside of the process.",
    )


def _share_of_growth(situation: Situation) -> float | None:
    """The provider's time for longer prompts; None when response time did not grow by it."""
    growth = situation.growth
    if growth is None or not growth.is_enough:
        return None
    share = growth.share("provider", "provider_queue")
    return min(1.0, share) if share >= LEAST_SHARE else None


def find_trend(situation: Situation) -> Trend | None:
    """The growth of prompts over the run, whichever order shows it more clearly; None when they do not grow."""
    attempts = situation.dataset.attempts
    if attempts is None:
        return None
    rows = _first_chats(attempts, until_s=_end_of_steps(situation))
    if len(rows) < FEWEST_CALLS:
        return None
    sizes = attempts.prompt_chars[rows].astype(float)
    if sizes.max() < GROWN_RATIO * sizes.min():
        return None
    served = np.arange(len(rows), dtype=float)
    turns = _turns(situation, attempts.trace_key[rows])
    candidates = [_find_growth(sizes, served, "requests served")]
    if turns is not None:
        candidates.append(_find_growth(sizes, turns, "requests of one user"))
    growing = [trend for trend in candidates if trend is not None]
    return max(growing, key=lambda trend: trend.correlation, default=None)


def _end_of_steps(situation: Situation) -> float:
    """What the provider is asked later on belongs to no step, such as the comparison with the probes taken out."""
    return max((step.drained_s or step.end_s for step in situation.dataset.steps), default=0.0)


def _first_chats(attempts: Attempts, *, until_s: float) -> Integers:
    """Rows of the first call of each invocation that is known, in order of arrival."""
    wanted = (
        (attempts.received_s <= until_s)
        & (attempts.prompt_chars >= 0)
        & (attempts.trace_key >= 0)
        & (attempts.retry_count <= 0)
    )
    if CHAT in attempts.endpoints:
        wanted &= attempts.endpoint == attempts.endpoints.index(CHAT)
    rows = np.flatnonzero(wanted)
    _, first = np.unique(attempts.trace_key[rows], return_index=True)
    return np.asarray(rows[np.sort(first)])


def _turns(situation: Situation, keys: Integers) -> Floats | None:
    """How many requests the user had sent before; None when that is not known of every call."""
    invocations = situation.dataset.invocations
    if not len(invocations):
        return None
    rows, is_known = match_keys(invocations.trace_key, keys)
    return invocations.sequence[rows].astype(float) if is_known.all() else None


def _find_growth(sizes: Floats, order: Floats, by: str) -> Trend | None:
    """How sizes grow in that order; None when they do not, or have stopped.  The dearest question comes last."""
    ranked = sizes[np.argsort(order, kind="stable")]
    tenth = max(1, len(ranked) // TENTH)
    first_chars, last_chars = float(np.mean(ranked[:tenth])), float(np.mean(ranked[-tenth:]))
    if last_chars < GROWN_RATIO * first_chars:
        return None
    positions = np.sort(order)
    last_third = slice(2 * len(ranked) // 3, None)
    slope = _slope(positions, ranked)
    if slope <= 0 or _slope(positions[last_third], ranked[last_third]) < STILL_RATIO * slope:
        return None
    correlation = _rank_correlation(order, sizes)
    if correlation < STEADILY:
        return None
    return Trend(
        by=by,
        first_chars=first_chars,
        last_chars=last_chars,
        per_request_chars=slope,
        correlation=correlation,
        count=len(ranked),
    )


def _slope(x: Floats, y: Floats) -> float:
    spread = float(np.var(x))
    return float(np.mean((x - x.mean()) * (y - y.mean()))) / spread if spread > 0 else 0.0


def _rank_correlation(x: Floats, y: Floats) -> float:
    """Spearman's, ties with their mean rank; 0 when one does not vary."""
    ranks = [_mean_ranks(values) for values in (x, y)]
    if min(float(np.std(one)) for one in ranks) == 0.0:
        return 0.0
    return float(np.corrcoef(ranks[0], ranks[1])[0, 1])


def _mean_ranks(values: Floats) -> Floats:
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    return np.asarray((ends - (counts - 1) / 2.0)[inverse])


def _tell(situation: Situation, trend: Trend, kept: GrowingState | None) -> Iterator[Evidence]:
    yield tell(
        f"Over {format_count(trend.count)} requests the first prompt of a request grew by "
        f"{format_number(trend.per_request_chars)} characters for each of the {trend.by} (rank correlation "
        f"{format_number(trend.correlation)}).",
        "provider",
    )
    if kept is not None:
        place = locate_site(situation, kept.site)
        at = f" at {place.file}:{place.line}" if place else ""
        yield tell(
            f"`{kept.name}`{at} held {format_count(kept.first)} items early in the run, {format_count(kept.last)} at "
            "its end."
        )
    share = _share_of_growth(situation)
    if share:
        yield tell(f"The provider's time for these prompts is {format_ratio(share)} of the added time.")
