"""Invocations that got stuck, told apart by where they waited.  Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from harness.records import Invocation
from reports.material import StuckGroup

MOST_GROUPS = 8
Place = tuple[str, tuple[tuple[str, int], ...], tuple[str, ...]]


def group_stuck(invocations: Iterable[Invocation], users_of_step: Mapping[int, int]) -> list[StuckGroup]:
    """The most frequent places first; hung ones before those cut off by a step's end."""
    places: dict[Place, list[Invocation]] = {}
    for invocation in invocations:
        places.setdefault(_place_of(invocation), []).append(invocation)
    groups = [_make_group(members, users_of_step) for members in places.values()]
    groups.sort(key=lambda group: (group.outcome != "hung", -group.count))
    return groups[:MOST_GROUPS]


def _place_of(invocation: Invocation) -> Place:
    frames = tuple((frame.file, frame.line) for frame in invocation.stack)
    return invocation.outcome, frames, tuple(step.name for step in invocation.open_steps)


def _make_group(members: list[Invocation], users_of_step: Mapping[int, int]) -> StuckGroup:
    first = members[0]
    steps = {member.step for member in members if member.step is not None}
    return StuckGroup(
        count=len(members),
        users=sorted({users_of_step[step] for step in steps if step in users_of_step}),
        outcome=first.outcome,
        open_steps=first.open_steps,
        stack=first.stack,
        longest_s=max(member.end_s - member.start_s for member in members),
    )
