"""slow_stream_consumer: a token callback, or whoever reads the stream, holds it back.

Two forms: the callback of every token needs a thread (a sync handler is one piece of executor work a token), so that
tokens wait for threads; or the consumer takes so long for each part that the stream is mostly waiting for it.
"""

from __future__ import annotations

from collections.abc import Iterator

from reports.attribution.breakdown import Breakdown
from reports.attribution.growth import Growth
from reports.attribution.state import PROVIDER
from reports.causes.bottleneck import Bottleneck, find_bottlenecks
from reports.causes.cause import LISTED_SHARE, rate_confidence
from reports.causes.evidence import tell, tell_holders, tell_law, tell_wait
from reports.causes.loop_load import read_loop_load
from reports.causes.places import locate_site, say_location
from reports.causes.situation import Situation
from reports.units import format_ratio, format_seconds, format_users
from reports.verdict import Evidence, Finding

ID = "slow_stream_consumer"
TOKEN_CALLBACK = "on_llm_new_token"  # noqa: S105 - LangChain's name of the event
MOST_OF_THE_TIME = 0.5  # of an answer, in the consumer, already with few users
KIND = "stream_consumer"
CONSUMING = (KIND, "sleep", "thread", "step", "lock_wait")  # what a consumer may do with a part
BUSY_LOOP = 0.85
MOSTLY_STREAMS = 0.5  # of the calls


def find_slow_stream_consumer(situation: Situation) -> Iterator[Finding]:
    found = list(_find_callback_threads(situation)) or list(_find_growth(situation))
    yield from found or _find_steady(situation)


def _find_callback_threads(situation: Situation) -> Iterator[Finding]:
    """Threads held by token callbacks; what the stream stands still while they run belongs to it."""
    growth = situation.growth
    for found in find_bottlenecks(situation, "executor_wait"):
        frames = situation.recording.frames(found.held_at if found.held_at is not None else -1)
        if not any(frame.function.endswith(TOKEN_CALLBACK) for frame in frames):
            continue
        yield _make(
            situation,
            found.held_at,
            share=found.share + (growth.share(KIND) if growth is not None else 0.0),
            is_proven=found.is_proven,
            evidence=[tell_wait(situation, found), *tell_holders(situation, found), *tell_law(found)],
            bottleneck=found,
        )


def _find_growth(situation: Situation) -> Iterator[Finding]:
    growth = situation.growth
    if growth is None or not situation.explains_growth:
        return
    share = growth.share(KIND)
    is_busy = (read_loop_load(situation, situation.high).busy_ratio or 0.0) >= BUSY_LOOP
    if share >= LISTED_SHARE and not is_busy:  # of a busy loop every consumer is slow
        site = next((site for site, _ in growth.by_site(KIND) if site >= 0), None)
        yield _make(situation, site, share=share, is_proven=True, evidence=list(_tell_growth(growth)))


def _find_steady(situation: Situation) -> Iterator[Finding]:
    """A consumer that takes most of every answer, at any load: the provider is long done when the stream ends."""
    low = min(situation.breakdowns.values(), key=lambda one: one.users, default=None)
    if low is None or low.response_s <= 0 or not _streams(situation):
        return
    if held_back_s(low) < MOST_OF_THE_TIME * low.response_s:
        return
    site = main_consumer(low)
    if site is not None:
        yield _make(situation, site, share=None, is_proven=True, evidence=list(_tell_steady(low)))


def _streams(situation: Situation) -> bool:
    """Whether answers of the provider are streams; a plain one that is read late waits for the processor."""
    attempts = situation.dataset.attempts
    return attempts is not None and len(attempts) > 0 and float(attempts.is_stream.mean()) >= MOSTLY_STREAMS


def held_back_s(breakdown: Breakdown) -> float:
    """How much longer exchanges with the provider were open than the provider needed; per invocation."""
    holds = breakdown.holders.get(("connection", PROVIDER))
    if holds is None:
        return 0.0
    needed_s = sum(
        seconds
        for state, seconds in breakdown.lengths.items()
        if state.kind in ("provider", "provider_queue")
    )
    return max(0.0, holds.held_s - needed_s)


def main_consumer(breakdown: Breakdown) -> int | None:
    """The place of the user's at which most time passed while an exchange was open.

    None when that explains little of it: then it waits for the processor, or for what libraries do.
    """
    holds = breakdown.holders.get(("connection", PROVIDER))
    contents = holds.contents if holds is not None else {}
    own = {
        state: seconds for state, seconds in contents.items() if state.site >= 0 and state.kind in CONSUMING
    }
    if not own or sum(own.values()) < MOST_OF_THE_TIME * held_back_s(breakdown):
        return None
    return max(own, key=lambda state: own[state]).site


def _make(
    situation: Situation,
    site: int | None,
    *,
    share: float | None,
    is_proven: bool,
    evidence: list[Evidence],
    bottleneck: Bottleneck | None = None,
) -> Finding:
    location = locate_site(situation, site)
    place = say_location(location)
    what = (
        f"{format_ratio(min(share, 1.0))} of the added time" if share is not None else "Most of every answer"
    )
    how = "is tokens waiting for a thread to run" if bottleneck else "is the stream waiting for"
    return Finding(
        cause=ID,
        role="limit" if share is not None else "defect",
        confidence=rate_confidence(share, is_proven=is_proven),
        share_of_growth=None if share is None else min(share, 1.0),
        location=location,
        summary=f"{what} {how} {place}.",
        evidence=evidence,
        fix=f"Do less for each token in {place}: collect tokens and handle them in larger parts, or put them "
        "on a queue that another task empties. Make a token handler an AsyncCallbackHandler that awaits; a sync one "
        "takes a thread of the default executor for every token.",
        proof=bottleneck.proof if bottleneck else None,
        stack=list(situation.recording.frames(site)) if site is not None else [],
    )


def _tell_growth(growth: Growth) -> Iterator[Evidence]:
    yield tell(
        f"The stream stood still for {format_seconds(growth.low.of_kind(KIND))} of an answer with "
        f"{format_users(growth.low.users)} and {format_seconds(growth.high.of_kind(KIND))} with "
        f"{format_users(growth.high.users)}, waiting to hand on what had arrived."
    )


def _tell_steady(low: Breakdown) -> Iterator[Evidence]:
    held_s = held_back_s(low)
    needed_s = sum(seconds for state, seconds in low.lengths.items() if state.kind == "provider")
    provider_s = format_seconds(needed_s)
    yield tell(
        f"Already with {format_users(low.users)} an answer of {format_seconds(low.response_s)} waits "
        f"{format_seconds(held_s)} for its consumer; the provider needs {provider_s}."
    )
