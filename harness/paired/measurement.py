"""Measures two sides in turns: short slices in random order, until they have said enough.  Starts processes."""

from __future__ import annotations

import random
import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec

from harness.errors import ChainloadError, ExitCode
from harness.pair_plan import LOADS, SIDES, LoadName, PairPlan, SideName
from harness.paired.pilot import Reading, choose_users, is_saturated
from harness.paired.requests import SideRequests
from harness.paired.side_run import SideRun
from harness.records import Sample
from harness.run_directory import read_jsonl
from harness.step_orders import StepOrder

MOST_PAIRS = 20
SHORTEST_SLICE_S = 2.0
LONGEST_SLICE_S = 15.0
GENERATIONS = 4  # requests of a user that a slice should hold; the first warms up


class SideError(ChainloadError):
    """A side that could not be measured."""

    def __init__(self, side: SideName, label: str, cause: ChainloadError) -> None:
        super().__init__(f"{side} ({label}): {cause}")
        self.side = side
        self.exit_code: ExitCode = cause.exit_code


def measure_pairs(
    plan: PairPlan,
    requests: SideRequests,
    directory: Path,
    *,
    python_paths: Mapping[SideName, str],
    is_over: Callable[[int], bool],
    say: Callable[[str], None],
    users: int | None = None,
    most_pairs: int = MOST_PAIRS,
    shortest_slice_s: float = SHORTEST_SLICE_S,
    seed: int = 0,
) -> None:
    """Fill ``directory``: pairs.json and a run for each side.  Returns when every process is gone.

    is_over: told how many pairs there are, after each and before the first; True ends the measurement.
    users: who saturate it; None finds out.  Raises SideError when a side does not start, or dies.
    """
    directory.mkdir(parents=True, exist_ok=True)
    plan.write(directory)
    with _both_running(plan, requests, directory, python_paths) as runs:
        if is_over(0):
            return
        turns = Turns(plan, runs, random.Random(seed), shortest_slice_s=shortest_slice_s)
        turns.warm_up(requests.base.steps, users)
        turns.plan.write(directory)
        say(
            f"base and head in turns: throughput with {turns.plan.high_users} users, response time with "
            f"{turns.plan.low_users}"
        )
        for pair in range(most_pairs):
            turns.measure_pair(pair)
            say(f"pair {pair + 1} of at most {most_pairs}")
            if is_over(pair + 1):
                return


@contextmanager
def _both_running(
    plan: PairPlan, requests: SideRequests, directory: Path, python_paths: Mapping[SideName, str]
) -> Iterator[dict[SideName, SideRun]]:
    """Both started at the same time; ended whatever happens."""
    runs: dict[SideName, SideRun] = {}
    try:
        for side in SIDES:
            runs[side] = SideRun(
                side, requests.of(side), directory / side, python_path=python_paths.get(side, "")
            )
        for side in SIDES:
            with _named(side, plan):
                runs[side].wait_until_ready()
        yield runs
    finally:
        for run in runs.values():
            run.interrupt()
        for run in runs.values():
            run.stop()


@contextmanager
def _named(side: SideName, plan: PairPlan) -> Iterator[None]:
    try:
        yield
    except ChainloadError as error:
        raise SideError(side, plan.base if side == "base" else plan.head, error) from error


class Turns:
    """Who is measured when."""

    def __init__(
        self,
        plan: PairPlan,
        runs: Mapping[SideName, SideRun],
        dice: random.Random,
        *,
        shortest_slice_s: float = SHORTEST_SLICE_S,
    ) -> None:
        self.plan = plan
        self._runs = runs
        self._dice = dice
        self._shortest_s = shortest_slice_s
        self._hold_s: dict[LoadName, float] = {}

    def warm_up(self, steps: Sequence[int], users: int | None) -> None:
        """Up base's steps until it is saturated, then the same with head, then both as they will be compared.

        Both runs can so be analysed as any other.
        """
        readings: list[Reading] = []
        for step_users in steps:
            readings.append(Reading(users=step_users, response_s=self._warm_up("base", step_users)))
            if is_saturated(readings):
                break
        for reading in readings:
            self._warm_up("head", reading.users)
        low, high = choose_users(readings if users is None else [Reading(users=users, response_s=None)])
        self.plan = msgspec.structs.replace(
            self.plan, low_users=low, high_users=high, warm_ups=len(readings) + len(LOADS)
        )
        for load in reversed(LOADS):
            times_s = [self._warm_up(side, self.plan.users(load)) for side in SIDES]
            wanted_s = GENERATIONS * max((time_s for time_s in times_s if time_s is not None), default=0.0)
            self._hold_s[load] = min(max(wanted_s, self._shortest_s), LONGEST_SLICE_S)

    def measure_pair(self, pair: int) -> None:
        """The two slices to be compared follow each other directly."""
        for load in LOADS:
            for side in self._dice.sample(SIDES, k=len(SIDES)):
                self._run_slice(side, self.plan.users(load), self._hold_s[load], f"pair {pair + 1}")

    def _warm_up(self, side: SideName, users: int) -> float | None:
        """Mean response time; None when nothing was answered well."""
        step = self._run_slice(side, users, self._shortest_s, "warm-up")
        samples = read_jsonl(self._runs[side].directory.file("samples.jsonl"), Sample)
        times_s = [s.end_s - s.start_s for s in samples if s.step == step and s.outcome == "ok" and s.end_s]
        return statistics.fmean(times_s) if times_s else None

    def _run_slice(self, side: SideName, users: int, hold_s: float, note: str) -> int:
        with _named(side, self.plan):
            return self._runs[side].run_slice(
                StepOrder(users=users, hold_s=hold_s, purpose="pair", note=note)
            )
