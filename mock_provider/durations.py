"""Durations as the provider writes them: 12ms, 1s, 18.642s, 6m0s.  Pure."""

from __future__ import annotations

import math


def whole_ms(seconds: float) -> int:
    """Milliseconds, rounded up, so that waiting them is enough; rounding errors of floats do not count."""
    return math.ceil(seconds * 1000 - 1e-6)


def format_duration(seconds: float) -> str:
    """OpenAI's form, which is Go's, to the millisecond."""
    ms = math.ceil(seconds * 1000 - 1e-6)  # as whole_ms, which this would call for every answer
    if ms < 1000:
        return f"{ms}ms" if ms else "0s"
    minutes, ms = divmod(ms, 60_000)
    hours, minutes = divmod(minutes, 60)
    text = f"{ms / 1000:.3f}".rstrip("0").rstrip(".") + "s"
    if hours:
        return f"{hours}h{minutes}m{text}"
    return f"{minutes}m{text}" if minutes else text
