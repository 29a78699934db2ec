"""call_never_returns: a tool, retriever or provider call without a time-out waits for ever.  Wrong at any load.

Names the step of the chain that was open and the innermost line of the user's code in which it waited, and says from
the provider's ledger on which side the wait was.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from harness.records import Frame, Invocation, StepOpen
from reports.causes.places import locate_stack
from reports.causes.situation import Situation
from reports.causes.stuck_calls import find_stuck_calls
from reports.tables import Attempts
from reports.units import format_seconds, format_user_number, plural
from reports.verdict import Evidence, Finding, Location

ID = "call_never_returns"
CUT_S = 1.0  # an attempt that ended this shortly before its invocation, or after it, was cut off with it
ENOUGH = 2  # seen twice at one place it is no accident
MODEL_KINDS = ("llm", "chat_model")
Place = tuple[str, str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderSide:
    """What the provider knew of the stuck invocations; counts of invocations."""

    open_count: int  # with a call that was not answered
    idle_count: int  # all calls answered, or none made
    no_timeout_count: int  # of the open ones: the client had set no read time-out


def find_call_never_returns(situation: Situation) -> Iterator[Finding]:
    stuck = find_stuck_calls(situation.dataset, situation.steps)
    if not stuck:
        return
    places = Counter(map(_place_of, stuck))
    place, _ = places.most_common(1)[0]
    group = [invocation for invocation in stuck if _place_of(invocation) == place]
    example = max(group, key=lambda invocation: invocation.end_s - invocation.start_s)
    provider = _look_at_provider(situation.dataset.attempts, group)
    location = locate_stack(situation, reversed(example.stack))
    sure = len(group) >= ENOUGH and (location is not None or bool(example.open_steps))
    yield Finding(
        cause=ID,
        role="defect",
        confidence="high" if sure else "medium",
        share_of_growth=None,
        location=location,
        summary=_summarise(example, location, provider),
        evidence=list(_tell(situation, stuck, group, provider)),
        fix=_fix(example, provider),
        stack=example.stack,
    )


def _place_of(invocation: Invocation) -> Place:
    frame = _innermost(invocation.stack)
    name = invocation.open_steps[-1].name if invocation.open_steps else ""
    return (name, frame.file, frame.line) if frame is not None else (name, "", 0)


def _innermost(stack: Sequence[Frame]) -> Frame | None:
    """The innermost line of the user's, else of anybody's."""
    return next((frame for frame in reversed(stack) if frame.is_user), stack[-1] if stack else None)


def _look_at_provider(attempts: Attempts | None, group: Sequence[Invocation]) -> ProviderSide | None:
    """None without a ledger."""
    if attempts is None:
        return None
    ids = np.array([invocation.trace_id.encode() for invocation in group], dtype="S32")
    own = attempts.take(np.isin(attempts.trace_id, ids))
    ends_s = {invocation.trace_id.encode(): invocation.end_s for invocation in group}
    cut_s = np.array([ends_s[trace] for trace in own.trace_id.tolist()]) - CUT_S
    unanswered = own.take(np.isnan(own.end_s) | (own.end_s >= cut_s))
    waiting = set(unanswered.trace_id.tolist())
    patient = set(unanswered.trace_id[np.isnan(unanswered.read_timeout_s)].tolist())
    return ProviderSide(
        open_count=len(waiting), idle_count=len(group) - len(waiting), no_timeout_count=len(patient)
    )


def _is_at_provider(provider: ProviderSide | None) -> bool:
    return provider is not None and provider.open_count > provider.idle_count


def _open_step(invocation: Invocation) -> StepOpen | None:
    return invocation.open_steps[-1] if invocation.open_steps else None


def _summarise(example: Invocation, location: Location | None, provider: ProviderSide | None) -> str:
    step = _open_step(example)
    what = f"The {step.kind} `{step.name}`" if step is not None else "A call"
    where = f" It waits at {location.file}:{location.line}." if location is not None else ""
    if _is_at_provider(provider):
        return f"{what} waits for an answer of the provider that never comes.{where}"
    return f"{what} never returns.{where}"


def _tell(
    situation: Situation,
    stuck: Sequence[Invocation],
    group: Sequence[Invocation],
    provider: ProviderSide | None,
) -> Iterator[Evidence]:
    by_index = {step.index: step for step in situation.steps}
    seen = sorted({by_index[i.step].users for i in stuck if i.step is not None})
    usual_s = max(
        (step.response_p99_s for step in situation.steps if step.response_p99_s is not None), default=None
    )
    ages_s = [invocation.end_s - invocation.start_s for invocation in stuck]
    others = (
        f"; those that did return took at most {format_seconds(usual_s)} (p99)" if usual_s is not None else ""
    )
    yield Evidence(
        text=f"{plural(len(stuck), 'request')} had not returned after {format_seconds(min(ages_s))} or more, in the "
        f"steps of {', '.join(map(format_user_number, seen))} users{others}.",
        source="target",
    )
    example = max(group, key=lambda invocation: invocation.end_s - invocation.start_s)
    step = _open_step(example)
    if step is not None:
        yield Evidence(
            text=f"{_of(len(group), len(stuck)).capitalize()} had the {step.kind} `{step.name}` open, the longest for "
            f"{format_seconds(example.end_s - step.start_s)}.",
            source="target",
        )
    yield from _tell_provider(provider)


def _tell_provider(provider: ProviderSide | None) -> Iterator[Evidence]:
    if provider is None:
        return
    if not _is_at_provider(provider):
        idle, total = provider.idle_count, provider.open_count + provider.idle_count
        owed = "none of them an answer" if idle == total else f"{idle} of {total} of them no answer"
        text = f"The provider owed {owed}: the wait is not for the model."
        yield Evidence(text=text, source="provider")
        return
    yield Evidence(
        text=f"For {provider.open_count} of them a call was open at the provider, unanswered.",
        source="provider",
    )
    if provider.no_timeout_count:
        text = (
            f"In {provider.no_timeout_count} of these the client had set no read time-out: it waits for ever."
        )
        yield Evidence(text=text, source="provider")


def _of(count: int, total: int) -> str:
    return "all of them" if count == total else f"{count} of them"


def _fix(example: Invocation, provider: ProviderSide | None) -> str:
    step = _open_step(example)
    if _is_at_provider(provider) or (step is not None and step.kind in MODEL_KINDS):
        return (
            "Set a time-out on the model, `ChatOpenAI(timeout=30, max_retries=2)`: without one it waits for ever. For "
            "streams set `stream_chunk_timeout` too."
        )
    name = f"`{step.name}`" if step is not None else "the call"
    return (
        f"Give {name} a time-out: the one of its own client, or `async with asyncio.timeout(…)` around the await. In a "
        "thread only the client's own helps: cancelling the await leaves the thread waiting."
    )
