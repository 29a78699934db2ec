"""sync_async_misuse: sync and async code mixed so that calls fail, meet the wrong loop, or are never awaited.

Wrong at any load.  The events are the interpreter's own errors and warnings, and work at the provider that goes on
after the answer was given.  A task that is left running is none by itself: writing a log afterwards is no fault.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from harness.probe_records import Anomaly
from reports.causes.evidence import tell
from reports.causes.late_work import LateWork, measure_late_work
from reports.causes.places import locate_site, say_location
from reports.causes.situation import Situation
from reports.units import format_count, format_ratio, plural
from reports.verdict import Evidence, Finding

ID = "sync_async_misuse"
FEWEST_EVENTS = 2  # one may be the end of the process
WORDS: Mapping[str, str] = {
    "never_awaited": "a coroutine is made and never awaited: the work it stands for is not done",
    "different_loop": "something made on one event loop is used on another",
    "loop_closed": "a client is used whose event loop has been closed",
    "loop_already_running": "an event loop is started inside a running one",
    "no_running_loop": "async code is called where no event loop runs",
}
LEFT = ("task_left_running", "parent_ended_first")
LOOPS = ("different_loop", "loop_closed", "loop_already_running")
ERRORS: Mapping[str, str] = {
    "attached to a different loop": "different_loop",
    "bound to a different event loop": "different_loop",
    "Event loop is closed": "loop_closed",
    "event loop is already running": "loop_already_running",
    "cannot be called from a running event loop": "loop_already_running",
    "no running event loop": "no_running_loop",
    "no current event loop": "no_running_loop",
}
MANY_LATE_RATIO = 0.2  # of good answers: given before their work at the provider was done


@dataclass(frozen=True, slots=True, kw_only=True)
class Misuse:
    """One kind of event, from both views."""

    kind: str
    anomalies: Sequence[Anomaly]
    error_count: int  # requests that failed with it

    @property
    def count(self) -> int:
        return max(len(self.anomalies), self.error_count)


def find_sync_async_misuse(situation: Situation) -> Iterator[Finding]:
    found = sorted(_find_events(situation), key=lambda misuse: -misuse.count)
    late = measure_late_work(situation) if found or _left(situation) else None
    if found:
        yield _of_events(situation, found, late)
    elif late is not None and late.ratio >= MANY_LATE_RATIO:
        yield _of_late_work(situation, late)


def _find_events(situation: Situation) -> Iterator[Misuse]:
    errors = _count_errors(situation)
    for kind in WORDS:
        anomalies = [
            one for one in situation.recording.anomalies if one.kind == kind and _is_users(situation, one)
        ]
        misuse = Misuse(kind=kind, anomalies=anomalies, error_count=errors[kind])
        if misuse.count >= FEWEST_EVENTS:
            yield misuse


def _is_users(situation: Situation, anomaly: Anomaly) -> bool:
    """A coroutine of a library that nobody awaited is what a cancelled request leaves behind."""
    return anomaly.kind != "never_awaited" or bool(situation.recording.frames(anomaly.site))


def _count_errors(situation: Situation) -> Counter[str]:
    counts: Counter[str] = Counter()
    for step in situation.steps:
        for message, count in step.errors.items():
            kind = next((kind for part, kind in ERRORS.items() if part in message), None)
            if kind is not None:
                counts[kind] += count
    return counts


def _left(situation: Situation) -> list[Anomaly]:
    return [one for one in situation.recording.anomalies if one.kind in LEFT]


def _of_events(situation: Situation, found: Sequence[Misuse], late: LateWork | None) -> Finding:
    main = found[0]
    site = _main_site(situation, main)
    location = locate_site(situation, site)
    evidence = [tell(text) for misuse in found for text in _tell(misuse)]
    if late is not None and late.ratio >= MANY_LATE_RATIO:
        evidence.append(_tell_late(late))
    return Finding(
        cause=ID,
        role="defect",
        confidence="high",
        share_of_growth=None,
        location=location,
        summary=f"Sync and async code are mixed: {WORDS[main.kind]}, at {say_location(location)}.",
        evidence=evidence,
        fix=_fix(main.kind),
        stack=list(situation.recording.frames(site)) if site is not None else [],
    )


def _main_site(situation: Situation, misuse: Misuse) -> int | None:
    """Where the other loop is started, when that is the trouble; else where it surfaced."""
    starts = [
        one for one in situation.recording.anomalies if one.kind == "second_event_loop" and one.site >= 0
    ]
    chosen = starts if misuse.kind in LOOPS and starts else misuse.anomalies
    sites = Counter(one.site for one in chosen if one.site >= 0)
    return sites.most_common(1)[0][0] if sites else None


def _tell(misuse: Misuse) -> Iterator[str]:
    if misuse.anomalies:
        example = misuse.anomalies[0].message
        yield f"{plural(len(misuse.anomalies), 'event')} or more in the target, such as: {example}"
    if misuse.error_count:
        yield f"{format_count(misuse.error_count)} requests failed because {WORDS[misuse.kind]}."


def _fix(kind: str) -> str:
    if kind == "never_awaited":
        return (
            "Await the coroutine: make the function `async def` and write `await …`, or call the sync form (`invoke`) "
            "where the caller is sync."
        )
    return (
        "Stay on one event loop: `await chain.ainvoke(…)` in async code instead of asyncio.run or "
        "run_until_complete; in sync code call `chain.invoke(…)`. Do not share async clients between loops."
    )


def _of_late_work(situation: Situation, late: LateWork) -> Finding:
    left = _left(situation)
    sites = Counter(one.site for one in left if one.site >= 0)
    site = sites.most_common(1)[0][0] if sites else None
    location = locate_site(situation, site)
    return Finding(
        cause=ID,
        role="defect",
        confidence="high" if location is not None else "medium",
        share_of_growth=None,
        location=location,
        summary=f"Answers are given before their work is done: {format_ratio(late.ratio)} of them while a call "
        f"of theirs was still at the provider; the task is begun at {say_location(location)} and not awaited.",
        evidence=[_tell_late(late), tell(f"In the target: {left[0].message}.")],
        fix="Await what the answer depends on (`await task`, asyncio.gather, asyncio.TaskGroup). What may really come "
        "later belongs in a queue with its own limit, not in tasks that nobody counts.",
        stack=list(situation.recording.frames(site)) if site is not None else [],
    )


def _tell_late(late: LateWork) -> Evidence:
    return tell(
        f"{format_count(late.count)} of {plural(late.answer_count, 'good answer')} were given while a call of theirs "
        "was still open at the provider, or before it was made.",
        "provider",
    )
