"""What each key and model may use: continuous buckets, as OpenAI's.  Pure: time is an argument.

A bucket holds at most `size` and refills at a steady rate; a request that finds too little in it is refused and told
how long the rest will take.  Example: tokens per minute 30000, used 14567, requested 24754: the missing
14567 + 24754 - 30000 = 9321 tokens come at 500 a second, in 18.642 s.
"""

from __future__ import annotations

import math
from typing import Literal

import msgspec

from mock_provider.answer import Answer
from mock_provider.conditions import Facts
from mock_provider.durations import format_duration, whole_ms
from mock_provider.openai_errors import error_answer, quota_answer
from mock_provider.plan_schema import Limits
from mock_provider.records import AttemptOutcome

MOST_ACCOUNTS = 10_000
ROUNDING = 1e-6  # what floats may be off by, in requests or tokens
ORGANIZATION = "org-chainload-mock"
_VISIT = "Visit https://platform.openai.com/account/rate-limits to learn more."

Unit = Literal["requests", "tokens"]


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """A request that is not served, and why."""

    answer: Answer
    outcome: AttemptOutcome


class Bucket:
    """Holds `size`, refills at `per_s`; full at first."""

    __slots__ = ("_head", "_level", "_seen_s", "_tail", "limit", "name", "per_s", "size", "unit")

    def __init__(
        self, *, limit: int, period_s: float, size: float, unit: Unit, name: str, now_s: float
    ) -> None:
        self.limit = limit
        self.per_s = limit / period_s
        self.size = size
        self.unit: Unit = unit
        self.name = name
        self._level = size
        self._seen_s = now_s
        self._head = f"x-ratelimit-limit-{unit}: {limit}\r\nx-ratelimit-remaining-{unit}: "
        self._tail = f"\r\nx-ratelimit-reset-{unit}: "

    def wait_s(self, amount: float, now_s: float) -> float:
        """How long until so much is there: 0 when it is; infinite when it never will be."""
        if now_s > self._seen_s:
            level = self._level + (now_s - self._seen_s) * self.per_s
            self._level = level if level < self.size else self.size
            self._seen_s = now_s
        if amount <= self._level + ROUNDING:
            return 0.0
        return math.inf if amount > self.size else (amount - self._level) / self.per_s

    def take(self, amount: float) -> None:
        self._level -= amount

    @property
    def used(self) -> int:
        return math.ceil(self.size - self._level - ROUNDING)

    @property
    def remaining(self) -> int:
        return int(self._level + ROUNDING)

    def lines(self) -> str:
        """Three header lines; reset is the time until the bucket is full."""
        level = self._level
        reset = format_duration((self.size - level) / self.per_s)
        return f"{self._head}{int(level + ROUNDING)}{self._tail}{reset}\r\n"


class Account:
    """The buckets of one key and model."""

    def __init__(self, limits: Limits, now_s: float) -> None:
        self._requests: list[Bucket] = []
        self._tokens: Bucket | None = None
        if limits.requests_per_minute is not None:
            size = max(1.0, limits.requests_per_minute * limits.burst_s / 60)
            self._requests.append(
                _bucket(limits.requests_per_minute, 60, size, "requests", "min (RPM)", now_s)
            )
        if limits.requests_per_day is not None:
            day = limits.requests_per_day
            self._requests.append(_bucket(day, 86_400, day, "requests", "day (RPD)", now_s))
        if limits.tokens_per_minute is not None:
            minute = limits.tokens_per_minute
            self._tokens = _bucket(minute, 60, minute, "tokens", "min (TPM)", now_s)

    def charge(self, tokens: int, now_s: float) -> tuple[Bucket, float] | None:
        """Take a request and its tokens from all buckets, or from none: then the one that has too little."""
        for bucket in self._requests:
            if wait_s := bucket.wait_s(1, now_s):
                return bucket, wait_s
        if self._tokens is not None:
            if wait_s := self._tokens.wait_s(tokens, now_s):
                return self._tokens, wait_s
            self._tokens.take(tokens)
        for bucket in self._requests:
            bucket.take(1)
        return None

    def is_full(self, now_s: float) -> bool:
        buckets = [*self._requests, self._tokens] if self._tokens is not None else self._requests
        return not any(bucket.wait_s(bucket.size, now_s) for bucket in buckets)

    def lines(self) -> str:
        """x-ratelimit-* header lines; of two buckets that count requests, the one with less left speaks."""
        lines = self._tokens.lines() if self._tokens is not None else ""
        if not self._requests:
            return lines
        if len(self._requests) == 1:
            return self._requests[0].lines() + lines
        return min(self._requests, key=lambda bucket: bucket.remaining).lines() + lines


def _bucket(limit: int, period_s: float, size: float, unit: Unit, period: str, now_s: float) -> Bucket:
    return Bucket(
        limit=limit, period_s=period_s, size=size, unit=unit, name=f"{unit} per {period}", now_s=now_s
    )


class Limiter:
    """Charges each request to its account, or refuses it."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._accounts: dict[tuple[str, str], Account] = {}
        self._requests = 0
        self._tokens = 0
        self._is_unlimited = limits == Limits()
        self._has_quota = limits.quota_requests is not None or limits.quota_tokens is not None
        self._has_rates = any((limits.requests_per_minute, limits.requests_per_day, limits.tokens_per_minute))

    def admit(self, facts: Facts, now_s: float) -> tuple[Refusal | None, str]:
        """Why the request is refused, if it is; and header lines that say what is left."""
        limits = self.limits
        if self._is_unlimited:
            return None, ""
        if limits.max_in_flight is not None and facts.in_flight > limits.max_in_flight:
            return self._refuse_in_flight(facts, limits.max_in_flight), ""
        if self._has_quota and self._is_spent():
            return Refusal(answer=quota_answer(), outcome="rate_limited"), ""
        lines = ""
        if self._has_rates:
            account = self._account(facts, now_s)
            short = account.charge(facts.requested_tokens, now_s)
            lines = account.lines()
            if short is not None:
                return self._refuse(facts, *short), lines
        self._requests += 1
        self._tokens += facts.requested_tokens
        return None, lines

    def _is_spent(self) -> bool:
        limits = self.limits
        return (limits.quota_requests is not None and self._requests >= limits.quota_requests) or (
            limits.quota_tokens is not None and self._tokens >= limits.quota_tokens
        )

    def _account(self, facts: Facts, now_s: float) -> Account:
        scope = self.limits.scope
        name = (facts.key if scope != "all" else "", facts.model if scope == "key_and_model" else "")
        account = self._accounts.get(name)
        if account is None:
            if len(self._accounts) >= MOST_ACCOUNTS:
                self._accounts = {n: a for n, a in self._accounts.items() if not a.is_full(now_s)}
            account = self._accounts[name] = Account(self.limits, now_s)
        return account

    def _refuse(self, facts: Facts, bucket: Bucket, wait_s: float) -> Refusal:
        requested = 1 if bucket.unit == "requests" else facts.requested_tokens
        where = f"{facts.model} in organization {ORGANIZATION} on {bucket.name}"
        if math.isinf(wait_s):
            return Refusal(answer=_too_large(where, bucket, requested), outcome="rate_limited")
        message = (
            f"Rate limit reached for {where}: Limit {bucket.limit}, Used {bucket.used}, Requested {requested}. "
            f"Please try again in {format_duration(wait_s)}. {_VISIT}"
        )
        answer = error_answer(429, message, bucket.unit, code="rate_limit_exceeded")
        if self.limits.retry_after:
            answer.headers = retry_headers(wait_s)
        return Refusal(answer=answer, outcome="rate_limited")

    def _refuse_in_flight(self, facts: Facts, most: int) -> Refusal:
        message = (
            f"Too many requests in flight for {facts.model}: "
            f"Limit {most}, Used {facts.in_flight - 1}, Requested 1."
        )
        return Refusal(
            answer=error_answer(429, message, "requests", code="rate_limit_exceeded"), outcome="rate_limited"
        )


def retry_headers(wait_s: float) -> dict[str, str]:
    """Whole seconds, at least 1, as the published API has it, and the same to the millisecond."""
    return {
        "retry-after": str(max(1, math.ceil(round(wait_s, 6)))),
        "retry-after-ms": str(max(1, whole_ms(wait_s))),
    }


def told_wait_s(answer: Answer) -> float | None:
    """What an answer tells the client to wait; the finer header counts, as it does for the openai client."""
    headers = answer.headers
    if "retry-after-ms" in headers:
        return float(headers["retry-after-ms"]) / 1000
    return float(headers["retry-after"]) if "retry-after" in headers else None


def _too_large(where: str, bucket: Bucket, requested: int) -> Answer:
    message = (
        f"Request too large for {where}: Limit {bucket.limit}, Requested {requested}. "
        f"The input or output tokens must be reduced in order to run successfully. {_VISIT}"
    )
    return error_answer(429, message, bucket.unit, code="rate_limit_exceeded")
