"""Simulated systems with a known saturation point, driven by looping users: material to judge the estimator with.

Five kinds, none of them the estimator's own curves: a queue before equal servers, contention (each request slower the
more are inside), a token bucket with retrying clients, a queue that collapses beyond a load, and one that never
saturates.  All randomness comes from the generator that is handed in.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

LADDERS = ((1, 5, 20, 50, 100), (1, 2, 4, 8, 16, 32, 64), (1, 5, 20), (1, 10, 50, 200))
KINDS = {"queue": 0.42, "contention": 0.14, "rate_limit": 0.16, "collapse": 0.08, "none": 0.20}
SERVERS = (1, 2, 3, 4, 5, 6, 8, 10, 12, 16, 20, 25, 32, 40, 64, 100, 150)
STEP_NOISE = 0.02  # of the machine, from step to step
MOST_TRIES = 3
Row = tuple[float, float, bool]


@dataclass(frozen=True, kw_only=True)
class System:
    """One simulated target.  ``users`` is the truth: highest throughput x response time of one user alone."""

    kind: str
    base_s: float  # response time alone
    variation: float  # coefficient of variation of service times
    outside: float  # share of base_s spent before the bottleneck
    servers: int = 0
    alpha: float = 0.0
    beta: float = 0.0
    rate_per_s: float = 0.0
    burst: float = 1.0
    collapse_users: float = math.inf
    slow_start: bool = False  # each client's first request takes three times as long

    @property
    def users(self) -> float | None:
        if self.kind in ("queue", "collapse"):
            return self.servers / (1 - self.outside)
        if self.kind == "rate_limit":
            return self.rate_per_s * self.base_s
        if self.kind == "contention":
            n = np.arange(1, 5000)
            return float(np.max(n / self._slowdown(n)))
        return None

    def _slowdown(self, n: np.ndarray) -> np.ndarray:
        return 1 + self.alpha * (n - 1) + self.beta * n * (n - 1)


def draw_system(rng: np.random.Generator) -> System:
    """A random system; its kinds come in the shares of KINDS."""
    kind = str(rng.choice(list(KINDS), p=list(KINDS.values())))
    base_s = float(np.exp(rng.uniform(np.log(0.05), np.log(0.5))))
    common = {
        "kind": kind,
        "base_s": base_s,
        "variation": float(rng.choice([0.02, 0.1, 0.25, 0.5, 1.0])),
        "outside": float(rng.choice([0.0, 0.0, 0.2, 0.5, 0.8])) if kind in ("queue", "collapse") else 0.0,
        "slow_start": bool(rng.random() < 0.5),
    }
    if kind in ("queue", "collapse"):
        servers = int(rng.choice(SERVERS))
        saturation = servers / (1 - common["outside"])  # type: ignore[operator]
        beyond = float(rng.uniform(1.2, 2.5)) * saturation if kind == "collapse" else math.inf
        return System(**common, servers=servers, collapse_users=beyond)  # type: ignore[arg-type]
    if kind == "contention":
        alpha = float(np.exp(rng.uniform(np.log(0.005), np.log(0.3))))
        beta = float(rng.choice([0.0, 1.0])) * float(np.exp(rng.uniform(np.log(1e-6), np.log(5e-3))))
        return System(**common, alpha=alpha, beta=beta)  # type: ignore[arg-type]
    if kind == "rate_limit":
        users = float(np.exp(rng.uniform(np.log(1.5), np.log(120))))
        rate = users / base_s
        return System(**common, rate_per_s=rate, burst=max(2.0, rate * float(rng.uniform(0.05, 1.0))))  # type: ignore[arg-type]
    return System(**common)  # type: ignore[arg-type]


def simulate_step(system: System, users: int, hold_s: float, rng: np.random.Generator) -> list[Row]:
    """Samples (start_s, end_s, ok) of ``users`` looping clients; requests in flight at the end finish late."""
    simulate = {
        "queue": _simulate_queue,
        "collapse": _simulate_queue,
        "rate_limit": _simulate_rate_limit,
    }.get(system.kind, _simulate_contention)
    return simulate(system, users, hold_s, _durations(system, rng), rng)


def _durations(system: System, rng: np.random.Generator) -> Callable[[float], float]:
    """A drawer of gamma-distributed times of a given mean, slowed by this step's share of machine noise."""
    shape = 1 / system.variation**2
    machine = float(np.exp(rng.normal(0, STEP_NOISE)))
    pool: list[float] = []

    def draw(mean_s: float) -> float:
        if not pool:
            pool.extend((rng.gamma(shape, machine / shape, 4096)).tolist())
        return mean_s * pool.pop()

    return draw


def _simulate_queue(
    system: System, users: int, hold_s: float, draw: Callable[[float], float], _rng: np.random.Generator
) -> list[Row]:
    """First come, first served, by equal servers; time outside passes before the queue."""
    inside_s, outside_s = system.base_s * (1 - system.outside), system.base_s * system.outside
    inside_s *= max(1.0, (users / system.collapse_users) ** 2)
    free = [0.0] * system.servers
    arrivals: list[tuple[float, int, float, bool]] = []
    rows: list[Row] = []

    def send(at_s: float, user: int, is_first: bool) -> None:
        heapq.heappush(arrivals, (at_s + (draw(outside_s) if outside_s else 0.0), user, at_s, is_first))

    for user in range(users):
        send(0.0, user, system.slow_start)
    while arrivals:
        at_s, user, start_s, is_first = heapq.heappop(arrivals)
        end_s = max(at_s, free[0]) + draw(inside_s) * (3 if is_first else 1)
        heapq.heapreplace(free, end_s)
        rows.append((start_s, end_s, True))
        if end_s < hold_s:
            send(end_s, user, False)
    return rows


def _simulate_contention(
    system: System, users: int, hold_s: float, draw: Callable[[float], float], _rng: np.random.Generator
) -> list[Row]:
    """Every request is slowed by the number of users inside; without alpha and beta nothing ever saturates."""
    mean_s = system.base_s * float(system._slowdown(np.array([users]))[0])
    rows: list[Row] = []
    for _ in range(users):
        start_s, factor = 0.0, 3.0 if system.slow_start else 1.0
        while start_s < hold_s:
            end_s = start_s + draw(mean_s) * factor
            rows.append((start_s, end_s, True))
            start_s, factor = end_s, 1.0
    return rows


def _simulate_rate_limit(
    system: System, users: int, hold_s: float, draw: Callable[[float], float], rng: np.random.Generator
) -> list[Row]:
    """A token bucket; a refused client backs off half a second, then a second, and gives up at the third refusal."""
    events: list[tuple[float, int, int, float, bool]] = [
        (0.0, user, 0, 0.0, system.slow_start) for user in range(users)
    ]
    tokens, filled_s = system.burst, 0.0
    rows: list[Row] = []
    while events:
        at_s, user, tries, start_s, is_first = heapq.heappop(events)
        tokens = min(system.burst, tokens + (at_s - filled_s) * system.rate_per_s)
        filled_s = at_s
        is_ok, gives_up = tokens >= 1, tries + 1 == MOST_TRIES
        if not is_ok and not gives_up:
            again_s = at_s + 0.005 + 0.5 * 2**tries * rng.uniform(0.75, 1.0)
            heapq.heappush(events, (again_s, user, tries + 1, start_s, is_first))
            continue
        tokens -= is_ok
        end_s = at_s + (draw(system.base_s) * (3 if is_first else 1) if is_ok else 0.005)
        rows.append((start_s, end_s, is_ok))
        if end_s < hold_s:
            heapq.heappush(events, (end_s, user, 0, end_s, False))
    return rows


def long_run_efficiency(system: System, users: int) -> float:
    """Throughput at ``users`` against perfect scaling, from a long noise-free reckoning: 1 never queues."""
    if system.kind == "none":
        return 1.0
    if system.kind == "contention":
        return float(1 / system._slowdown(np.array([users]))[0])
    if system.kind == "rate_limit":
        return min(1.0, system.rate_per_s * system.base_s / users)
    rows = simulate_step(system, users, 60 * system.base_s, np.random.default_rng(0))
    late = [row for row in rows if 20 * system.base_s < row[1] <= 60 * system.base_s]
    return len(late) / (40 * system.base_s) * system.base_s / users
