"""Where tasks of invocations wait, five times a second: the innermost user frame, and what it awaits in the end.

For the time that no other probe explains.  A sample of the tasks, looked at on their own loop, between two callbacks.
"""

from __future__ import annotations

import asyncio
import random
from collections import defaultdict
from typing import Any

from harness.probe_records import AwaitStack
from harness.target.await_chain import context_of, walk_task
from harness.target.probes.loops import LoopWatch
from harness.target.probes.probe import ProbeContext
from harness.target.probes.recorder import BUSY_RATIO, CURRENT_TRACE

PERIOD_S = 0.2
WRITE_S = 1.0
MAX_TASKS = 32  # looked at in one go
BUSY_TASKS = 8  # the same where the loop computes: there tasks wait for it
NOT_THE_CHAIN = frozenset({"harness", "uvicorn"})


class AwaitChainsProbe:
    """Writes AwaitStack: counts over a second, each scaled up to all tasks."""

    name = "await_chains"

    def __init__(self) -> None:
        self._context: ProbeContext | None = None
        self._random = random.Random(0)
        self._counts: defaultdict[tuple[int, str], float] = defaultdict(float)
        self._asked: set[int] = set()

    def install(self, context: ProbeContext) -> None:
        self._context = context
        context.observer.every(PERIOD_S, self._ask, name=self.name)
        context.observer.every(WRITE_S, self._write, name=f"{self.name}_write")

    def uninstall(self) -> None:
        if self._context is not None:
            self._context.observer.stop_doing(self.name)
            self._context.observer.stop_doing(f"{self.name}_write")

    def _ask(self, now_s: float) -> None:
        assert self._context is not None
        if not self._context.recorder.open_count:
            return
        for watch in self._context.loops.watches:
            if watch.number not in self._asked and watch.loop.is_running():
                self._asked.add(watch.number)
                try:
                    watch.loop.call_soon_threadsafe(self._look, watch)
                except RuntimeError:  # closed just now
                    self._asked.discard(watch.number)

    def _look(self, watch: LoopWatch) -> None:
        assert self._context is not None
        self._asked.discard(watch.number)
        most = BUSY_TASKS if self._context.recorder.busy_ratio > BUSY_RATIO else MAX_TASKS
        tasks = list(asyncio.all_tasks(watch.loop))
        chosen = tasks if len(tasks) <= most else self._random.sample(tasks, most)
        weight = len(tasks) / len(chosen) if chosen else 0.0
        for task in chosen:
            self._count(task, weight)

    def _count(self, task: asyncio.Task[Any], weight: float) -> None:
        assert self._context is not None
        context = context_of(task)
        trace = None if context is None else context.get(CURRENT_TRACE)
        if trace is None or trace.ended_s is not None:
            return
        walk = walk_task(task)
        sites = self._context.sites
        last = walk.positions[-1][0] if walk.positions else None
        if last is None or isinstance(walk.waits_for, asyncio.Task) or hasattr(walk.waits_for, "_children"):
            return  # waits for other tasks, which are looked at themselves
        packages = [
            sites.package_of(code.co_filename) for code, _ in walk.positions if not sites.is_user(code)
        ]
        named = [package for package in packages if package]
        site = sites.of_positions(walk.positions)
        if site < 0 and (not named or named[-1] in NOT_THE_CHAIN):
            return
        waits_in = "future" if sites.is_user(last) else last.co_qualname
        self._counts[site, waits_in] += weight

    def _write(self, now_s: float) -> None:
        assert self._context is not None
        counts, self._counts = self._counts, defaultdict(float)
        for (site, waits_in), count in counts.items():
            self._context.emit(
                AwaitStack(at_s=now_s, site=site, count=max(round(count), 1), waits_in=waits_in)
            )
