import pytest
from page_material import make_saturation, make_step

from reports.capacity_point import find_point_by_capacity
from reports.verdict import Confidence, Finding, Proof, Role, Saturation, StepSummary

OPEN = make_saturation(status="undecided", users=None, interval=None, reason="it may lie beyond 80 users")


def steps_of(*measured: tuple[int, float, float]) -> list[StepSummary]:
    """users, answers/s, response time."""
    return [
        make_step(index, users, throughput_per_s=rate, response_mean_s=response_s)
        for index, (users, rate, response_s) in enumerate(measured)
    ]


STEPS = steps_of((1, 0.98, 1.02), (40, 32.7, 1.2), (80, 48.6, 1.65))


def limit(
    predicted: float = 49.5, *, measured: float = 48.6, confidence: Confidence = "high", role: Role = "limit"
) -> Finding:
    proof = Proof(capacity=40.0, hold_s=40.0 / predicted, predicted_per_s=predicted, measured_per_s=measured)
    return Finding(
        cause="thread_pool_saturated", role=role, confidence=confidence, share_of_growth=0.8, location=None, summary="",
        evidence=[], fix="", proof=proof,
    )  # fmt: skip


def point(*findings: Finding, steps: list[StepSummary] = STEPS) -> Saturation | None:
    return find_point_by_capacity(OPEN, findings, steps)


def test_a_full_resource_says_where_the_plateau_is() -> None:
    found = point(limit())
    assert found is not None
    assert (found.status, found.basis, found.reason) == ("saturated", "capacity", None)
    assert found.users == pytest.approx(50.0, rel=0.02)
    assert found.interval is not None and found.interval[0] < 46 < 54 < found.interval[1]


@pytest.mark.parametrize(
    "finding",
    [limit(confidence="medium"), limit(70.0), limit(role="defect")],
    ids=["unsure", "the law does not hold", "no limit"],
)
def test_what_is_not_proven_settles_nothing(finding: Finding) -> None:
    assert point(finding) is None


def test_only_the_first_limit_counts() -> None:
    assert point(limit(confidence="low"), limit()) is None


def test_a_point_beyond_the_steps_is_not_claimed() -> None:
    assert point(limit(), steps=STEPS[:2]) is None


def test_without_a_step_that_nobody_waited_in_there_is_no_response_time_alone() -> None:
    assert point(limit(), steps=steps_of((45, 40.0, 1.1), (80, 48.6, 1.65))) is None
