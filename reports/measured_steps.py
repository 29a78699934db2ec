"""Steps as JSON: samples, or throughput and response time, a step.  Pure; collects every problem it finds."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from reports.dataset import StepData
from reports.steps import summarise_step
from reports.tables import bare_samples
from reports.verdict import StepSummary

MOST_USERS = 1_000_000
SHORTEST_HOLD_S = 0.1
LARGEST = 1e9  # of any time or rate
SUMMARY_NOISE = 0.03  # of a throughput that comes without samples, standard deviation
USUAL_HOLD_S = 10.0  # assumed for a step in which nothing ended, when it does not say
MOST_ROWS_NAMED = 3
Row = tuple[float, float | None, bool | int]
Table = NDArray[np.float64]


def read_measured_steps(document: Any, problems: list[str]) -> list[StepSummary]:
    """document: {"steps": […]} or the list itself.  What is wrong is appended to ``problems``."""
    steps = document.get("steps") if isinstance(document, dict) else document
    if not isinstance(steps, list):
        problems.append(_say_no_steps(document))
        return []
    if not steps:
        problems.append("steps is empty; at least one step is needed, two or more to say anything")
    found = (_read_step(step, f"steps[{index}]", problems) for index, step in enumerate(steps))
    return [step for step in found if step is not None]


def _say_no_steps(document: Any) -> str:
    if isinstance(document, dict) and isinstance(document.get("cases"), list):
        return f"holds {len(document['cases'])} cases; give one of them, an object with steps"
    if isinstance(document, dict):
        names = ", ".join(map(str, document)) or "nothing"
        return f"the object has no list of steps (it has: {names}); a list named steps is needed"
    return f"is {_kind(document)}; it must be an object with steps, or a list of steps"


def _read_step(step: Any, where: str, problems: list[str]) -> StepSummary | None:
    """None when it cannot be used; why is in ``problems``."""
    if not isinstance(step, dict):
        problems.append(f"{where} is {_kind(step)}; it must be an object")
        return None
    before = len(problems)
    users = _read_users(step, where, problems)
    if "samples" in step:
        hold_s = _read_number(step, "hold_s", where, problems, least=SHORTEST_HOLD_S)
        samples = _read_samples(step["samples"], hold_s, f"{where}.samples", problems)
        if len(problems) > before:
            return None
        return _summarise_samples(users, hold_s, samples)
    if "throughput_per_s" in step:
        rate = _read_number(step, "throughput_per_s", where, problems)
        response_s = _read_optional(step, "response_s", where, problems)
        hold_s = _read_optional(step, "hold_s", where, problems) or 0.0
        return _summarise_rate(users, rate, response_s, hold_s) if len(problems) == before else None
    problems.append(f"{where} has neither samples nor throughput_per_s; one of them is needed")
    return None


# ---- values ----


def _read_users(step: Mapping[str, Any], where: str, problems: list[str]) -> int:
    value = step.get("users")
    is_whole = isinstance(value, int | float) and not isinstance(value, bool) and float(value).is_integer()
    if not is_whole or not 1 <= value <= MOST_USERS:  # type: ignore[operator]
        seen = "missing" if "users" not in step else _show(value)
        problems.append(f"{where}.users is {seen}; it must be a whole number from 1 to {MOST_USERS:,}")
        return 0
    return int(value)  # type: ignore[arg-type]


def _read_number(
    step: Mapping[str, Any], name: str, where: str, problems: list[str], *, least: float = 0.0
) -> float:
    value = step.get(name)
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    if not is_number or not least <= value <= LARGEST:  # type: ignore[operator]
        seen = "missing" if name not in step else _show(value)
        problems.append(f"{where}.{name} is {seen}; it must be a number from {least:g} to {LARGEST:g}")
        return 0.0
    return float(value)  # type: ignore[arg-type]


def _read_optional(step: Mapping[str, Any], name: str, where: str, problems: list[str]) -> float | None:
    return None if step.get(name) is None else _read_number(step, name, where, problems)


def _read_samples(value: Any, hold_s: float, where: str, problems: list[str]) -> Table:
    """A row a sample: start, end (NaN while in flight) and whether it ended well."""
    try:
        rows = msgspec.convert(value, list[Row])
    except msgspec.ValidationError:
        problems += _explain_rows(value, where)
        return np.empty((0, 3))
    table: Table = np.array(rows, dtype=float).reshape(-1, 3)  # None becomes NaN
    impossible = (
        np.isinf(table).any(axis=1) | (table[:, 1] < table[:, 0]) | ((table[:, 0] > hold_s) & (hold_s > 0))
    )
    wrong = [
        f"{where}[{index}] {_why_impossible(rows[index], hold_s)}" for index in np.flatnonzero(impossible)
    ]
    problems += _cut(wrong, where)
    return table


def _why_impossible(row: Row, hold_s: float) -> str:
    start_s, end_s, _ = row
    if end_s is not None and end_s < start_s:
        return f"ends at {end_s:g} s before it starts at {start_s:g} s"
    if start_s > hold_s:
        return f"starts at {start_s:g} s, after the hold of {hold_s:g} s; times count from the beginning of the step"
    return f"is {_show(row)}; times must be finite"


def _explain_rows(value: Any, where: str) -> list[str]:
    if not isinstance(value, list):
        return [f"{where} is {_kind(value)}; it must be a list of [start_s, end_s, ok]"]
    wrong = []
    for index, row in enumerate(value):
        try:
            msgspec.convert(row, Row)
        except msgspec.ValidationError:
            wrong.append(
                f"{where}[{index}] is {_show(row)}; it must be [start_s, end_s or null, ok (0 or 1)]"
            )
    return _cut(wrong, where)


def _cut(wrong: list[str], where: str) -> list[str]:
    rest = len(wrong) - MOST_ROWS_NAMED
    return [*wrong[:MOST_ROWS_NAMED], *([f"{where}: {rest} more rows like these"] if rest > 0 else [])]


def _show(value: Any) -> str:
    text = msgspec.json.encode(value).decode()
    return text if len(text) <= 60 else f"{text[:57]}…"


def _kind(value: Any) -> str:
    names = {dict: "an object", list: "a list", str: "text", bool: "true or false", type(None): "null"}
    return names.get(type(value), "a number")


# ---- summaries ----


def _summarise_samples(users: int, hold_s: float, table: Table) -> StepSummary:
    return summarise_step(
        StepData(
            index=0,
            users=users,
            start_s=0.0,
            end_s=hold_s,
            drained_s=None,
            samples=bare_samples(table[:, 0], table[:, 1], table[:, 2] > 0),
            is_complete=True,
        )
    )


def _summarise_rate(users: int, rate: float, response_s: float | None, hold_s: float) -> StepSummary:
    """Without samples nothing is known of spread, errors or steadiness."""
    count = round(rate * hold_s)
    window_s = hold_s or (USUAL_HOLD_S if rate == 0 else 0.0)
    return StepSummary(
        index=0,
        users=users,
        hold_s=window_s,
        warmup_s=0.0,
        window_s=window_s,
        sample_count=count,
        ok_count=count,
        error_count=0,
        censored_count=0,
        throughput_per_s=rate or None,
        throughput_se_per_s=rate * SUMMARY_NOISE if rate else None,
        response_mean_s=response_s,
        response_p50_s=None,
        response_p95_s=None,
        response_p99_s=None,
        error_ratio=None,
        efficiency=None,
        is_steady=None,
    )
