"""Numbers as people read them.  Pure; the only place that turns seconds, rates, users and shares into text.

A missing value is shown as a dash, never as 0.
"""

from __future__ import annotations

MISSING = "–"


def format_seconds(seconds: float | None) -> str:
    """Milliseconds below a second, then seconds, minutes and hours: "102 ms", "1.24 s", "2 min 5 s"."""
    if seconds is None:
        return MISSING
    if 0 < seconds < 0.00995:
        return f"{_round_small(seconds * 1000)} ms"
    if seconds < 0.9995:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 59.95:
        return f"{seconds:.2f} s" if seconds < 9.995 else f"{seconds:.1f} s"
    return _format_long(round(seconds))


def format_tick_seconds(seconds: float) -> str:
    """A round number of seconds on an axis: "500 ms", "2 s", "1 min 30 s"."""
    if seconds == 0:
        return "0"
    if 0 < seconds < 0.9995:
        return f"{seconds * 1000:g} ms"
    return f"{seconds:g} s" if seconds < 120 else _format_long(round(seconds))


def format_added_seconds(seconds: float) -> str:
    """With its sign: "+971 ms", "−12 ms".  What is left of a rounding is nothing."""
    rounded = round(seconds, 8)
    return f"{'−' if rounded < 0 else '+'}{format_seconds(abs(rounded))}"


def _format_long(seconds: int) -> str:
    hours, rest = divmod(seconds, 3600)
    minutes, left = divmod(rest, 60)
    if hours:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    return f"{minutes} min {left} s" if left else f"{minutes} min"


def _round_small(value: float) -> str:
    """Two digits that count, without an exponent: 9.8, 0.43, 0.0012."""
    text = f"{value:.1f}" if value >= 1 else f"{float(f'{value:.2g}'):f}".rstrip("0").rstrip(".")
    return text if text not in {"", "0"} else f"{value:.1g}"


def format_number(value: float | None) -> str:
    """Three digits that count, thousands with a comma: 47.8, 241, 1,204."""
    if value is None:
        return MISSING
    if value == 0:
        return "0"
    if value < 0.995:
        return _round_small(value)
    if value < 9.995:
        return f"{value:.2f}"
    return f"{value:.1f}" if value < 99.95 else f"{value:,.0f}"


def format_with_margin(value: float | None, margin: float | None) -> str:
    """Both with as many decimals as the value has: "50.0 ± 0.9"; the value alone when the margin is not known."""
    text = format_number(value)
    if value is None or margin is None:
        return text
    decimals = len(text.partition(".")[2])
    return f"{text} ± {margin:,.{decimals}f}"


def format_rate(per_s: float | None) -> str:
    """ "47.8/s"."""
    return MISSING if per_s is None else f"{format_number(per_s)}/s"


def format_answer_rate(per_s: float | None) -> str:
    """ "47.8 answers/s": throughput in sentences."""
    return MISSING if per_s is None else f"{format_number(per_s)} answers/s"


def format_user_number(users: float | None) -> str:
    """Whole from 10 on, one decimal below, where a half matters: "18", "2.4", "3"."""
    if users is None:
        return MISSING
    return f"{users:,.0f}" if users >= 9.95 else f"{users:.1f}".removesuffix(".0")


def format_users(users: float | None) -> str:
    """ "18 users", "1 user"."""
    number = format_user_number(users)
    if users is None:
        return number
    return f"{number} user" if number == "1" else f"{number} users"


def format_user_interval(interval: tuple[float, float] | None) -> str:
    """ "16–20"."""
    if interval is None:
        return MISSING
    return f"{format_user_number(interval[0])}–{format_user_number(interval[1])}"


def format_ratio(ratio: float | None) -> str:
    """A share in percent: "94 %", "0.4 %".  Never 0 % nor 100 % of what is not."""
    if ratio is None:
        return MISSING
    percent = ratio * 100
    if percent in {0.0, 100.0}:
        return f"{percent:.0f} %"
    if 99 < percent < 100:
        return f"{min(percent, 99.9):.1f} %"
    if 0 < percent < 9.95:
        return f"{_round_small(max(percent, 0.01)) if percent < 1 else f'{percent:.1f}'} %"
    return f"{percent:.0f} %"


def format_count(count: int | None) -> str:
    """ "1,204"."""
    return MISSING if count is None else f"{count:,}"


def plural(count: int, noun: str) -> str:
    """ "1 error", "3 errors"."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
