"""The few numbers that a verdict comes down to, each with what it means.  Pure."""

from __future__ import annotations

from dataclasses import dataclass

from reports.safe_users import find_safe_users
from reports.units import (
    format_rate,
    format_ratio,
    format_seconds,
    format_user_interval,
    format_users,
)
from reports.verdict import Saturation, StepSummary, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyNumber:
    label: str
    value: str
    note: str


def list_key_numbers(verdict: Verdict) -> list[KeyNumber]:
    """In the order they are shown."""
    saturation = verdict.saturation
    return [
        _point(saturation),
        KeyNumber(
            label="Throughput",
            value=format_rate(saturation.max_throughput_per_s),
            note="good answers, at most" if saturation.users is not None else "good answers, highest so far",
        ),
        _safe(saturation),
        KeyNumber(
            label="Alone",
            value=format_seconds(saturation.base_response_s),
            note="response without contention",
        ),
        _errors(verdict.steps),
    ]


def _point(saturation: Saturation) -> KeyNumber:
    if saturation.users is not None:
        note = f"95 %: {format_user_interval(saturation.interval)}" if saturation.interval else "no interval"
        return KeyNumber(label="Saturation", value=format_users(saturation.users), note=note)
    if saturation.lower_bound_users is not None:
        return KeyNumber(
            label="Saturation", value=f"> {format_users(saturation.lower_bound_users)}", note="95 % sure"
        )
    return KeyNumber(label="Saturation", value=format_users(None), note="not known")


def _safe(saturation: Saturation) -> KeyNumber:
    safe = find_safe_users(saturation)
    if safe is None:
        is_known = saturation.status != "undecided" and saturation.base_response_s is not None
        note = "no step at 80 % efficiency" if is_known else "not known"
        return KeyNumber(label="Safe", value=format_users(None), note=note)
    return KeyNumber(label="Safe", value=format_users(safe.users), note=safe.note)


def _errors(steps: list[StepSummary]) -> KeyNumber:
    """The worst step; an average over light and heavy load would mean nothing."""
    known = [(step.error_ratio, step) for step in steps if step.error_ratio is not None]
    if not known:
        return KeyNumber(label="Errors", value=format_ratio(None), note="nothing ended")
    ratio, worst = max(known, key=lambda pair: pair[0])
    note = f"worst step, {format_users(worst.users)}" if ratio else "of what ended, at any load"
    return KeyNumber(label="Errors", value=format_ratio(ratio), note=note)
