"""cpu_bound: the event loop, or the interpreter that all threads share, is busy computing.

Every healthy chain ends here: a call through LangChain and a client costs milliseconds of CPU.  A line is named only
where one function of the user's own does most of it; else it is the framework's work, and processes are what helps.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from reports.attribution.capacity import agrees
from reports.attribution.growth import Growth
from reports.attribution.state import State
from reports.causes.cause import LISTED_SHARE, rate_confidence
from reports.causes.evidence import tell
from reports.causes.loop_load import LoopLoad, computing_ratio, prove_single, read_loop_load
from reports.causes.places import locate_site, say_location
from reports.causes.situation import Situation
from reports.units import format_number, format_ratio, format_seconds, format_users
from reports.verdict import Evidence, Finding, Proof

ID = "cpu_bound"
DOMINATES_RATIO = 0.5  # of the computing, in one function of the user's: then it is that function
BUSY_CORE = 0.8  # CPU seconds per second: one interpreter at its end, what the machine takes aside


@dataclass(frozen=True, slots=True, kw_only=True)
class Computing:
    """How much of the growth is computing, and in whose code."""

    share: float
    thread_share: float  # of it, in threads of pools
    site: int | None  # the user's, when one function dominates
    site_ratio: float  # its part of the computing


def find_cpu_bound(situation: Situation) -> Iterator[Finding]:
    growth = situation.growth
    if growth is None or not situation.explains_growth:
        return
    found = find_computing(situation, growth)
    if found.share < LISTED_SHARE:
        return
    load = read_loop_load(situation, situation.high)
    in_threads = found.thread_share > found.share / 2
    proof = prove_single(situation, load.cpu_ratio if in_threads else load.busy_ratio)
    location = locate_site(situation, found.site)
    yield Finding(
        cause=ID,
        role="limit",
        confidence=rate_confidence(found.share, is_proven=agrees(proof) or _is_core_full(load)),
        share_of_growth=min(found.share, 1.0),
        location=location,
        summary=_summarise(found, location is not None, say_location(location), in_threads=in_threads),
        evidence=[*_tell_load(situation, load, growth), *_tell_places(situation, growth, found)],
        fix=_fix(say_location(location) if location else None, proof, in_threads=in_threads),
        proof=proof,
        stack=list(situation.recording.frames(found.site)) if found.site is not None else [],
    )


def find_computing(situation: Situation, growth: Growth) -> Computing:
    """Time of the loop that computes, and time in threads as far as they were seen computing."""
    by_site: dict[int, float] = defaultdict(float)
    threads = 0.0
    for state, share in growth.explained.items():
        if state.kind == "loop_computing":
            by_site[state.site] += share
        elif state.kind == "thread":
            computed = share * _computing(situation, state)
            by_site[state.site] += computed
            threads += computed
    total = sum(by_site.values())
    site, ratio = _dominating(situation, by_site, total)
    return Computing(share=total, thread_share=threads, site=site, site_ratio=ratio)


def _computing(situation: Situation, state: State) -> float:
    ratio = computing_ratio(situation, state, situation.high)
    return 0.0 if ratio is None else ratio


def _dominating(situation: Situation, by_site: dict[int, float], total: float) -> tuple[int | None, float]:
    """The user's function with most of the computing, by its line with most; None when it has less than half."""
    functions: dict[tuple[str, str], dict[int, float]] = defaultdict(dict)
    for site, share in by_site.items():
        frames = situation.recording.frames(site)
        if frames and frames[0].is_user:
            functions[frames[0].file, frames[0].function][site] = share
    if not functions or total <= 0:
        return None, 0.0
    lines = max(functions.values(), key=lambda lines: sum(lines.values()))
    ratio = sum(lines.values()) / total
    return (max(lines, key=lambda site: lines[site]), ratio) if ratio >= DOMINATES_RATIO else (None, ratio)


def _is_core_full(load: LoopLoad) -> bool:
    return load.cpu_ratio is not None and load.cpu_ratio >= BUSY_CORE


def _summarise(found: Computing, has_line: bool, place: str, *, in_threads: bool) -> str:
    share = format_ratio(min(found.share, 1.0))
    if has_line:
        what = "the interpreter, which threads share," if in_threads else "the event loop"
        part = format_ratio(found.site_ratio)
        return f"{share} of the added time is waiting while {what} computes, {part} of it in {place}."
    return (
        f"{share} of the added time is waiting for the CPU of one process: the framework's own work per request, in no "
        "single place of your code."
    )


def _tell_load(situation: Situation, load: LoopLoad, growth: Growth) -> Iterator[Evidence]:
    parts = []
    if load.busy_ratio is not None:
        parts.append(f"the event loop was busy {format_ratio(load.busy_ratio)} of the time")
    if load.cpu_ratio is not None:
        parts.append(f"the process used {format_number(load.cpu_ratio)} cores")
    if load.gil_overshoot_s is not None:
        before = read_loop_load(situation, situation.low).gil_overshoot_s
        parts.append(
            f"an idle thread woke {format_seconds(load.gil_overshoot_s)} late for want of the interpreter "
            f"({format_seconds(before)} with {format_users(growth.low.users)})"
        )
    if parts:
        yield tell(f"With {format_users(growth.high.users)}: {', '.join(parts)}.")


def _tell_places(situation: Situation, growth: Growth, found: Computing) -> Iterator[Evidence]:
    if found.share <= 0:
        return
    ranked = [(site, share) for site, share in growth.by_site("loop_computing", "thread") if site >= 0][:3]
    named = [
        f"{format_ratio(min(share / found.share, 1.0))} in {say_location(locate_site(situation, site))}"
        for site, share in ranked
        if share >= 0.05 * found.share
    ]
    if named:
        yield tell(f"Of the computing: {', '.join(named)}; the rest in libraries.")


def _fix(place: str | None, proof: Proof | None, *, in_threads: bool) -> str:
    cost = f" ({format_seconds(proof.hold_s)} of it a request)" if proof else ""
    if place is None:
        return (
            f"Add processes (uvicorn --workers N): one process carries no more, as its CPU is used up{cost}. "
            "Fewer steps and callbacks per request help too."
        )
    if in_threads:
        return (
            f"Threads cannot compute side by side under the GIL: make {place} cheaper{cost}, move it to processes "
            "(ProcessPoolExecutor), or add worker processes."
        )
    return f"Make {place} cheaper{cost}, move it to a process (ProcessPoolExecutor), or add worker processes."
