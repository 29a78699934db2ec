"""Which cause changed, and where."""

from __future__ import annotations

from reports.gate.paired.change import explain_change
from reports.gate.subject import Subject
from reports.verdict import Finding, Health, Location, Proof, Role, Saturation, Verdict

LINE = Location(file="app/chain.py", line=42, function="answer")


def finding(
    cause: str = "semaphore_starved",
    *,
    capacity: float = 5.0,
    hold_s: float = 0.1,
    role: Role = "limit",
    location: Location | None = LINE,
) -> Finding:
    rate = capacity / hold_s
    return Finding(
        cause=cause,
        role=role,
        confidence="high",
        share_of_growth=0.9,
        location=location,
        summary="It waits.",
        evidence=[],
        fix="Raise it.",
        proof=Proof(capacity=capacity, hold_s=hold_s, predicted_per_s=rate, measured_per_s=rate)
        if role == "limit"
        else None,
    )


def subject(*findings: Finding, directory: str = "runs/a") -> Subject:
    saturation = Saturation(
        status="saturated",
        users=5.0,
        interval=(4.0, 6.0),
        max_throughput_per_s=50.0,
        safe_users=5,
        next_step=None,
    )
    verdict = Verdict(run={}, saturation=saturation, findings=list(findings), steps=[], health=Health())
    return Subject(scenario="chain", directory=directory, verdict=verdict)


def test_a_new_limit_is_named_with_its_line() -> None:
    words, place = explain_change(subject(), subject(finding()))
    assert words.startswith("Semaphore starved (capacity 5) now limits you at app/chain.py:42")
    assert place == LINE


def test_another_cause_is_told_with_the_one_before() -> None:
    pool = finding("thread_pool_saturated", capacity=8, location=Location(file="app/pool.py", line=7))
    words, place = explain_change(subject(pool), subject(finding()))
    assert "now limits you at app/chain.py:42" in words
    assert "it was Thread pool saturated (capacity 8) at app/pool.py:7 in base" in words
    assert place == LINE


def test_less_room_in_the_same_cause_is_told() -> None:
    words, place = explain_change(subject(finding(capacity=5)), subject(finding(capacity=4)))
    assert "lets 4 through at a time, 5 in base" in words
    assert place == LINE


def test_a_longer_hold_is_told() -> None:
    words, _ = explain_change(subject(finding(hold_s=0.1)), subject(finding(hold_s=0.125)))
    assert "is held 125 ms by a request, 100 ms in base" in words


def test_what_did_not_change_is_still_named() -> None:
    words, place = explain_change(subject(finding()), subject(finding()))
    assert words.endswith("limits both.")
    assert place == LINE


def test_a_new_defect_comes_first() -> None:
    defect = finding("shared_state_crosstalk", role="defect")
    words, _ = explain_change(subject(finding()), subject(defect, finding(capacity=4)))
    assert words.startswith("New: Shared state crosstalk at app/chain.py:42")


def test_where_nothing_is_known_it_says_how_to_look() -> None:
    base, head = subject(directory="out/base"), subject(finding("unknown"), directory="out/head")
    words, _ = explain_change(base, head)
    assert "chainload compare out/base out/head" in words
