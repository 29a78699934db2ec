"""What a gate asks for, parsed from words: "2s@10" is two seconds at 10 users.  Pure; knows no file and no option."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import msgspec

from harness.errors import BadInputError
from harness.options import parse_duration
from reports.causes import CAUSES

DEFECT = "defect"  # stands for every cause that is wrong at any load


class AtUsers(msgspec.Struct, frozen=True):
    """A limit at a number of users; None: at every step that was measured."""

    limit: float
    users: int | None = None


class Limits(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What one scenario is judged by; what is not asked for is None or empty."""

    min_users: float | None = None
    min_safe_users: float | None = None
    min_throughput: tuple[AtUsers, ...] = ()
    max_p50: tuple[AtUsers, ...] = ()
    max_p95: tuple[AtUsers, ...] = ()
    max_p99: tuple[AtUsers, ...] = ()
    max_ttft: tuple[AtUsers, ...] = ()  # time to the first token, p95
    max_error_ratio: tuple[AtUsers, ...] = ()
    max_retry_amplification: tuple[AtUsers, ...] = ()  # provider calls per first try
    forbid: tuple[str, ...] = ()  # cause ids, or "defect"
    max_probe_overhead: float | None = None
    max_throughput_loss: float = 0.05  # against --base: share of its throughput, with many users
    max_response_growth: float = 0.1  # against --base: share of its median response time, with few users
    baseline_slack: float = 0.2  # how much worse than the stored run the same machine may be
    baseline_limits: bool = True  # False: compare only what does not depend on the machine

    @property
    def is_empty(self) -> bool:
        """Whether nothing at all is asked for; how to compare with a baseline asks for nothing by itself."""
        compared = ("baseline_slack", "baseline_limits", "max_throughput_loss", "max_response_growth")
        return not any(getattr(self, name) for name in PARSERS if name not in compared)

    @property
    def users(self) -> set[int]:
        """Numbers of users that a step is needed for."""
        asked = [getattr(self, name) for name in PARSERS]
        return {at.users for part in asked if isinstance(part, tuple) for at in part
                if isinstance(at, AtUsers) and at.users is not None}  # fmt: skip


def parse_limits(values: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Fields of Limits that are given, and every problem, in words.  Keys that Limits has not are the caller's."""
    parsed: dict[str, Any] = {}
    problems = []
    for name, value in values.items():
        if name not in PARSERS:
            continue
        try:
            parsed[name] = PARSERS[name](value)
        except ValueError as error:
            problems.append(f"{name} is {_show(value)}; {error}")
    return parsed, problems


def guess(seen: str, allowed: Iterable[str]) -> str:
    """ "; did you mean max_p95?", or nothing."""
    close = difflib.get_close_matches(seen, list(allowed), n=1)
    return f"; did you mean {close[0]}?" if close else ""


def _show(value: Any) -> str:
    return repr(value) if not isinstance(value, list | tuple) else ", ".join(map(repr, value)) or "empty"


# ---- one value ----


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError("it must be a number")
    try:
        number = float(value)
    except ValueError:
        raise ValueError("it must be a number") from None
    if not math.isfinite(number) or number < 0:
        raise ValueError("it must be a number of at least 0")
    return number


def _users(value: Any) -> float:
    number = _number(value)
    if number <= 0:
        raise ValueError("it must be a number of users above 0, e.g. 15")
    return number


def _ratio(value: Any) -> float:
    text = value.strip() if isinstance(value, str) else value
    try:
        ratio = _number(text[:-1]) / 100 if isinstance(text, str) and text.endswith("%") else _number(text)
    except ValueError:
        raise ValueError('it must be a share such as 0.01 or "1%"') from None
    if ratio > 1:
        raise ValueError('it must be a share between 0 and 1, such as 0.01 or "1%"')
    return ratio


def _change(value: Any) -> float:
    share = _ratio(value)
    if not 0 < share < 1:
        raise ValueError('it must be a share above 0, such as 0.05 or "5%"')
    return share


def _duration(value: Any) -> float:
    try:
        return parse_duration("", str(value))
    except BadInputError:
        raise ValueError("give a duration and the users it holds at, e.g. 2s@10 or 500ms@5") from None


def _rate(value: Any) -> float:
    try:
        return _number(value.strip().removesuffix("/s") if isinstance(value, str) else value)
    except ValueError:
        raise ValueError("give answers a second and the users it holds at, e.g. 45@20") from None


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError("it must be true or false")
    return value


def _causes(value: Any) -> tuple[str, ...]:
    names = [value] if isinstance(value, str) else value
    if not isinstance(names, list | tuple) or not all(isinstance(name, str) for name in names):
        raise ValueError('it must be a list of causes, e.g. ["event_loop_blocked", "defect"]')
    known = (DEFECT, *CAUSES)
    unknown = [f"{name!r} is no cause{guess(name, known)}" for name in names if name not in known]
    if unknown:
        raise ValueError(f"{', '.join(unknown)}; allowed: {', '.join(sorted(known))}")
    return tuple(names)


# ---- one value, or several, at numbers of users ----


def _at_users(parse: Callable[[Any], float], *, needs_users: bool) -> Callable[[Any], tuple[AtUsers, ...]]:
    def read(value: Any) -> tuple[AtUsers, ...]:
        parts = list(value) if isinstance(value, list | tuple) else [value]
        if not parts:
            raise ValueError("give at least one, or leave it out")
        read_parts = tuple(_read_one(part, parse, needs_users=needs_users) for part in parts)
        if len({part.users for part in read_parts}) < len(read_parts):
            raise ValueError("it is given twice for the same number of users; leave one out")
        return read_parts

    return read


def _read_one(value: Any, parse: Callable[[Any], float], *, needs_users: bool) -> AtUsers:
    text, at, users = value.partition("@") if isinstance(value, str) else (value, "", "")
    limit = parse(text)
    if not at:
        if needs_users:
            raise ValueError(f"it does not say at how many users; write e.g. {value}@10")
        return AtUsers(limit)
    if not re.fullmatch(r"\s*[1-9]\d*\s*", users):
        raise ValueError(f"what follows @ is a whole number of users, e.g. {text}@10")
    return AtUsers(limit, int(users))


PARSERS: Mapping[str, Callable[[Any], Any]] = {
    "min_users": _users,
    "min_safe_users": _users,
    "min_throughput": _at_users(_rate, needs_users=True),
    "max_p50": _at_users(_duration, needs_users=True),
    "max_p95": _at_users(_duration, needs_users=True),
    "max_p99": _at_users(_duration, needs_users=True),
    "max_ttft": _at_users(_duration, needs_users=True),
    "max_error_ratio": _at_users(_ratio, needs_users=False),
    "max_retry_amplification": _at_users(_number, needs_users=False),
    "forbid": _causes,
    "max_probe_overhead": _ratio,
    "max_throughput_loss": _change,
    "max_response_growth": _change,
    "baseline_slack": _ratio,
    "baseline_limits": _flag,
}
