"""Who used the CPU of the target during a step: threads' clocks say how much, stacks say where.  Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from reports.attribution.loop_profile import AWAITED, LOOP
from reports.attribution.recording import between
from reports.attribution.state import NO_SITE
from reports.causes.loop_load import read_loop_load
from reports.causes.places import named_function
from reports.causes.situation import Situation
from reports.dataset import StepData


@dataclass(frozen=True, slots=True, kw_only=True)
class CpuUsers:
    """Seconds of CPU by place in code; NO_SITE is what libraries do on nobody's line."""

    seconds: Mapping[int, float]
    loop_s: float
    threads_s: float

    @property
    def total_s(self) -> float:
        return self.loop_s + self.threads_s

    def main_function(self, situation: Situation) -> tuple[int | None, float]:
        """The user's function that used most, by its line that used most, and its part of all; None without any."""
        functions: dict[tuple[str, str], dict[int, float]] = defaultdict(dict)
        for site, seconds in self.seconds.items():
            frames = situation.recording.frames(site)
            if frames and frames[0].is_user:
                functions[frames[0].file, named_function(frames[0].function)][site] = seconds
        if not functions or self.total_s <= 0:
            return None, 0.0
        lines = max(functions.values(), key=lambda lines: sum(lines.values()))
        return max(lines, key=lambda site: lines[site]), sum(lines.values()) / self.total_s


def find_cpu_users(situation: Situation, step: StepData | None) -> CpuUsers:
    """Empty when nothing was measured."""
    if step is None:
        return CpuUsers(seconds={}, loop_s=0.0, threads_s=0.0)
    ratio = read_loop_load(situation, step).cpu_ratio
    activities = [one for one in situation.recording.loop if step.start_s <= one.end_s <= step.end_s]
    loop_s = sum(one.busy_s if one.cpu_s is None else one.cpu_s for one in activities)
    threads_s = max(0.0, ratio * step.hold_s - loop_s) if ratio is not None else 0.0
    in_loop, in_threads = _count_computing(situation, step)
    if not in_threads:  # no thread was seen computing: what is left is the interpreter's own
        loop_s, threads_s = loop_s + threads_s, 0.0
    seconds: dict[int, float] = defaultdict(float)
    for counts, used_s in ((in_loop, loop_s), (in_threads, threads_s)):
        for site, count in counts.items():
            seconds[site] += used_s * count / counts.total()
    return CpuUsers(seconds=seconds, loop_s=loop_s, threads_s=threads_s)


def _count_computing(situation: Situation, step: StepData) -> tuple[Counter[int], Counter[int]]:
    """How often the loop's thread and others were seen computing, by place."""
    in_loop: Counter[int] = Counter()
    in_threads: Counter[int] = Counter()
    for stack in between(situation.recording.threads, step.start_s, step.end_s):
        if stack.waits_in in ("", AWAITED):
            counts = in_loop if stack.resource == LOOP else in_threads
            counts[NO_SITE if stack.waits_in else stack.site] += stack.count
    return in_loop, in_threads
