"""Which curves the measured steps leave possible, and with what weight.  Pure and deterministic.

The response time alone, R_0, is solved in closed form for every candidate curve (weighted mean of residuals), so the
fit is one pass over a grid.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from reports.columns import Floats
from reports.curves import Family, make_families


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """One step for the fit."""

    users: int
    log_throughput: float
    variance: float  # of log_throughput


@dataclass(frozen=True, slots=True, kw_only=True)
class Posterior:
    """Candidate curves with their weights."""

    families: tuple[Family, ...]
    weights: Floats  # sum to 1
    log_users: Floats  # ln N* of each curve
    log_rate: Floats  # ln X(1) of each curve, fitted: -ln R_0
    chi2: float  # of the best curve
    degrees_of_freedom: int

    def probability_below(self, users: float) -> float:
        """That the saturation point is at most ``users``."""
        return float(self.weights[self.log_users <= np.log(users)].sum())

    def quantile_of(self, values: Floats, q: float) -> float:
        """Weighted quantile of one value a curve."""
        order = np.argsort(values, kind="stable")
        share = np.cumsum(self.weights[order])
        return float(values[order][min(np.searchsorted(share, q * share[-1]), len(order) - 1)])

    def users_at(self, q: float) -> float:
        """Quantile of the saturation point."""
        return float(np.exp(self.quantile_of(self.log_users, q)))

    def shortest_interval(self, mass: float) -> tuple[float, float]:
        """The narrowest interval (in ratio) that holds so much of the saturation point's probability."""
        order = np.argsort(self.log_users, kind="stable")
        values, after = self.log_users[order], np.cumsum(self.weights[order])
        after /= after[-1]
        before = np.append(0.0, after[:-1])
        first = np.flatnonzero(before <= 1 - mass)
        last = np.minimum(
            np.searchsorted(after, np.minimum(before[first] + mass, 1 - 1e-12)), len(values) - 1
        )
        best = np.argmin(values[last] - values[first])
        return float(np.exp(values[first[best]])), float(np.exp(values[last[best]]))

    def log_throughput(self, users: Floats) -> Floats:
        """ln X of every curve at every number of users."""
        shapes = np.concatenate([family.log_shape(users) for family in self.families])
        return np.asarray(shapes + self.log_rate[:, None])


def fit_posterior(observations: Sequence[Observation]) -> Posterior:
    """Weigh every candidate curve.  At least one observation is needed; two or three say little.

    Misfit beyond the stated variances (chi2 per degree of freedom above 1) widens them for all curves alike.
    """
    users = np.array([seen.users for seen in observations], dtype=float)
    values = np.array([seen.log_throughput for seen in observations])
    precision = 1 / np.array([seen.variance for seen in observations])
    families = make_families(float(users.max()))
    shapes = np.concatenate([family.log_shape(users) for family in families])
    residuals = values - shapes
    log_rate = residuals @ precision / precision.sum()
    chi2 = (residuals - log_rate[:, None]) ** 2 @ precision
    degrees = max(1, len(observations) - 2)
    excess = max(1.0, float(chi2.min()) / degrees)
    prior = np.concatenate(
        [np.full(len(f.log_saturation), f.weight / len(f.log_saturation)) for f in families]
    )
    weights = prior * np.exp(-(chi2 - chi2.min()) / (2 * excess))
    return Posterior(
        families=families,
        weights=weights / weights.sum(),
        log_users=np.concatenate([family.log_saturation for family in families]),
        log_rate=log_rate,
        chi2=float(chi2.min()),
        degrees_of_freedom=degrees,
    )
