from collections.abc import Callable

import pytest

from harness.run_directory import RunDirectory
from reports.analysis import analyse
from reports.distributions import list_distributions
from reports.material import Distribution


def distributions_of(run: RunDirectory) -> list[Distribution]:
    analysis = analyse(run)
    return list_distributions(analysis.dataset, analysis.verdict.steps, analysis.verdict.saturation)


def test_the_lowest_the_nearest_to_the_point_and_the_highest_step_are_shown(
    run_of: Callable[..., RunDirectory],
) -> None:
    found = distributions_of(run_of(kind="queue", steps=(1, 2, 5, 20, 50)))
    assert [one.users for one in found] == [1, 5, 50]


def test_the_quantiles_are_those_of_the_verdict(run_of: Callable[..., RunDirectory]) -> None:
    run = run_of(kind="queue", steps=(1, 20))
    steps = analyse(run).verdict.steps
    for one, step in zip(distributions_of(run), steps, strict=True):
        assert one.count == step.ok_count
        for share, seconds in ((0.5, step.response_p50_s), (0.95, step.response_p95_s)):
            assert one.quantile(share) == pytest.approx(seconds, rel=1e-6)


def test_a_step_with_few_answers_has_no_distribution(run_of: Callable[..., RunDirectory]) -> None:
    assert distributions_of(run_of(kind="healthy", steps=(1, 5), service_s=4.0)) == []
