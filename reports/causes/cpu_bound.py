"""cpu_bound: the event loop, or the interpreter that all threads share, is busy computing.

Every healthy chain ends here: a call through LangChain and a client costs milliseconds of CPU.  A line is named only
where one function of the user's own does most of it; else it is the framework's work, and processes are what helps.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from reports.attribution.capacity import agrees
from reports.attribution.growth import Growth
from reports.causes.bottleneck import share_of_idle_pools
from reports.causes.cause import LISTED_SHARE, rate_confidence
from reports.causes.cpu_users import CpuUsers, find_cpu_users
from reports.causes.evidence import tell
from reports.causes.growing_work import find_growing_work
from reports.causes.loop_load import LoopLoad, computing_ratio, prove_single, read_loop_load
from reports.causes.places import locate_site, say_location
from reports.causes.situation import Situation
from reports.units import format_count, format_number, format_ratio, format_seconds, format_users
from reports.verdict import Evidence, Finding, Proof

ID = "cpu_bound"
DOMINATES_RATIO = 0.5  # of the computing, in one function of the user's: then it is that function
MOST_PLACES = 3
LEAST_PLACE_RATIO = 0.05
STARVED_RATIO = 0.2  # of the loop's busy time: worth saying, as the point is then the machine's, too
SPARED_CORE = 0.5  # CPU seconds per second: with less, and the machine full, it is the machine's computing
IDLE_LOOP_RATIO = 0.6
BUSY_CORE = 0.8  # CPU seconds per second: one interpreter at its end, what the machine takes aside


@dataclass(frozen=True, slots=True, kw_only=True)
class Computing:
    """How much of the growth is computing, and in whose code."""

    share: float
    is_in_threads: bool  # most of it, rather than on the loop
    site: int | None  # the user's, when one function dominates
    site_ratio: float  # the part of the user's largest function
    users: CpuUsers


def find_cpu_bound(situation: Situation) -> Iterator[Finding]:
    growth = situation.growth
    if growth is None or not situation.explains_growth:
        return
    found = find_computing(situation, growth)
    if found.share < LISTED_SHARE:
        return
    if found.site is None and not situation.is_saturated:
        return  # a busier framework is no fault of a chain that may carry more users yet
    load = read_loop_load(situation, situation.high)
    if _is_the_machines(load, has_place=found.site is not None):
        yield _describe_machine(situation, growth, found, load)
        return
    in_threads = found.is_in_threads
    # Threads that compute make the loop wait for the interpreter: it is busy, too, though its own clock stands still.
    proof = prove_single(situation, max(load.cpu_ratio or 0.0, load.busy_ratio or 0.0))
    location = locate_site(situation, found.site)
    yield Finding(
        cause=ID,
        role="limit",
        confidence=rate_confidence(found.share, is_proven=agrees(proof) or _is_core_full(load)),
        share_of_growth=min(found.share, 1.0),
        location=location,
        summary=_summarise(found, location is not None, say_location(location), in_threads=in_threads),
        evidence=[
            *_tell_load(situation, load, growth),
            *_tell_places(situation, found),
            *_tell_growing(situation),
        ],
        fix=_fix(say_location(location) if location else None, proof, in_threads=in_threads),
        proof=proof,
        stack=list(situation.recording.frames(found.site)) if found.site is not None else [],
    )


def _describe_machine(situation: Situation, growth: Growth, found: Computing, load: LoopLoad) -> Finding:
    share = min(found.share, 1.0)
    return Finding(
        cause=ID,
        role="limit",
        confidence="low",
        share_of_growth=share,
        location=None,
        summary=f"{format_ratio(share)} of the added time is waiting for a processor of this machine, which had none "
        "free; the target itself used little.",
        evidence=[*_tell_load(situation, load, growth), *_tell_places(situation, found)],
        fix="Run it again where nothing else computes, or with fewer users; more cores show what the chain itself can "
        "carry.",
        proof=prove_single(situation, max(load.cpu_ratio or 0.0, load.busy_ratio or 0.0)),
    )


def find_computing(situation: Situation, growth: Growth) -> Computing:
    """Time of the loop that computes, and time in threads as far as they were seen computing.

    Whose computing it is, is another question than who waits for it: threads hold the interpreter while the loop waits.
    Work that waits for a thread though threads are free waits for the processor, too.
    """
    share = share_of_idle_pools(situation, growth)
    for state, part in growth.explained.items():
        if state.kind == "loop_computing":
            share += part
        elif state.kind == "thread":
            share += part * (computing_ratio(situation, state, situation.high) or 0.0)
    users = find_cpu_users(situation, situation.high)
    site, ratio = users.main_function(situation)
    return Computing(
        share=share,
        is_in_threads=users.threads_s > users.loop_s,
        site=site if ratio >= DOMINATES_RATIO else None,
        site_ratio=ratio,
        users=users,
    )


def _is_the_machines(load: LoopLoad, *, has_place: bool) -> bool:
    """Whether others had the processors that it waited for: it used little of them, and its loop was mostly idle.

    A loop that had much to do in one place of the user's would be busy on any machine.
    """
    is_loop_idle = load.busy_ratio is not None and load.busy_ratio < IDLE_LOOP_RATIO
    used_little = load.cpu_ratio is not None and load.cpu_ratio < SPARED_CORE
    return load.is_machine_full and used_little and (is_loop_idle or not has_place)


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
    if load.starved_ratio is not None and load.starved_ratio >= STARVED_RATIO:
        yield tell(
            f"For {format_ratio(load.starved_ratio)} of that time the machine had no processor free: load generator "
            "and provider share it with the target, or something else runs here. Alone, the target would carry more."
        )


def _tell_growing(situation: Situation) -> Iterator[Evidence]:
    """Where an answer's work grew beside a variable, and every step had more users than those before."""
    work = find_growing_work(situation)
    if work is None or work.again is not None:  # known: growing_state says it
        return
    first, last = work.costs[0], work.costs[-1]
    yield tell(
        f"An answer took {format_seconds(first.cpu_s)} of CPU with {format_users(first.users)} and "
        f"{format_seconds(last.cpu_s)} with {format_users(last.users)}, while `{work.kept.name}`, extended at "
        f"{say_location(locate_site(situation, work.kept.site))}, grew from {format_count(work.kept.first)} to "
        f"{format_count(work.kept.last)} items: if each request goes through all of it, that is why."
    )


def _tell_places(situation: Situation, found: Computing) -> Iterator[Evidence]:
    users = found.users
    if users.total_s <= 0:
        return
    ranked = sorted(
        ((site, used_s) for site, used_s in users.seconds.items() if site >= 0), key=lambda item: -item[1]
    )
    named = [
        f"{format_ratio(used_s / users.total_s)} in {say_location(locate_site(situation, site))}"
        for site, used_s in ranked[:MOST_PLACES]
        if used_s >= LEAST_PLACE_RATIO * users.total_s
    ]
    rest = "the rest in libraries" if named else "all of it in libraries, on no line of yours that stands out"
    yield tell(f"Of the computing: {', '.join([*named, rest])}.")


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
