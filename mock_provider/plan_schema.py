"""The provider's plan: how it answers, what it allows, how it breaks.  One schema for the TOML file, `--set`, the
per-request header and the control API.  Pure; the defaults are a healthy provider that answers in 200 ms.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from mock_provider.conditions import Ratio, Seconds, Section
from mock_provider.faults import AnyFault

LatencyKind = Literal["constant", "uniform", "normal", "lognormal", "gamma", "percentiles"]
Positive = Annotated[int, Field(ge=1)]
Count = Annotated[int, Field(ge=0)]
Factor = Annotated[float, Field(ge=1, allow_inf_nan=False)]


class Latency(Section):
    """Service time.  A plain answer takes base + prompt + completion time, a stream starts after base + prompt time."""

    kind: LatencyKind = "constant"
    mean_s: Seconds = 0.2  # constant, normal, lognormal, gamma
    deviation_s: Seconds | None = None  # standard deviation; None: a quarter of the mean
    min_s: Seconds | None = None  # uniform: from here; others: never less
    max_s: Seconds | None = None  # uniform: to here; others: never more
    percentiles_s: dict[str, Seconds] = Field(
        default={}
    )  # {p50 = 0.2, p90 = 0.6, p99 = 2.0}; straight between
    first_token_s: Seconds | None = None  # of streams, instead of the draw
    per_token_s: Seconds = 0.0  # for each token of the answer
    per_prompt_token_s: Seconds = 0.0
    per_in_flight_ratio: Seconds = 0.0  # 0.1: each further request in flight makes all 10 % slower
    warm_up_s: Seconds = 0.0  # for so long after the start ...
    warm_up_factor: Factor = 1.0  # ... slower by this factor, falling to 1 in a straight line

    @field_validator("percentiles_s")
    @classmethod
    def _check_percentiles(cls, value: dict[str, float]) -> dict[str, float]:
        ranked = sorted((parse_percentile(name), seconds) for name, seconds in value.items())
        for (low, low_s), (high, high_s) in pairwise(ranked):
            if high_s < low_s:
                raise ValueError(
                    f"p{high:g} is {high_s:g} s, less than p{low:g}, {low_s:g} s; they must not fall"
                )
        return value

    @model_validator(mode="after")
    def _check_kind(self) -> Latency:
        if self.kind == "uniform" and (self.min_s is None or self.max_s is None):
            raise ValueError("kind is uniform, which needs min_s and max_s")
        if self.kind == "percentiles" and not self.percentiles_s:
            raise ValueError("kind is percentiles, which needs percentiles_s, e.g. {p50 = 0.2, p99 = 2.0}")
        if self.min_s is not None and self.max_s is not None and self.max_s < self.min_s:
            raise ValueError(f"max_s is {self.max_s:g}; it must be at least min_s, {self.min_s:g}")
        return self


class Limits(Section):
    """What the provider allows each key and model; None: anything.  Rates are continuous buckets."""

    requests_per_minute: Positive | None = None
    tokens_per_minute: Positive | None = None
    requests_per_day: Positive | None = None
    max_in_flight: Positive | None = None  # requests open at once, of all keys
    quota_requests: Count | None = None  # after so many requests: insufficient_quota
    quota_tokens: Count | None = None
    burst_s: Annotated[float, Field(gt=0, le=60)] = 60.0  # a request bucket holds so many seconds of its rate
    scope: Literal["key_and_model", "key", "all"] = "key_and_model"
    retry_after: bool = True  # whether a 429 says how long to wait


class Capacity(Section):
    """A provider of finite size: so many slots, and a queue in front of them."""

    slots: Positive | None = None  # None: no limit, and no queue
    queue: Count | None = None  # how many may wait; None: any number
    load_factor: Factor = 1.0  # service time with all slots busy; 1 with one busy, a straight line between
    when_full: Literal[429, 503] = 503
    retry_after_s: Seconds | None = None  # what a refused client is told to wait


class Reply(Section):
    """What is answered when the request alone shall not decide; see mock_provider.replies.script."""

    reply_text: str | None = None
    reply_tokens: Count = 40
    json_bytes: Annotated[int, Field(ge=2, le=50_000_000)] | None = None
    tool_rounds: Count = 1
    always_tool_call: bool = False
    tool_name: str | None = None
    tool_arguments: dict[str, Any] | None = None
    calls_per_round: Positive = 1
    echo_canaries: bool = True
    models: list[str] = Field(default=[])
    context_tokens: Positive | None = None
    accept_unknown_parameters: bool = False


class Access(Section):
    """Who may ask."""

    keys: list[str] = Field(default=[])  # API keys that work; none listed: any does, and no key as well


class Plan(Section):
    """The whole of it.  Rules of `faults` are asked in their order."""

    seed: int = 0
    latency: Latency = Latency()
    limits: Limits = Limits()
    capacity: Capacity = Capacity()
    reply: Reply = Reply()
    access: Access = Access()
    faults: list[AnyFault] = Field(default=[])

    @property
    def rule_names(self) -> list[str]:
        """The name of each rule: its own, or its kind and place."""
        return [fault.name or f"{fault.kind}.{place}" for place, fault in enumerate(self.faults)]


def parse_percentile(name: str) -> float:
    """The number of a percentile: p50 is 50, p99.9 is 99.9, min is 0, max is 100.  Raises ValueError."""
    named: dict[str, Ratio] = {"min": 0.0, "max": 100.0}
    try:
        number = named[name] if name in named else float(name.removeprefix("p"))
    except ValueError:
        number = -1.0
    if not 0 <= number <= 100:
        raise ValueError(f"{name!r} is no percentile; allowed: p0 to p100, min, max")
    return number
