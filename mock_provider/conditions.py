"""When a rule meets a request.  Pure: time and what is in flight are arguments.

All conditions of a rule must hold.  Those about the request, the time and what is in flight come first; `every` and
`first` count only the requests that passed them, and `share` comes last.  It is decided by the hash of seed, rule and
request ordinal (or body), so it does not depend on what other requests did.
"""

from __future__ import annotations

import fnmatch
import re
from typing import Annotated, Literal, Protocol

import msgspec
from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from mock_provider.dice import Dice

Endpoint = Literal["chat.completions", "completions", "responses", "embeddings", "models", "moderations"]
Ratio = Annotated[float, Field(ge=0, le=1)]
Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class Section(BaseModel):
    """A table of the plan: unknown keys and wrong types are problems."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Ramp(Section):
    """The share grows in a straight line from 0 at `from_s` to its full value at `to_s`."""

    from_s: Seconds = 0.0
    to_s: Seconds

    @model_validator(mode="after")
    def _check_order(self) -> Ramp:
        if self.to_s <= self.from_s:
            raise ValueError(f"to_s is {self.to_s:g}; it must be larger than from_s, {self.from_s:g}")
        return self


class Outage(Section):
    """It holds for `for_s`, every `every_s`, first at `first_s`."""

    every_s: Annotated[float, Field(gt=0, allow_inf_nan=False)]
    for_s: Annotated[float, Field(gt=0, allow_inf_nan=False)]
    first_s: Seconds = 0.0


class When(Section):
    """Conditions of a rule; without any, every request meets it.  Times are seconds since start or reset."""

    share: Ratio | None = None
    share_by: Literal["request", "body"] = (
        "request"  # body: equal requests, retries above all, meet the same fate
    )
    every: Annotated[int, Field(ge=1)] | None = None
    first: Annotated[int, Field(ge=0)] | None = None
    after_s: Seconds | None = None
    until_s: Seconds | None = None
    ramp: Ramp | None = None
    outage: Outage | None = None
    in_flight_above: Annotated[int, Field(ge=0)] | None = None
    retry_count: list[Annotated[int, Field(ge=0)]] | None = None  # 0: first tries
    model: list[str] | None = None  # shell patterns, any of them
    prompt: str | None = None  # a regular expression, found anywhere
    header: dict[str, str] = {}  # name: shell pattern, all of them; "*" asks only that it is there
    endpoint: list[Endpoint] | None = None
    stream: bool | None = None

    @field_validator("retry_count", "model", "endpoint", mode="before")
    @classmethod
    def _accept_one(cls, value: object) -> object:
        return value if isinstance(value, list) or value is None else [value]

    @field_validator("prompt")
    @classmethod
    def _check_pattern(cls, value: str | None) -> str | None:
        try:
            re.compile(value or "")
        except re.error as error:
            raise ValueError(f"is no regular expression: {error}") from error
        return value

    @model_validator(mode="after")
    def _check_window(self) -> When:
        if self.after_s is not None and self.until_s is not None and self.until_s <= self.after_s:
            raise ValueError(f"until_s is {self.until_s:g}; it must be larger than after_s, {self.after_s:g}")
        return self

    @property
    def asks_only_time(self) -> bool:
        """Whether it can be answered without a request."""
        return not self.asked_beside_time

    @property
    def asked_beside_time(self) -> list[str]:
        """The conditions that need a request."""
        return [
            name
            for name, field in type(self).model_fields.items()
            if name not in ("after_s", "until_s", "outage") and getattr(self, name) != field.default
        ]


class Headers(Protocol):
    """Headers by lower-case name."""

    def get(self, name: str, /) -> str | None: ...


class Facts(msgspec.Struct, kw_only=True):
    """What may be known of a request when its fate is decided."""

    ordinal: int
    endpoint: str
    in_flight: int = 1  # this one included
    model: str = ""
    key: str = ""
    stream: bool = False
    retry_count: int | None = None
    headers: Headers = msgspec.field(default_factory=dict[str, str])
    prompt: str = ""
    prompt_tokens: int = 0
    completion_tokens: int = 0
    requested_tokens: int = 0  # what the token limit charges
    body_hash: str = ""  # hex digits


class Condition:
    """A `When`, ready to be asked.  Counts the requests it has seen; nothing else is remembered."""

    def __init__(self, when: When, *, seed: int, rule: str) -> None:
        self._when = when
        self._dice = Dice(seed, rule)
        self._prompt = re.compile(when.prompt) if when.prompt is not None else None
        self._header = {name.lower(): pattern for name, pattern in when.header.items()}
        self._seen = 0

    def holds(self, facts: Facts, now_s: float) -> bool:
        """Whether the rule meets this request; now_s counts from the start of the plan."""
        when = self._when
        if when.in_flight_above is not None and facts.in_flight <= when.in_flight_above:
            return False
        if not (is_in_window(when, now_s) and self._concerns(facts)):
            return False
        position = self._seen
        self._seen += 1
        if when.every is not None and position % when.every != when.every - 1:
            return False
        if when.first is not None and position >= when.first:
            return False
        return self._wins_share(facts, now_s)

    def _concerns(self, facts: Facts) -> bool:
        when = self._when
        return (
            (when.endpoint is None or facts.endpoint in when.endpoint)
            and (when.stream is None or facts.stream == when.stream)
            and (when.model is None or any(fnmatch.fnmatchcase(facts.model, name) for name in when.model))
            and (when.retry_count is None or (facts.retry_count or 0) in when.retry_count)
            and (self._prompt is None or self._prompt.search(facts.prompt) is not None)
            and all(_matches(facts.headers.get(name), pattern) for name, pattern in self._header.items())
        )

    def _wins_share(self, facts: Facts, now_s: float) -> bool:
        when = self._when
        if when.share is None and when.ramp is None:
            return True
        share = 1.0 if when.share is None else when.share
        if when.ramp is not None:
            share *= min(1.0, max(0.0, (now_s - when.ramp.from_s) / (when.ramp.to_s - when.ramp.from_s)))
        return self._dice.roll(int(facts.body_hash, 16) if when.share_by == "body" else facts.ordinal) < share


def is_in_window(when: When, now_s: float) -> bool:
    """Whether the conditions about time hold."""
    if when.after_s is not None and now_s < when.after_s:
        return False
    if when.until_s is not None and now_s >= when.until_s:
        return False
    if when.outage is None:
        return True
    since_s = now_s - when.outage.first_s
    return since_s >= 0 and since_s % when.outage.every_s < when.outage.for_s


def next_change_s(when: When, now_s: float) -> float | None:
    """The next moment at which the conditions about time may change; None when they never will again."""
    moments = [when.after_s, when.until_s]
    if when.outage is not None:
        outage = when.outage
        turn = max(0, int((now_s - outage.first_s) // outage.every_s))
        starts = [outage.first_s + (turn + k) * outage.every_s for k in (0, 1)]
        moments += [*starts, *(start + outage.for_s for start in starts)]
    return min((moment for moment in moments if moment is not None and moment > now_s), default=None)


def _matches(value: str | None, pattern: str) -> bool:
    return value is not None and fnmatch.fnmatchcase(value, pattern)
