"""A run directory as numbers: steps, samples, invocations, provider attempts.  Reads; judges nothing.

Tolerates what a run that died leaves behind: missing files, torn lines, a step without its end.
Times stay on the run's own clock (CLOCK_MONOTONIC), in seconds.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.records import Event, GeneratorHealth, Invocation
from harness.run_directory import RunDirectory, RunInfo, read_jsonl
from reports.tables import (
    Attempts,
    Invocations,
    Samples,
    read_attempts,
    read_invocations,
    read_samples,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class StepData:
    """One step of the ladder with its samples."""

    index: int
    users: int
    start_s: float
    end_s: float  # no new requests from here on
    drained_s: float | None  # nothing in flight any more; None when the run did not get there
    samples: Samples
    is_complete: bool  # its end was recorded, not guessed from the last sample
    in_flight_count: int | None = None  # at the end
    cancelled_count: int | None = None  # by the drain
    purpose: str = "ladder"  # see harness.step_orders
    arrivals_per_s: float | None = None  # open loop; None: closed loop

    @property
    def hold_s(self) -> float:
        return self.end_s - self.start_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset:
    """Everything a run directory says."""

    info: RunInfo
    plan: dict[str, Any]  # mock.toml; empty when there is none
    events: tuple[Event, ...]
    steps: tuple[StepData, ...]  # in the order of their index
    invocations: Invocations
    stuck: tuple[Invocation, ...]  # hung and cancelled ones, with their stacks
    attempts: Attempts | None  # None: no provider ledger
    generator: tuple[GeneratorHealth, ...]

    def events_of(self, *kinds: str) -> list[Event]:
        return [event for event in self.events if event.kind in kinds]

    @property
    def is_completed(self) -> bool:
        """Whether the run came to its planned end."""
        return any(event.data.get("completed", True) for event in self.events_of("run_ended"))


def load_dataset(run: RunDirectory) -> Dataset:
    """Read a run.  Raises RunDirectoryError when run.json cannot be read; all else may be missing or torn."""
    info = run.read_info()
    events = [
        *read_jsonl(run.file("events.jsonl"), Event),
        *read_jsonl(run.file("target_events.jsonl"), Event),
    ]
    events.sort(key=lambda event: event.at_s)
    samples = read_samples(run.file("samples.jsonl"))
    invocations, stuck = read_invocations(run.file("invocations.jsonl"))
    return Dataset(
        info=info,
        plan=_read_plan(run.file("mock.toml")),
        events=tuple(events),
        steps=tuple(_split_steps(info, events, samples)),
        invocations=invocations,
        stuck=stuck,
        attempts=read_attempts(run.file("provider.jsonl")),
        generator=tuple(read_jsonl(run.file("generator.jsonl"), GeneratorHealth)),
    )


# ---- files ----


def _read_plan(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):  # no provider, or torn: what it planned is then unknown
        return {}


# ---- steps ----


def _split_steps(info: RunInfo, events: list[Event], samples: Samples) -> Iterator[StepData]:
    """The steps that have begun; where events are missing, what the samples show stands in for them."""
    order = np.argsort(samples.step, kind="stable")
    indices, starts = np.unique(samples.step[order], return_index=True)
    rows = dict(zip(indices.tolist(), np.split(order, starts[1:]), strict=True)) if len(order) else {}
    started = {
        event.step: event for event in events if event.kind == "step_started" and event.step is not None
    }
    for index in sorted({*started, *rows} - {-1}):
        own = samples.take(_as_slice(rows.get(index, np.empty(0, np.intp))))
        yield _make_step(index, info, [event for event in events if event.step == index], own)


def _as_slice(rows: NDArray[np.intp]) -> NDArray[np.intp] | slice:
    """Ascending rows without a gap as a slice, which copies nothing: samples come step by step."""
    if len(rows) and rows[-1] - rows[0] + 1 == len(rows):
        return slice(int(rows[0]), int(rows[-1]) + 1)
    return rows


def _make_step(index: int, info: RunInfo, events: list[Event], samples: Samples) -> StepData:
    last = {
        event.kind: event for event in events
    }  # a step that was begun anew counts from its last beginning
    started = last.get("step_started")
    start_s = started.at_s if started else float(np.min(samples.start_s))
    if np.any(samples.start_s < start_s):
        samples = samples.take(samples.start_s >= start_s)
    ended, drained = (_not_before(last.get(kind), start_s) for kind in ("step_ended", "step_drained"))
    return StepData(
        index=index,
        users=_users_of(index, info, started, samples),
        start_s=start_s,
        end_s=ended.at_s if ended else _last_moment(start_s, samples, events),
        drained_s=drained.at_s if drained else None,
        samples=samples,
        is_complete=ended is not None,
        in_flight_count=ended.data.get("in_flight") if ended else None,
        cancelled_count=drained.data.get("cancelled") if drained else None,
        **_ordered(started),
    )


def _ordered(started: Event | None) -> dict[str, Any]:
    """What the step was for, as far as its beginning says; those of earlier versions do not."""
    data = started.data if started is not None else {}
    return {name: data[name] for name in ("purpose", "arrivals_per_s") if data.get(name) is not None}


def _not_before(event: Event | None, start_s: float) -> Event | None:
    return event if event is not None and event.at_s >= start_s else None


def _users_of(index: int, info: RunInfo, started: Event | None, samples: Samples) -> int:
    if started is not None and started.users is not None:
        return started.users
    if index < len(info.settings.steps):
        return info.settings.steps[index]
    return len(np.unique(samples.user))


def _last_moment(start_s: float, samples: Samples, events: list[Event]) -> float:
    moments = [start_s, *(event.at_s for event in events)]
    if len(samples):
        moments += [float(np.max(samples.start_s)), float(np.nanmax(samples.end_s, initial=start_s))]
    return max(moments)
