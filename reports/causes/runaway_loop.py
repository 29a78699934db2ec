"""runaway_loop: an agent, or a loop of the user's own, goes round without a stop condition.  Wrong at any load.

Many rounds are no fault: agents with many steps are healthy.  What tells is that rounds have no end: invocations that
never finish and still call, that are stopped by a limit while the model still asks for the same tool, or that make the
very same call again and again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median

from harness.records import Frame
from reports.causes.call_chains import LONG, CallChain, CallChains, read_call_chains
from reports.causes.evidence import tell
from reports.causes.exchange_places import find_busiest_site, find_exchange_site
from reports.causes.places import locate_site, locate_stack, say_location
from reports.causes.situation import Situation
from reports.units import format_count, format_number, format_seconds, plural
from reports.verdict import Evidence, Finding

ID = "runaway_loop"
MANY_ROUNDS = 12  # in an invocation that did not end
FAR_MORE = 3.0  # times the rounds of those that did end
STILL_CALLING_RATIO = 0.25  # of its life, at most, since the last call
SAME_PROMPT_TIMES = 6  # the very same request made again: what it asks for does not come
SAME_TOOL_TIMES = 5  # in a row, and the last answer asks for it once more
TYPICAL_RATIO = 0.5  # of invocations
FEWEST = 2
LIMIT_ERRORS = (
    "GraphRecursionError",
    "Recursion limit of",
    "recursion limit",
    "max iterations",
    "RecursionError",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Loop:
    """Rounds without end, and how they were seen."""

    chains: Sequence[CallChain]  # that show it
    how: str  # what is seen of it
    is_sure: bool


def find_runaway_loop(situation: Situation) -> Iterator[Finding]:
    chains = read_call_chains(situation)
    loop = (
        _find_endless(chains.long)
        or _find_limited(situation, chains.long)
        or _find_capped(chains)
        or _find_same(chains)
    )
    if loop is None:
        return
    ids = {chain.trace_id for chain in loop.chains}
    stack = _stack_of(situation, ids)
    location = locate_stack(situation, stack) or locate_site(situation, _site_of(situation, ids))
    rounds = median(chain.depth for chain in loop.chains) if loop.chains else None
    yield Finding(
        cause=ID,
        role="defect",
        confidence="high" if loop.is_sure else "medium",
        share_of_growth=None,
        location=location,
        summary=f"A loop without a stop condition, at {say_location(location)}: {loop.how}"
        f"{f', after {format_number(rounds)} rounds with the provider each' if rounds else ''}.",
        evidence=list(_tell(loop, chains)),
        fix="Give the loop an end: a small recursion_limit in the config (the default of create_agent is 9,999), "
        "max_iterations, or a counter in your own loop; stop when the same tool is asked for with the same arguments "
        "again, and say so to the user.",
        stack=stack,
    )


def _site_of(situation: Situation, trace_ids: set[str]) -> int | None:
    """Where it calls the provider; an agent of a library does that itself, but its tool is on a line of the user's."""
    exchange = find_exchange_site(situation, trace_ids)
    return find_busiest_site(situation, trace_ids) if exchange is None else exchange


def _find_endless(chains: Sequence[CallChain]) -> Loop | None:
    """Invocations that were given up while they still went round."""
    ended = [chain.depth for chain in chains if not chain.is_unended]
    usual = max(ended, default=0.0)
    endless = [
        chain
        for chain in chains
        if chain.is_unended and chain.depth >= max(MANY_ROUNDS, FAR_MORE * usual) and _is_still_calling(chain)
    ]
    if not endless:
        return None
    how = f"{plural(len(endless), 'request')} went on calling until they were given up"
    return Loop(chains=endless, how=how, is_sure=len(endless) >= FEWEST)


def _is_still_calling(chain: CallChain) -> bool:
    if chain.start_s is None or chain.end_s is None:
        return True
    return chain.end_s - chain.last_s <= STILL_CALLING_RATIO * (chain.end_s - chain.start_s)


def _find_limited(situation: Situation, chains: Sequence[CallChain]) -> Loop | None:
    """Requests that failed at a limit on rounds."""
    count = sum(
        number
        for step in situation.steps
        for message, number in step.errors.items()
        if any(part in message for part in LIMIT_ERRORS)
    )
    if not count:
        return None
    failed = [chain for chain in chains if chain.outcome == "error"]
    how = f"{plural(count, 'request')} failed at the limit on rounds"
    return Loop(chains=failed, how=how, is_sure=count >= FEWEST)


def _find_capped(chains: CallChains) -> Loop | None:
    """Answers given although the model still asked for a tool: stopped by a limit, as if nothing had happened."""
    ended = [chain for chain in chains.long if chain.outcome == "ok"]
    capped = [chain for chain in ended if chain.ends_with_tool and chain.same_tool >= SAME_TOOL_TIMES]
    if len(capped) < FEWEST or len(capped) < TYPICAL_RATIO * (len(ended) + chains.short_count):
        return None
    how = f"{plural(len(capped), 'answer')} were cut short while the model still asked for the tool `{capped[0].tool}`"
    return Loop(chains=capped, how=how, is_sure=True)


def _find_same(chains: CallChains) -> Loop | None:
    """The very same call, made again and again one after the other."""
    same = [chain for chain in chains.long if chain.widest <= 1 and chain.same_prompt >= SAME_PROMPT_TIMES]
    if len(same) < FEWEST or len(same) < TYPICAL_RATIO * chains.count:
        return None
    times = median(chain.same_prompt for chain in same)
    how = f"{plural(len(same), 'request')} made the very same call {format_number(times)} times"
    return Loop(chains=same, how=how, is_sure=True)


def _stack_of(situation: Situation, trace_ids: set[str]) -> list[Frame]:
    """Of one that was given up, innermost first; empty when none was."""
    stuck = next((one for one in situation.dataset.stuck if one.trace_id in trace_ids and one.stack), None)
    return list(reversed(stuck.stack)) if stuck else []


def _tell(loop: Loop, chains: CallChains) -> Iterator[Evidence]:
    if loop.chains:
        longest = max(loop.chains, key=lambda chain: chain.count)
        age = f" in {format_seconds(longest.last_s - longest.start_s)}" if longest.start_s is not None else ""
        same = f", {longest.same_tool} in a row for the tool `{longest.tool}`" if longest.tool else ""
        yield tell(f"The longest made {format_count(longest.count)} calls{age}{same}.", "provider")
        if longest.same_prompt >= SAME_PROMPT_TIMES:
            yield tell(f"{format_count(longest.same_prompt)} of them were the very same request.", "provider")
    ids = {chain.trace_id for chain in loop.chains}
    others = [chain.depth for chain in chains.long if chain.trace_id not in ids]
    if others:
        yield tell(f"Other long requests took {format_number(median(others))} rounds (median).", "provider")
    if chains.short_count:
        yield tell(f"{plural(chains.short_count, 'request')} made fewer than {LONG} calls.", "provider")
