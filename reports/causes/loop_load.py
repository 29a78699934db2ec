"""How busy the event loop, its process and the GIL were during a step.  Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from harness.records import Frame
from reports.attribution.capacity import make_proof
from reports.attribution.loop_profile import LOOP
from reports.attribution.recording import between
from reports.attribution.state import State
from reports.causes.bottleneck import measured_rate
from reports.causes.places import named_function
from reports.causes.situation import Situation
from reports.dataset import StepData
from reports.verdict import Proof

FEWEST_READINGS = 2
CONTENDED_S = (
    0.005  # the interpreter's own switch interval: an idle thread waits so long when another computes
)
CONTENDED_RATIO = 2.0
FULL_MACHINE_RATIO = 0.5  # of the loop's busy time without a processor: the machine is full
FEWEST_STACKS = 5  # of threads, to say what they did


@dataclass(frozen=True, slots=True, kw_only=True)
class LoopLoad:
    """One step; None where nothing was measured."""

    busy_ratio: float | None  # of the event loop
    cpu_ratio: float | None  # of the process: CPU seconds per second
    gil_overshoot_s: float | None  # how late an idle thread's short sleep ends
    starved_ratio: float | None = (
        None  # of the loop's busy time, in which the machine had no processor for it
    )

    @property
    def is_machine_full(self) -> bool:
        """Whether it mostly waited for a processor when it wanted one."""
        return self.starved_ratio is not None and self.starved_ratio >= FULL_MACHINE_RATIO


def read_loop_load(situation: Situation, step: StepData | None) -> LoopLoad:
    if step is None:
        return LoopLoad(busy_ratio=None, cpu_ratio=None, gil_overshoot_s=None)
    summary = situation.summary_of(step)
    start_s = step.start_s + (summary.warmup_s if summary else 0.0)
    readings = list(between(situation.recording.process, start_s, step.end_s))
    overshoots = [one.gil_overshoot_s for one in readings if one.gil_overshoot_s is not None]
    cpu_ratio = None
    if len(readings) >= FEWEST_READINGS and readings[-1].at_s > readings[0].at_s:
        cpu_ratio = (readings[-1].cpu_s - readings[0].cpu_s) / (readings[-1].at_s - readings[0].at_s)
    return LoopLoad(
        busy_ratio=situation.loop.busy_ratio(start_s, step.end_s),
        cpu_ratio=cpu_ratio,
        gil_overshoot_s=sum(overshoots) / len(overshoots) if overshoots else None,
        starved_ratio=_starved_ratio(situation, start_s, step.end_s),
    )


def _starved_ratio(situation: Situation, start_s: float, end_s: float) -> float | None:
    own = [
        one for one in situation.recording.loop if start_s <= one.end_s <= end_s and one.starved_s is not None
    ]
    busy_s = sum(one.busy_s for one in own)
    return min(1.0, sum(one.starved_s or 0.0 for one in own) / busy_s) if busy_s > 0 else None


def is_contended(situation: Situation) -> bool:
    """Whether threads fight for the interpreter at the high step, and did so less at the low one."""
    low, high = (read_loop_load(situation, step).gil_overshoot_s for step in (situation.low, situation.high))
    return high is not None and high >= CONTENDED_S and (low is None or high >= CONTENDED_RATIO * low)


def prove_single(situation: Situation, busy_ratio: float | None) -> Proof | None:
    """The capacity law of what there is one of: the loop, or the interpreter that one thread has at a time."""
    rate = measured_rate(situation, situation.high)
    return make_proof(1.0, busy_ratio / rate, rate) if busy_ratio and rate else None


def computing_ratio(situation: Situation, state: State, step: StepData | None) -> float | None:
    """How much of the time in a thread was computing, or waiting to; None when its threads were hardly seen.

    state: time spent in a thread.  Those of its own function count, where they were seen; else all of the pool.  When
    threads fight for the interpreter all of it counts: a stack is only seen where a thread lets go of it, at some call
    that seems to wait.
    """
    if step is None:
        return None
    if is_contended(situation):
        return 1.0
    wanted = _function(situation.recording.frames(state.site))
    own: Counter[bool] = Counter()
    everyone: Counter[bool] = Counter()
    for stack in between(situation.recording.threads, step.start_s, step.end_s):
        if stack.resource == LOOP or (
            state.resource.startswith(("executor", "anyio")) and stack.resource != state.resource
        ):
            continue
        everyone[not stack.waits_in] += stack.count
        if wanted is not None and _function(situation.recording.frames(stack.site)) == wanted:
            own[not stack.waits_in] += stack.count
    counts = own if own.total() >= FEWEST_STACKS else everyone
    return counts[True] / counts.total() if counts.total() >= FEWEST_STACKS else None


def _function(frames: Sequence[Frame]) -> tuple[str, str] | None:
    return (frames[0].file, named_function(frames[0].function)) if frames else None
