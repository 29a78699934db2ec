"""The forms that throughput over users can take: candidate curves for the saturation posterior.

Every curve is written as ln(X(N) * R_0): N users, X good completions a second, R_0 the response time of one user
alone.  So each is 0 at one user, rises as ln N while nothing is shared, and its peak is ln N*, the saturation point.
Pure; grids are fixed, so equal input gives equal output.  Why these forms and weights: docs/method.md.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from reports.columns import Floats

FARTHEST = 20.0  # saturation points are looked for up to so many times the largest step
SHARPNESS = (3.0, 7.0, 12.0, 25.0)  # of the bend of a soft minimum: 3 is a long bend, 25 a corner
RETROGRADE_SHARPNESS = (1.4, 3.0, 12.0)
DECLINES = (1.0, 2.0, 4.0)  # powers with which throughput falls beyond the peak
DECLINE_KNEES = (1.0, 4.0)  # how suddenly it begins to fall
DECLINE_STARTS = (0.7, 1.0, 1.5, 2.2, 3.3, 5.0)  # in multiples of the bend's users
OUTSIDE = (0.0, 0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 9.0)  # time before the queue, in multiples of the time served
MOST_COUNTED = 2000  # customers; with more the bend is a corner to within 2 %
ALONE = np.array([1.0])


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """Curves of one form.  ``log_shape(users)`` has a row a curve and a column a number of users."""

    name: str
    weight: float  # prior, shared equally among its curves
    log_saturation: Floats  # ln N* of each curve
    log_shape: Callable[[Floats], Floats]


def make_families(largest_step: float) -> tuple[Family, ...]:
    """All candidate curves for steps up to so many users."""
    return (
        _soft_minimum(largest_step),
        _retrograde(largest_step),
        _universal_scalability(),
        _servers_behind_delay(largest_step),
    )


def _columns(*axes: Sequence[float] | Floats) -> list[Floats]:
    """Every combination of the axes' values, one column vector an axis."""
    return [axis.reshape(-1, 1) for axis in np.meshgrid(*map(np.asarray, axes), indexing="ij")]


def _log_grid(largest_step: float, count: int) -> Floats:
    return np.linspace(0.0, np.log(FARTHEST * largest_step), count)


def _log_soft_minimum(users: Floats, log_bend: Floats, sharpness: Floats) -> Floats:
    """ln of (N^-p + B^-p)^(-1/p): N well below the bend B, B well above it."""
    return np.asarray(-np.logaddexp(-sharpness * np.log(users), -sharpness * log_bend) / sharpness)


def _soft_minimum(largest_step: float) -> Family:
    """The two operational bounds, N/R_0 and X_max, joined by a bend of any sharpness."""
    log_bend, sharpness = _columns(_log_grid(largest_step, 260), SHARPNESS)
    alone = _log_soft_minimum(ALONE, log_bend, sharpness)
    return Family(
        name="soft minimum",
        weight=2.5,
        log_saturation=(log_bend - alone)[:, 0],
        log_shape=lambda users: _log_soft_minimum(users, log_bend, sharpness) - alone,
    )


def _retrograde(largest_step: float) -> Family:
    """A soft minimum that falls again: throughput collapses beyond its peak, soon or after a plateau."""
    forms = (RETROGRADE_SHARPNESS, DECLINE_STARTS, DECLINES, DECLINE_KNEES)
    log_bends = _log_grid(largest_step, 90)
    log_bend, *form = _columns(log_bends, *forms)

    def shape(users: Floats) -> Floats:
        return log_bend + _log_form(users / np.exp(log_bend), *form)

    alone = shape(ALONE)[:, 0]
    # How far the peak lies below the bend depends on the form alone.
    peak = _log_form(np.geomspace(0.02, 20, 300), *_columns(*forms)).max(axis=1)
    return Family(
        name="retrograde",
        weight=0.6,
        log_saturation=np.maximum(log_bend[:, 0] + np.tile(peak, len(log_bends)) - alone, 0.0),
        log_shape=lambda users: shape(users) - alone[:, None],
    )


def _log_form(relative: Floats, sharpness: Floats, start: Floats, power: Floats, knee: Floats) -> Floats:
    """ln of a retrograde curve with its bend at 1: a soft minimum over (1 + (x / start)^(power knee))^(1 / knee)."""
    decline = np.log1p((relative / start) ** (power * knee)) / knee
    return np.asarray(_log_soft_minimum(relative, np.zeros_like(sharpness), sharpness) - decline)


def _universal_scalability() -> Family:
    """Gunther's law: contention alpha, coherency beta; X R_0 = N / (1 + alpha (N-1) + beta N (N-1))."""
    alpha, beta = _columns(
        np.append(0.0, np.geomspace(2e-4, 0.95, 45)), np.append(0.0, np.geomspace(1e-7, 0.2, 27))
    )

    def shape(users: Floats) -> Floats:
        return np.asarray(np.log(users) - np.log1p(alpha * (users - 1) + beta * users * (users - 1)))

    endless = 1e12  # without coherency throughput only approaches its peak
    peak = np.where(beta > 0, np.sqrt((1 - alpha) / np.where(beta > 0, beta, 1.0)), endless)
    return Family(
        name="universal scalability",
        weight=1.5,
        log_saturation=shape(np.maximum(peak, 1.0))[:, 0],
        log_shape=shape,
    )


def _servers_behind_delay(largest_step: float) -> Family:
    """c equal servers with one queue, and time spent outside them: the machine repairman, solved exactly.

    What a pool, a semaphore or an executor does.  Service times are taken as exponential.
    """
    servers, outside = _columns(_server_counts(largest_step), OUTSIDE)
    return Family(
        name="servers behind a delay",
        weight=3.0,
        log_saturation=(np.log(servers) + np.log1p(outside))[:, 0],
        log_shape=lambda users: np.stack([_repairman(n, servers, outside) for n in users], axis=1),
    )


def _server_counts(largest_step: float) -> Floats:
    few = np.arange(1.0, 9.0)
    return np.unique(np.append(few, np.geomspace(8, max(16.0, 2 * largest_step), 36)))


def _repairman(users: float, servers: Floats, outside: Floats) -> Floats:
    """ln(X R_0) of ``users`` customers, a value a row: birth-death probabilities of k at the servers."""
    if users > MOST_COUNTED:
        return np.log(np.minimum(users, servers * (1 + outside)))[:, 0]
    k = np.arange(round(users) + 1.0)
    served = np.minimum(k, servers)
    with np.errstate(divide="ignore"):
        ratios = np.log((k[-1] - k[:-1]) / outside) - np.log(served[:, 1:])
    log_p = np.cumsum(np.concatenate([np.zeros_like(servers), ratios], axis=1), axis=1)
    with np.errstate(invalid="ignore"):
        p = np.exp(log_p - log_p.max(axis=1, keepdims=True))
    throughput = (p * served).sum(axis=1) / p.sum(axis=1)
    crowded = np.minimum(k[-1], servers[:, 0])  # no time outside: all are at the servers
    rate = np.where(outside[:, 0] > 0, throughput, crowded)
    return np.asarray(np.log(rate * (1 + outside[:, 0])))
