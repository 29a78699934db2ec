"""How a client behaved under load, from the ledger alone.  Pure: reads attempts, knows no clock.

A call is what the application asked for once; its attempts are the requests made for it.  A retry is known by its
`x-stainless-retry-count`, or, for retries of the application itself, by an equal body in the same trace after a failed
attempt.  Without traces equal bodies may as well be two users, so then the latter are not counted: None, not 0.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import pairwise

import msgspec

from mock_provider.records import Attempt

IMMEDIATE_S = 0.1  # the openai client never waits less than 0.375 s
TOLERANCE_S = 0.02  # of timers and the network, when a wait is compared with what was told
STORM_BIN_S = 1.0
STORM_RETRY_RATIO = 0.5  # of the attempts of a bin
STORM_SMALLEST_BIN = 10  # attempts
STORM_SHORTEST_BINS = 3


class Retry(msgspec.Struct, frozen=True, kw_only=True):
    """An attempt made because another one failed."""

    failed: Attempt
    attempt: Attempt
    is_sdk: bool  # the openai client's own, or the application's

    @property
    def gap_s(self) -> float:
        """From the end of the one to the start of the other."""
        end_s = self.failed.end_s if self.failed.end_s is not None else self.failed.received_s
        return self.attempt.received_s - end_s


class RetryAmplification(msgspec.Struct, frozen=True, kw_only=True):
    """How many requests the provider got for one call."""

    attempts: int
    sdk_retries: int
    app_retries: int | None  # None: no traces, so they cannot be told
    ratio: float | None  # attempts per call; None without attempts


class Obedience(msgspec.Struct, frozen=True, kw_only=True):
    """Whether retries waited as long as they were told."""

    told: int  # retries after an answer with retry-after
    ignored: int  # of these, sooner than told
    earliest_s: float | None  # by how much the worst of them was too soon


class BackOff(msgspec.Struct, frozen=True, kw_only=True):
    """Whether retries that were told nothing waited, and longer each time."""

    untold: int
    immediate: int  # of these, within IMMEDIATE_S
    grows: bool | None  # whether second waits are longer than first ones, at the median; None without both
    median_gap_s: float | None


class RetryStorm(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of time in which most requests were retries."""

    start_s: float
    end_s: float
    attempts: int
    retries: int


class Timeouts(msgspec.Struct, frozen=True, kw_only=True):
    """Whether the client would ever stop waiting.  Known of the openai client only, which says so in its headers."""

    known: int
    without: int


class Abandonment(msgspec.Struct, frozen=True, kw_only=True):
    """Answers the client did not wait for."""

    streams: int
    abandoned_streams: int
    requests: int
    gave_up: int  # plain requests
    median_after_s: float | None  # how long they had waited


class Connections(msgspec.Struct, frozen=True, kw_only=True):
    """Whether connections were used again."""

    opened: int
    requests: int
    most_in_flight: int
    reused_ratio: float | None  # requests on a connection that had carried one before; None without requests


class ClientJudgement(msgspec.Struct, frozen=True, kw_only=True):
    """All of it."""

    amplification: RetryAmplification
    obedience: Obedience
    back_off: BackOff
    storms: list[RetryStorm]
    timeouts: Timeouts
    abandonment: Abandonment
    connections: Connections


def judge_client(attempts: Sequence[Attempt]) -> ClientJudgement:
    """Judge the client that made these attempts, in any order."""
    ordered = sorted(attempts, key=lambda attempt: attempt.received_s)
    retries = find_retries(ordered)
    return ClientJudgement(
        amplification=measure_amplification(ordered, retries),
        obedience=check_obedience(retries),
        back_off=check_back_off(retries),
        storms=find_storms(ordered, retries),
        timeouts=check_timeouts(ordered),
        abandonment=check_abandonment(ordered),
        connections=count_connections(ordered),
    )


def find_retries(ordered: Sequence[Attempt]) -> list[Retry]:
    """Each retry with the attempt it repeats, where that is in the ledger; attempts in order of arrival."""
    failed: dict[tuple[str | None, str | None, str], list[Attempt]] = defaultdict(list)
    retries = []
    for attempt in ordered:
        key = (attempt.trace_id, attempt.prompt_hash, attempt.endpoint)
        is_sdk = bool(attempt.retry_count)
        before = _take_cause(failed[key], attempt) if is_sdk or attempt.trace_id is not None else None
        if before is not None:
            retries.append(Retry(failed=before, attempt=attempt, is_sdk=is_sdk))
        if attempt.outcome != "ok":
            failed[key].append(attempt)
    return retries


def _take_cause(candidates: list[Attempt], attempt: Attempt) -> Attempt | None:
    """The failed attempt that this one repeats, taken out of the candidates."""
    for index in range(len(candidates) - 1, -1, -1):
        before = candidates[index]
        is_over = before.end_s is not None and before.end_s <= attempt.received_s + TOLERANCE_S
        is_next = not attempt.retry_count or (before.retry_count or 0) == attempt.retry_count - 1
        if is_over and is_next:
            return candidates.pop(index)
    return None


def measure_amplification(attempts: Sequence[Attempt], retries: Sequence[Retry]) -> RetryAmplification:
    """Requests seen for each call."""
    sdk = sum(1 for attempt in attempts if attempt.retry_count)
    has_traces = any(attempt.trace_id is not None for attempt in attempts)
    app = sum(1 for retry in retries if not retry.is_sdk) if has_traces else None
    calls = len(attempts) - sdk - (app or 0)
    ratio = len(attempts) / calls if calls > 0 else None
    return RetryAmplification(attempts=len(attempts), sdk_retries=sdk, app_retries=app, ratio=ratio)


def check_obedience(retries: Sequence[Retry]) -> Obedience:
    """Compare waits with what retry-after said."""
    told = [
        (retry.gap_s, retry.failed.retry_after_s)
        for retry in retries
        if retry.failed.retry_after_s is not None
    ]
    early = [wanted_s - gap_s for gap_s, wanted_s in told if gap_s < wanted_s - TOLERANCE_S]
    return Obedience(told=len(told), ignored=len(early), earliest_s=max(early, default=None))


def check_back_off(retries: Sequence[Retry]) -> BackOff:
    """Look at the waits nobody told the client."""
    untold = [retry for retry in retries if retry.failed.retry_after_s is None]
    gaps = [retry.gap_s for retry in untold]
    by_number: dict[int, list[float]] = defaultdict(list)
    for retry in untold:
        if retry.attempt.retry_count:
            by_number[retry.attempt.retry_count].append(retry.gap_s)
    medians = [_median(by_number[number]) for number in (1, 2)]
    first_s, second_s = medians
    return BackOff(
        untold=len(untold),
        immediate=sum(1 for gap_s in gaps if gap_s < IMMEDIATE_S),
        grows=None if first_s is None or second_s is None else second_s > first_s,
        median_gap_s=_median(gaps),
    )


def find_storms(ordered: Sequence[Attempt], retries: Sequence[Retry]) -> list[RetryStorm]:
    """Stretches of at least STORM_SHORTEST_BINS seconds in which at least half of all requests were retries."""
    if not ordered:
        return []
    origin_s = ordered[0].received_s
    again = {retry.attempt.ordinal for retry in retries}
    all_in: Counter[int] = Counter()
    retries_in: Counter[int] = Counter()
    for attempt in ordered:
        place = int((attempt.received_s - origin_s) / STORM_BIN_S)
        all_in[place] += 1
        retries_in[place] += bool(attempt.retry_count) or attempt.ordinal in again
    stormy = sorted(
        place
        for place, count in all_in.items()
        if count >= STORM_SMALLEST_BIN and retries_in[place] >= STORM_RETRY_RATIO * count
    )
    return [
        RetryStorm(
            start_s=origin_s + run[0] * STORM_BIN_S,
            end_s=origin_s + (run[-1] + 1) * STORM_BIN_S,
            attempts=sum(all_in[place] for place in run),
            retries=sum(retries_in[place] for place in run),
        )
        for run in _runs(stormy)
        if len(run) >= STORM_SHORTEST_BINS
    ]


def check_timeouts(attempts: Sequence[Attempt]) -> Timeouts:
    """The openai client sends its read time-out, unless it has none."""
    known = [attempt for attempt in attempts if attempt.retry_count is not None]
    return Timeouts(known=len(known), without=sum(1 for attempt in known if attempt.read_timeout_s is None))


def check_abandonment(attempts: Sequence[Attempt]) -> Abandonment:
    """Count answers whose client had gone."""
    gone = [attempt for attempt in attempts if attempt.outcome == "client_gone"]
    waits = [attempt.end_s - attempt.received_s for attempt in gone if attempt.end_s is not None]
    streams = sum(1 for attempt in attempts if attempt.stream)
    abandoned = sum(1 for attempt in gone if attempt.stream)
    return Abandonment(
        streams=streams,
        abandoned_streams=abandoned,
        requests=len(attempts) - streams,
        gave_up=len(gone) - abandoned,
        median_after_s=_median(waits),
    )


def count_connections(attempts: Sequence[Attempt]) -> Connections:
    """A client that opens a connection for every request pays for it, and so does the provider."""
    opened = len({attempt.connection for attempt in attempts})
    return Connections(
        opened=opened,
        requests=len(attempts),
        most_in_flight=max((attempt.in_flight for attempt in attempts), default=0),
        reused_ratio=1 - opened / len(attempts) if attempts else None,
    )


def _runs(places: Sequence[int]) -> list[list[int]]:
    """Consecutive numbers together."""
    runs = [[place] for place in places[:1]]
    for before, place in pairwise(places):
        if place == before + 1:
            runs[-1].append(place)
        else:
            runs.append([place])
    return runs


def _median(values: Sequence[float]) -> float | None:
    if not values:
        return None
    ranked = sorted(values)
    middle = len(ranked) // 2
    return ranked[middle] if len(ranked) % 2 else (ranked[middle - 1] + ranked[middle]) / 2
