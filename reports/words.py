"""The sentences of a verdict.  Pure; terminal, page and summary.md show them word for word.

What a cause is and how it is mended comes with the finding; here it is only put into its place.
"""

from __future__ import annotations

from reports.plain_text import one_line
from reports.probe_overhead import find_overhead_problem
from reports.units import (
    format_answer_rate,
    format_number,
    format_ratio,
    format_seconds,
    format_user_interval,
    format_users,
)
from reports.verdict import Finding, Location, Proof, Saturation, Verdict

GENERATOR_CAUSE = "load_generator_limit"
BASIS_WORDS = {
    "steps": "95 %",
    "capacity": "by the capacity that is full",
    "arrivals": "by the rates sustained",
}
CLOSED_LOOP = "closed loop: each user waits for its answer before it asks again"
ROLE_WORDS = {"limit": "the limit", "defect": "wrong at any load"}
_CAPITALS = {"cpu_bound": "CPU bound"}


def is_generator_limited(verdict: Verdict) -> bool:
    """Whether the harness itself was the limit, so that nothing can be said about the chain."""
    return any(f.cause == GENERATOR_CAUSE and f.role == "limit" for f in verdict.findings)


def tone_of(verdict: Verdict) -> str:
    """What the answer's colour stands for: the saturation's status, unless something weighs more."""
    if is_generator_limited(verdict):
        return "no-verdict"
    if verdict.findings and verdict.findings[0].role == "defect":
        return "defect"  # wrong at any load: no number of users is good news
    return verdict.saturation.status


def say_verdict(verdict: Verdict) -> str:
    """The sentence that answers first."""
    return f"{say_answer(verdict)} {say_answer_rest(verdict)}"


def say_answer(verdict: Verdict) -> str:
    """How the sentence begins, for large type: "Saturates at 18 users"."""
    joint = {"not_reached": ";", "undecided": ":"}.get(verdict.saturation.status, "")
    return f"{_answer(verdict)}{':' if is_generator_limited(verdict) else joint}"


def _answer(verdict: Verdict) -> str:
    saturation = verdict.saturation
    if is_generator_limited(verdict):
        return "No verdict on the chain"
    if saturation.status == "saturated":
        return f"Saturates at {format_users(saturation.users)}"
    if saturation.status == "saturated_from_first_step":
        return "Saturated from the first step"
    if saturation.status == "not_reached":
        return f"Not saturated up to {format_users(_top_users(verdict))}"
    return "Undecided"


def say_answer_rest(verdict: Verdict) -> str:
    """How it goes on."""
    saturation = verdict.saturation
    if is_generator_limited(verdict):
        return "the load generator was the limit."
    rest = {
        "saturated": _rest_of_saturated,
        "saturated_from_first_step": _rest_of_first_step,
        "not_reached": _rest_of_not_reached,
        "undecided": _rest_of_undecided,
    }
    return rest[saturation.status](verdict)


def _rest_of_saturated(verdict: Verdict) -> str:
    return f"{_interval(verdict.saturation)}{say_throughput(verdict.saturation)}."


def _rest_of_first_step(verdict: Verdict) -> str:
    first = min((step.users for step in verdict.steps), default=None)
    rate = say_throughput(verdict.saturation)
    return f"({format_users(first)}): {rate}, and more users bring no more."


def _rest_of_not_reached(verdict: Verdict) -> str:
    saturation = verdict.saturation
    measured = f"{say_throughput(saturation)} measured."
    if saturation.lower_bound_users is None:
        return measured
    return f"saturation lies above {format_users(saturation.lower_bound_users)}; {measured}"


def _rest_of_undecided(verdict: Verdict) -> str:
    reason = one_line(verdict.saturation.reason or "the steps measured do not tell").rstrip(".")
    users = verdict.saturation.next_step
    return f"{reason}." if users is None else f"{reason}; run a step with {format_users(users)} next."


def say_throughput(saturation: Saturation) -> str:
    """ "4.7 answers/s", and of streams "4.7 answers/s, 188 tokens/s"."""
    rate = format_answer_rate(saturation.max_throughput_per_s)
    tokens = saturation.max_tokens_per_s
    return rate if tokens is None else f"{rate}, {format_number(tokens)} tokens/s"


def _interval(saturation: Saturation) -> str:
    if saturation.interval is None:
        return "with "
    kind = BASIS_WORDS[saturation.basis]
    return f"({kind}: {format_user_interval(saturation.interval)}), "


def _top_users(verdict: Verdict) -> int | None:
    return max((step.users for step in verdict.steps), default=None)


def name_cause(cause: str) -> str:
    """ "semaphore_starved" as a heading: "Semaphore starved"."""
    return _CAPITALS.get(cause) or one_line(cause.replace("_", " ")).capitalize()


def say_share(finding: Finding) -> str | None:
    """How much of the growth it explains; None when that cannot be told."""
    if finding.share_of_growth is None:
        return None
    return f"{format_ratio(finding.share_of_growth)} of the added response time"


def say_place(location: Location) -> str:
    """ "app/chain.py:42 in run"."""
    function = f" in {one_line(location.function, longest=80)}" if location.function else ""
    return f"{one_line(location.file, longest=120)}:{location.line}{function}"


def say_proof(proof: Proof) -> str:
    """The capacity law with its numbers, and how well it holds."""
    apart = abs(proof.predicted_per_s / proof.measured_per_s - 1) if proof.measured_per_s else None
    distance = f" ({format_ratio(apart)} apart)" if apart is not None else ""
    predicted, measured = format_answer_rate(proof.predicted_per_s), format_number(proof.measured_per_s)
    law = f"capacity {proof.capacity:g} / {format_seconds(proof.hold_s)}"
    return f"{law} = {predicted} predicted, {measured} measured{distance}"


def say_next_step(verdict: Verdict) -> str | None:
    """Which step would tell most; None when the answer is tight."""
    users = verdict.saturation.next_step
    return None if users is None else f"Measure a step with {format_users(users)}; it would tell most."


def list_health_warnings(verdict: Verdict) -> list[str]:
    """What speaks against the measurement itself, a sentence each."""
    health = verdict.health
    parts = {
        "Load generator": health.load_generator,
        "Probes": find_overhead_problem(health.probe_overhead),
        "Mock provider": health.mock,
        "Target": health.target,
    }
    said = [f"{name}: {one_line(words)}" for name, words in parts.items() if words]
    cut = (
        [] if verdict.run.get("completed", True) else ["The run did not complete; this is what was measured."]
    )
    return [*cut, *said, *map(one_line, health.notices)]
