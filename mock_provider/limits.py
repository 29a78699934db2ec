"""What each key and model may use: continuous buckets, as OpenAI's.  Pure: time is an argument.

A bucket holds at most `size` and refills at a steady rate; a request that finds too little in it is refused and told
how long the rest will take.  Example: tokens per minute 30000, used 14567, requested 24754: the missing
14567 + 24754 - 30000 = 9321 tokens come at 500 a second, in 18.642 s.
"""

from __future__ import annotations

import math
from typing import Literal, Protocol

import msgspec

from mock_provider.answer import Answer
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

    __slots__ = (
        "before",
        "counts_tokens",
        "head",
        "level",
        "limit",
        "name",
        "per_s",
        "seen_s",
        "size",
        "tail",
    )

    def __init__(
        self, unit: Unit, period: str, *, limit: int, period_s: float, size: float, now_s: float
    ) -> None:
        self.counts_tokens = unit == "tokens"
        self.name = f"{unit} per {period}"
        self.limit = limit
        self.per_s = limit / period_s
        self.size = size
        self.level = self.before = size  # now, and before the last was taken
        self.seen_s = now_s
        self.head = f"x-ratelimit-limit-{unit}: {limit}\r\nx-ratelimit-remaining-{unit}: "
        self.tail = f"\r\nx-ratelimit-reset-{unit}: "

    @property
    def unit(self) -> Unit:
        return "tokens" if self.counts_tokens else "requests"

    def take(self, amount: float, now_s: float) -> bool:
        """Let in what has come since the last time, then take so much, if it is there."""
        level = self.level
        if now_s > self.seen_s:
            level += (now_s - self.seen_s) * self.per_s
            if level > self.size:
                level = self.size
            self.seen_s = now_s
        self.before = level
        has_enough = amount <= level + ROUNDING
        self.level = level - amount if has_enough else level
        return has_enough

    def is_full(self, now_s: float) -> bool:
        self.take(0, now_s)
        return self.level + ROUNDING >= self.size

    def wait_s(self, amount: float) -> float:
        """How long until so much is there; infinite when it never will be."""
        return math.inf if amount > self.size else max(0.0, amount - self.level) / self.per_s

    @property
    def used(self) -> int:
        return math.ceil(self.size - self.level - ROUNDING)

    def lines(self) -> str:
        """Three header lines; reset is the time until the bucket is full."""
        reset = format_duration((self.size - self.level) / self.per_s)
        return f"{self.head}{int(self.level + ROUNDING)}{self.tail}{reset}\r\n"


class Account:
    """The buckets of one key and model."""

    def __init__(self, limits: Limits, now_s: float) -> None:
        self._buckets: list[Bucket] = []
        if (rate := limits.requests_per_minute) is not None:
            size = max(1.0, rate * limits.burst_s / 60)
            self._add(Bucket("requests", "min (RPM)", limit=rate, period_s=60, size=size, now_s=now_s))
        if (rate := limits.requests_per_day) is not None:
            self._add(Bucket("requests", "day (RPD)", limit=rate, period_s=86_400, size=rate, now_s=now_s))
        if (rate := limits.tokens_per_minute) is not None:
            self._add(Bucket("tokens", "min (TPM)", limit=rate, period_s=60, size=rate, now_s=now_s))
        self._has_two_for_requests = None not in (limits.requests_per_minute, limits.requests_per_day)

    def _add(self, bucket: Bucket) -> None:
        self._buckets.append(bucket)

    def charge(self, tokens: int, now_s: float) -> tuple[Bucket | None, str]:
        """Take a request and its tokens from all buckets, or from none: then the one that has too little.

        And the header lines that say what is left.
        """
        lines = ""
        for bucket in self._buckets:
            if not bucket.take(tokens if bucket.counts_tokens else 1, now_s):
                self._give_back(bucket, now_s)
                return bucket, self._write()
            lines += bucket.lines()
        return None, self._write() if self._has_two_for_requests else lines

    def _give_back(self, short: Bucket, now_s: float) -> None:
        """What was taken before one was found to have too little; those after it have not been looked at."""
        place = self._buckets.index(short)
        for bucket in self._buckets[:place]:
            bucket.level = bucket.before
        for bucket in self._buckets[place + 1 :]:
            bucket.take(0, now_s)

    def _write(self) -> str:
        """All lines; where two buckets count requests, the one with less left speaks."""
        buckets = self._buckets
        if self._has_two_for_requests:
            first, second, *tokens = buckets
            buckets = [min(first, second, key=lambda bucket: bucket.level), *tokens]
        return "".join([bucket.lines() for bucket in buckets])

    def is_full(self, now_s: float) -> bool:
        return all(bucket.is_full(now_s) for bucket in self._buckets)


class Claim(Protocol):
    """What a request asks of its account."""

    @property
    def key(self) -> str: ...
    @property
    def model(self) -> str: ...
    @property
    def in_flight(self) -> int: ...
    @property
    def requested_tokens(self) -> int: ...


class Limiter:
    """Charges each request to its account, or refuses it."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._accounts: dict[tuple[str, str], Account] = {}
        self._requests = 0
        self._tokens = 0
        self._is_unlimited = limits == Limits()
        # Looked up for every request, and a plan's own fields take four times as long as these.
        self._most_in_flight = limits.max_in_flight
        self._is_by_key = limits.scope != "all"
        self._is_by_model = limits.scope == "key_and_model"
        self._has_quota = limits.quota_requests is not None or limits.quota_tokens is not None
        self._has_rates = any((limits.requests_per_minute, limits.requests_per_day, limits.tokens_per_minute))

    def admit(self, claim: Claim, now_s: float) -> tuple[Refusal | None, str]:
        """Why the request is refused, if it is; and header lines that say what is left."""
        if self._is_unlimited:
            return None, ""
        if self._most_in_flight is not None and claim.in_flight > self._most_in_flight:
            return self._refuse_in_flight(claim, self._most_in_flight), ""
        if self._has_quota and self._is_spent():
            return Refusal(answer=quota_answer(), outcome="rate_limited"), ""
        lines, tokens = "", claim.requested_tokens
        if self._has_rates:
            short, lines = self._account(claim, now_s).charge(tokens, now_s)
            if short is not None:
                return self._refuse(claim, short), lines
        self._requests += 1
        self._tokens += tokens
        return None, lines

    def _is_spent(self) -> bool:
        limits = self.limits
        return (limits.quota_requests is not None and self._requests >= limits.quota_requests) or (
            limits.quota_tokens is not None and self._tokens >= limits.quota_tokens
        )

    def _account(self, claim: Claim, now_s: float) -> Account:
        name = (claim.key if self._is_by_key else "", claim.model if self._is_by_model else "")
        account = self._accounts.get(name)
        if account is None:
            if len(self._accounts) >= MOST_ACCOUNTS:
                self._accounts = {n: a for n, a in self._accounts.items() if not a.is_full(now_s)}
            account = self._accounts[name] = Account(self.limits, now_s)
        return account

    def _refuse(self, claim: Claim, bucket: Bucket) -> Refusal:
        requested = claim.requested_tokens if bucket.counts_tokens else 1
        wait_s = bucket.wait_s(requested)
        where = f"{claim.model} in organization {ORGANIZATION} on {bucket.name}"
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

    def _refuse_in_flight(self, claim: Claim, most: int) -> Refusal:
        message = (
            f"Too many requests in flight for {claim.model}: "
            f"Limit {most}, Used {claim.in_flight - 1}, Requested 1."
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
