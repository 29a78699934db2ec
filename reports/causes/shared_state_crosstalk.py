"""shared_state_crosstalk: one user's data shows up in another user's prompt or answer.  Wrong at any load.

Every request carries a canary, a word of its own.  Another user's canary in a prompt or an answer is the proof; the
same user's earlier one is history, which is legitimate.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass

from harness.tracing import canary_of
from reports.causes.evidence import tell
from reports.causes.exchange_places import locate_exchange
from reports.causes.kept_state import Keeper, find_canary_keeper, find_growing_variable
from reports.causes.places import locate_site
from reports.causes.situation import Situation
from reports.columns import Ids, Words
from reports.units import format_count, format_ratio, plural
from reports.verdict import Evidence, Finding, Location

ID = "shared_state_crosstalk"
EMBEDDINGS = "embeddings"  # texts of several users in one call are a batch, not a leak
SURE_COUNT = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Leak:
    """Another user's canary, where it does not belong."""

    trace_id: str
    user: int
    owner: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaks:
    """Those of one side; looked_at: how many prompts or answers held a canary at all."""

    found: Sequence[Leak]
    looked_at: int


def find_shared_state_crosstalk(situation: Situation) -> Iterator[Finding]:
    if not _holds_canaries(situation):
        return
    owners = _owners(situation)
    prompts, answers = _in_prompts(situation, owners), _in_answers(situation, owners)
    leaks = [*prompts.found, *answers.found]
    if not leaks:
        return
    keeper = find_canary_keeper(situation)
    where = " and ".join(words for words, side in (("prompts", prompts), ("answers", answers)) if side.found)
    yield Finding(
        cause=ID,
        role="defect",
        confidence="high" if len(leaks) >= SURE_COUNT else "medium",
        share_of_growth=None,
        location=keeper.place if keeper is not None else _locate(situation, leaks),
        summary=f"Data of one user shows up in the {where} of others: {_say_example(leaks[0])}.",
        evidence=[*_tell(prompts, answers), *_tell_keeper(keeper)],
        fix="Keep what belongs to a request in its own variables, not in module-level lists, class attributes, `self` "
        "or a default argument; key histories and checkpoints by the session of the request (the session_id or "
        "thread_id of its config), and key caches by all that the answer depends on.",
    )


def _locate(situation: Situation, leaks: Sequence[Leak]) -> Location | None:
    """Where the mixed-up calls are made; where no line of the user's makes them, what keeps growing."""
    calls = locate_exchange(situation, {leak.trace_id for leak in leaks})
    kept = find_growing_variable(situation)
    return calls or locate_site(situation, kept.site if kept else None)


def _holds_canaries(situation: Situation) -> bool:
    """Whether any was seen at all: without, there is no need to know the owners of a million."""
    dataset = situation.dataset
    in_prompts = dataset.attempts is not None and any(dataset.attempts.canaries.tolist())
    return in_prompts or any(dataset.invocations.canaries.tolist())


def _owners(situation: Situation) -> dict[str, int]:
    """Whose each canary is."""
    invocations = situation.dataset.invocations
    pairs = zip(invocations.trace_id.tolist(), invocations.user.tolist(), strict=True)
    return {canary_of(trace_id.decode()): user for trace_id, user in pairs}


def _in_prompts(situation: Situation, owners: dict[str, int]) -> Leaks:
    attempts = situation.dataset.attempts
    if attempts is None:
        return Leaks(found=(), looked_at=0)
    if EMBEDDINGS in attempts.endpoints:
        attempts = attempts.take(attempts.endpoint != attempts.endpoints.index(EMBEDDINGS))
    at_home = _seen_at_home(attempts.trace_id, attempts.canaries)
    return _find_leaks(attempts.trace_id, attempts.canaries, owners, telling=at_home)


def _seen_at_home(trace_ids: Ids, canaries: Words) -> set[str]:
    """Canaries found in a prompt of their own request.

    A worker task carries the context of the request that started it, so what it asks for others looks like a call of
    that one.  A canary that is only ever found there was passed on, not mixed up; were it, the answers would show it.
    """
    rows = zip(trace_ids.tolist(), canaries.tolist(), strict=True)
    return {own for trace_id, words in rows if words and (own := canary_of(trace_id.decode())) in words}


def _in_answers(situation: Situation, owners: dict[str, int]) -> Leaks:
    invocations = situation.dataset.invocations
    return _find_leaks(invocations.trace_id, invocations.canaries, owners, telling=owners)


def _find_leaks(trace_ids: Ids, canaries: Words, owners: dict[str, int], *, telling: Container[str]) -> Leaks:
    """telling: the canaries that prove a leak where they do not belong."""
    found = []
    marked = [row for row, words in enumerate(canaries.tolist()) if words]
    for row in marked:
        trace_id = bytes(trace_ids[row]).decode()
        user = owners.get(canary_of(trace_id))
        others = {owners[word] for word in canaries[row] if word in owners and word in telling} - {user}
        if user is not None and others:
            found.append(Leak(trace_id=trace_id, user=user, owner=min(others)))
    return Leaks(found=found, looked_at=len(marked))


def _say_example(leak: Leak) -> str:
    return f"a request of user {leak.user} carried data of user {leak.owner}"


def _tell_keeper(keeper: Keeper | None) -> Iterator[Evidence]:
    if keeper is not None:
        yield tell(
            f"`{keeper.name}` at {keeper.place.file}:{keeper.place.line} keeps text of one request where others see it."
        )


def _tell(prompts: Leaks, answers: Leaks) -> Iterator[Evidence]:
    for side, noun, source in ((prompts, "prompt", "provider"), (answers, "answer", "target")):
        if side.found:
            ratio = len(side.found) / side.looked_at
            yield tell(
                f"{format_count(len(side.found))} of {plural(side.looked_at, noun)} ({format_ratio(ratio)}) held "
                f"another user's canary; {_say_example(side.found[0])}.",
                source,
            )
    if prompts.found and not answers.found:
        yield tell("No answer showed it: only the prompts that reached the provider do.", "target")
