"""event_loop_blocked: a synchronous call waits on the event loop, and everybody with it.

How late the loop was once is no evidence (a collector pause does that); a place that long stretches were seen waiting
in, and its share of the added time, is.  So is a call that the loop never came back from while requests were stuck.
"""

from __future__ import annotations

from collections.abc import Iterator

from harness.probe_records import LateStack
from reports.attribution.capacity import agrees
from reports.attribution.growth import Growth
from reports.causes.cause import LISTED_SHARE, rate_confidence
from reports.causes.evidence import tell
from reports.causes.loop_load import LoopLoad, prove_single, read_loop_load
from reports.causes.places import locate_site, say_location
from reports.causes.situation import Situation
from reports.causes.stuck_calls import find_stuck_calls
from reports.units import format_ratio, format_seconds, format_users, plural
from reports.verdict import Evidence, Finding, Location

ID = "event_loop_blocked"
STANDS_S = 2.5  # in one call that only waits, while requests get stuck: it does not come back
FIXES = {
    "sleep": "use `await asyncio.sleep(…)` instead of time.sleep",
    "invoke": "use `await ….ainvoke(…)` instead of `.invoke(…)`",
    "stream": "use `async for … in ….astream(…)` instead of `.stream(…)`",
    "batch": "use `await ….abatch(…)` instead of `.batch(…)`",
    "requests": "use an async HTTP client (httpx.AsyncClient) instead of requests",
    "acquire": "use asyncio's lock or semaphore (`async with`) instead of threading's",
    "result": "await the future instead of calling .result()",
}


def find_event_loop_blocked(situation: Situation) -> Iterator[Finding]:
    stuck = find_stuck_calls(situation.dataset, situation.steps)
    standing = _find_standing(situation) if stuck else None
    if standing is not None:
        yield _describe_standing(situation, standing, stuck_count=len(stuck))
        return
    growth = situation.growth
    if growth is None or not situation.explains_growth:
        return
    share = growth.share("loop_blocked")
    if share < LISTED_SHARE:
        return
    load = read_loop_load(situation, situation.high)
    proof = prove_single(situation, load.busy_ratio)
    site = growth.by_site("loop_blocked")[0][0]
    location = locate_site(situation, site)
    yield Finding(
        cause=ID,
        role="limit",
        confidence=rate_confidence(share, is_proven=agrees(proof)),
        share_of_growth=min(share, 1.0),
        location=location,
        summary=f"{format_ratio(min(share, 1.0))} of the added time the event loop stands still in "
        f"{say_location(location)}: a synchronous call waits there, and every request with it.",
        evidence=[*_tell_loop(load, growth), *_tell_places(situation, growth)],
        fix=f"In {say_location(location)}, {choose_fix(situation, site, location)}. Until then more users only wait.",
        proof=proof,
        stack=list(situation.recording.frames(site)),
    )


def _find_standing(situation: Situation) -> LateStack | None:
    """The longest that the loop stood in one call; None when it always went on."""
    long = [one for one in situation.recording.late if one.late_s >= STANDS_S and one.is_computing is False]
    return max(long, key=lambda one: one.late_s, default=None)


def _describe_standing(situation: Situation, standing: LateStack, *, stuck_count: int) -> Finding:
    location = locate_site(situation, standing.site)
    call = f" in {standing.waits_in}()" if standing.waits_in else ""
    return Finding(
        cause=ID,
        role="limit",
        confidence="high" if location is not None else "medium",
        share_of_growth=None,
        location=location,
        summary=f"The event loop does not come back from {say_location(location)}: a synchronous call waits there for "
        "what only the loop itself could bring about, or for something without a time-out, and every request stands.",
        evidence=[
            tell(f"The loop was seen waiting{call} for {format_seconds(standing.late_s)} without a break."),
            tell(f"{plural(stuck_count, 'request')} never returned meanwhile."),
        ],
        fix=f"In {say_location(location)}, {choose_fix(situation, standing.site, location)}. Never hold a thread's "
        "lock across an await: whoever wants it next stops the loop that would release it.",
        stack=list(situation.recording.frames(standing.site)),
    )


def choose_fix(situation: Situation, site: int, location: Location | None) -> str:
    """What to write instead, by the call that blocks."""
    waits_in = situation.loop.blocking.get(site, "")
    code = (location.code or "") if location else ""
    for word in ("invoke", "stream", "batch", "requests", "sleep"):
        if f".{word}(" in code or f"{word}." in code:
            return FIXES[word]
    if waits_in in FIXES:
        return FIXES[waits_in]
    return "call an async client and await it, or move the call off the loop: `await asyncio.to_thread(…)`"


def _tell_loop(load: LoopLoad, growth: Growth) -> Iterator[Evidence]:
    if load.busy_ratio is not None:
        cpu = (
            f", yet the whole process used {format_ratio(load.cpu_ratio)} of a core" if load.cpu_ratio else ""
        )
        yield tell(
            f"With {format_users(growth.high.users)} the event loop was held {format_ratio(load.busy_ratio)} of the "
            f"time{cpu}."
        )
    yield tell(
        f"A request was held up {format_seconds(growth.low.of_kind('loop_blocked'))} by it with "
        f"{format_users(growth.low.users)}, {format_seconds(growth.high.of_kind('loop_blocked'))} with "
        f"{format_users(growth.high.users)}."
    )


def _tell_places(situation: Situation, growth: Growth) -> Iterator[Evidence]:
    total = growth.share("loop_blocked")
    for site, share in growth.by_site("loop_blocked")[:3]:
        if share >= 0.05 * total:
            call = situation.loop.blocking.get(site, "")
            within = f", waiting in {call}()" if call else ""
            place = say_location(locate_site(situation, site))
            yield tell(f"{format_ratio(min(share / total, 1.0))} of it in {place}{within}.")
