"""Whether the machine was full while it was measured: waiting for it would look like the chain's own.  Pure."""

from __future__ import annotations

from reports.causes.loop_load import read_loop_load
from reports.causes.situation import Situation
from reports.dataset import StepData
from reports.units import format_number, format_ratio, format_users

OWN_CORE = 0.8  # CPU seconds per second: a target that uses so much fills the machine itself


def find_machine_note(situation: Situation) -> str | None:
    """Of the two steps that are compared, in words; None when the target had a processor when it wanted one."""
    notes = (_note_of(situation, step) for step in (situation.low, situation.high) if step is not None)
    return next((note for note in notes if note is not None), None)


def _note_of(situation: Situation, step: StepData) -> str | None:
    load = read_loop_load(situation, step)
    if not load.is_machine_full or (load.cpu_ratio or 0.0) >= OWN_CORE:
        return None
    return (
        f"with {format_users(step.users)} the machine had no processor free for {format_ratio(load.starved_ratio)} of "
        f"the time the target wanted one, and the target used {format_number(load.cpu_ratio)} of a core: something "
        "else was running; on a quiet machine it may carry more"
    )
