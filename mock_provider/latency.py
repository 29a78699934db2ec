"""How long the provider takes.  Pure: a draw depends on seed and ordinal alone, so a run can be replayed."""

from __future__ import annotations

import math
import random
from bisect import bisect_right
from collections.abc import Callable
from statistics import NormalDist

from mock_provider.conditions import Facts
from mock_provider.dice import Dice
from mock_provider.plan_schema import Latency, parse_percentile

Draw = Callable[[int], float]  # ordinal -> seconds


class ServiceTime:
    """Draws the time of each request from the plan's latency section."""

    def __init__(self, latency: Latency, *, seed: int) -> None:
        self._latency = latency
        self._draw = _make_draw(latency, Dice(seed, "latency"))
        low = latency.min_s if latency.min_s is not None else 0.0
        self._low, self._high = low, latency.max_s if latency.max_s is not None else math.inf
        # Where nothing of a request changes it, no request need be looked at.
        is_constant = latency == Latency(kind="constant", mean_s=latency.mean_s)
        self.constant_s = latency.mean_s if is_constant else None

    def of(self, facts: Facts, *, since_start_s: float, load_factor: float = 1.0) -> tuple[float, float]:
        """Seconds until the answer (or its first token), and between tokens."""
        latency = self._latency
        base_s = min(self._high, max(self._low, self._draw(facts.ordinal)))
        if facts.stream and latency.first_token_s is not None:
            base_s = latency.first_token_s
        factor = load_factor * self._factor(facts.in_flight, since_start_s)
        first_s = base_s + latency.per_prompt_token_s * facts.prompt_tokens
        if not facts.stream:
            return factor * (first_s + latency.per_token_s * facts.completion_tokens), 0.0
        return factor * first_s, factor * latency.per_token_s

    def _factor(self, in_flight: int, since_start_s: float) -> float:
        latency = self._latency
        factor = 1.0 + latency.per_in_flight_ratio * max(0, in_flight - 1)
        if since_start_s < latency.warm_up_s:
            left = 1.0 - since_start_s / latency.warm_up_s
            factor *= 1.0 + (latency.warm_up_factor - 1.0) * left
        return factor


def _make_draw(latency: Latency, dice: Dice) -> Draw:
    mean_s = latency.mean_s
    deviation_s = mean_s / 4 if latency.deviation_s is None else latency.deviation_s
    if latency.kind == "uniform":
        low, high = latency.min_s or 0.0, latency.max_s or 0.0
        return lambda ordinal: low + (high - low) * dice.roll(ordinal)
    if latency.kind == "percentiles":
        return _make_empirical(latency.percentiles_s, dice)
    if latency.kind == "constant" or not mean_s or not deviation_s:
        return lambda ordinal: mean_s
    if latency.kind == "normal":
        return _through_normal(NormalDist(mean_s, deviation_s), dice)
    if latency.kind == "lognormal":
        # mean m and deviation s of a lognormal: sigma^2 = ln(1 + (s/m)^2), mu = ln m - sigma^2/2
        variance = math.log1p((deviation_s / mean_s) ** 2)
        inner = _through_normal(NormalDist(math.log(mean_s) - variance / 2, math.sqrt(variance)), dice)
        return lambda ordinal: math.exp(inner(ordinal))
    # gamma: shape k = (m/s)^2, scale = s^2/m; deviation = mean is the exponential
    shape, scale = (mean_s / deviation_s) ** 2, deviation_s**2 / mean_s
    return lambda ordinal: random.Random(dice.bits(ordinal)).gammavariate(shape, scale)


def _through_normal(normal: NormalDist, dice: Dice) -> Draw:
    return lambda ordinal: normal.inv_cdf(max(dice.roll(ordinal), 1e-12))


def _make_empirical(percentiles: dict[str, float], dice: Dice) -> Draw:
    points = sorted((parse_percentile(name) / 100, seconds) for name, seconds in percentiles.items())
    shares, values = [share for share, _ in points], [seconds for _, seconds in points]

    def draw(ordinal: int) -> float:
        share = dice.roll(ordinal)
        at = bisect_right(shares, share)
        if at == 0 or at == len(shares):
            return values[min(at, len(values) - 1)]
        low, high = shares[at - 1], shares[at]
        return values[at - 1] + (values[at] - values[at - 1]) * (share - low) / (high - low)

    return draw
