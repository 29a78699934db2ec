"""What every comparison with a kept run needs: whether the two compare at all, and how a result is named.  Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from reports.gate.baseline import KeptRun, describe_machine, describe_request, flatten
from reports.gate.criteria import CriterionResult, Status
from reports.gate.subject import Interval, Subject


def result_of(subject: Subject, name: str, status: Status, reason: str, **fields: Any) -> CriterionResult:
    place = fields.get("location") if status == "failed" else None
    fields.pop("location", None)
    return CriterionResult(
        name=f"baseline {name}",
        scenario=subject.scenario,
        status=status,
        reason=reason,
        location=place,
        **fields,
    )


def find_other_plan(subject: Subject, kept: KeptRun) -> Iterator[str]:
    """What was asked otherwise, in words.  A key that only a later version knows is no difference."""
    plan, asked = dict(flatten(subject.plan)), describe_request(subject.verdict)
    environment = subject.verdict.run.get("environment") or {}
    is_same_version = environment.get("chainload") == kept.chainload
    for before, now, is_full in ((kept.plan, plan, is_same_version), (kept.asked, asked, True)):
        names = dict.fromkeys([*before, *now]) if is_full else [name for name in before if name in now]
        for name in names:
            if before.get(name) != now.get(name):
                yield f"{name.removesuffix('_s')} is {_show(now.get(name))}, was {_show(before.get(name))}"


def _show(value: Any) -> str:
    return "not set" if value is None else str(value)[:60]


def find_other_machine(subject: Subject, kept: KeptRun) -> str | None:
    """How this machine differs from the baseline's, in words; None when times compare."""
    now = describe_machine(subject.verdict.run.get("environment") or {})
    words = [
        f"{name.replace('_', ' ')} {_show(now.get(name))}, was {_show(value)}"
        for name, value in kept.machine.items()
        if now.get(name) != value
    ]
    return "; ".join(words) or None


def users_of(interval: Interval | None, lower_bound: float | None) -> Interval | None:
    """Where the point lies; open upwards when it was not reached."""
    return interval if interval is not None else None if lower_bound is None else (lower_bound, float("inf"))


def users_now(subject: Subject) -> Interval | None:
    saturation = subject.verdict.saturation
    return users_of(saturation.interval, saturation.lower_bound_users)
