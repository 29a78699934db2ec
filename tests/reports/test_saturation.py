import gzip
import json
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from simulated import load_benchmark, measure, summarise

from reports.informative_users import Choice
from reports.saturation import choose_next_step, draw_curve, find_saturation_point, with_efficiency
from reports.verdict import Saturation, StepSummary

TRUTH = Path(__file__).parents[2].parent / "shared" / "data" / "saturation-truth.json.gz"


def change(step: StepSummary, **fields: Any) -> StepSummary:
    return msgspec.structs.replace(step, **fields)


def test_servers_saturate_at_their_number() -> None:
    found = find_saturation_point(measure(servers=5))
    assert found.status == "saturated"
    assert found.users == pytest.approx(5, rel=0.1)
    assert found.interval is not None and found.interval[0] <= 5 <= found.interval[1]
    assert found.max_throughput_per_s == pytest.approx(50, rel=0.1)
    assert found.base_response_s == pytest.approx(0.1, rel=0.1)
    assert found.safe_users == 5


def test_time_outside_the_queue_moves_the_point_up() -> None:
    found = find_saturation_point(measure(servers=5, outside=0.5))
    assert found.users == pytest.approx(10, rel=0.15)


def test_a_blocked_loop_is_saturated_from_the_first_step() -> None:
    found = find_saturation_point(measure(servers=1, variation=0.02))
    assert found.status == "saturated_from_first_step"
    assert found.users == pytest.approx(1, rel=0.1)


def test_flat_from_a_first_step_of_many_users_names_no_number() -> None:
    found = find_saturation_point(measure((20, 50, 100), servers=2))
    assert found.status == "saturated_from_first_step"
    assert found.users is None and found.base_response_s is None and found.safe_users is None
    assert found.next_step is not None and found.next_step < 20


def test_what_never_queues_is_not_reached_and_says_where_saturation_can_only_lie() -> None:
    found = find_saturation_point(measure(kind="none"))
    assert found.status == "not_reached"
    assert found.users is None and found.interval is None
    assert found.lower_bound_users is not None and found.lower_bound_users > 43
    assert found.next_step == 150
    assert found.safe_users == 50


def test_a_rate_limit_saturates_at_rate_times_response_time() -> None:
    found = find_saturation_point(measure(kind="rate_limit", rate_per_s=80.0, burst=8.0))
    assert found.status == "saturated"
    assert found.users == pytest.approx(8, rel=0.15)


def test_one_number_of_users_is_undecided_and_says_what_to_run() -> None:
    steps = measure((1,), servers=5)
    found = find_saturation_point(steps)
    assert found.status == "undecided"
    assert found.reason is not None and "fewer than 2" in found.reason
    assert (found.next_step, choose_next_step(steps)) == (3, Choice(users=3))


def test_no_step_and_no_good_answer_are_undecided() -> None:
    assert find_saturation_point([]).reason == "no step was measured"
    failed = [
        {"users": n, "hold_s": 10, "samples": [[0.1 * i, 0.1 * i + 0.1, 0] for i in range(90)]}
        for n in (1, 5)
    ]
    found = find_saturation_point(summarise(failed))
    assert (found.status, found.reason) == ("undecided", "no request ended well in any step")


def test_steps_that_contradict_each_other_are_undecided() -> None:
    steps = measure(servers=100)
    steps[1] = change(steps[1], throughput_per_s=steps[1].throughput_per_s * 0.3)
    found = find_saturation_point(steps)
    assert found.status == "undecided"
    assert found.chi2_per_dof is not None and found.chi2_per_dof > 5


def test_the_order_of_steps_does_not_matter() -> None:
    steps = measure(servers=5)
    assert find_saturation_point(steps[::-1]).users == pytest.approx(find_saturation_point(steps).users)


def test_a_repeated_step_counts_twice() -> None:
    steps = measure((1, 5, 20), servers=8, variation=1.0)
    again = measure((1, 20), servers=8, variation=1.0, seed=1)
    once, twice = (find_saturation_point(some).interval for some in (steps, steps + again))
    assert once is None or (twice is not None and twice[1] / twice[0] < once[1] / once[0])


def test_a_window_too_short_for_one_answer_is_no_evidence_of_collapse() -> None:
    steps = measure(kind="none", ladder=(1, 5, 20))
    torn = change(
        steps[2], users=50, window_s=0.1, ok_count=0, throughput_per_s=None, throughput_se_per_s=None,
        response_mean_s=None,
    )  # fmt: skip
    assert find_saturation_point([*steps, torn]).status == "not_reached"


def test_a_long_step_in_which_nothing_ended_is_a_collapse() -> None:
    steps = measure(servers=5, ladder=(1, 5, 20))
    dead = change(
        steps[2], users=50, ok_count=0, throughput_per_s=None, throughput_se_per_s=None, response_mean_s=None
    )
    assert find_saturation_point([*steps[:2], dead]).status != "not_reached"


def test_a_tight_answer_asks_for_no_step_and_a_loose_one_for_the_most_telling() -> None:
    assert find_saturation_point(measure(servers=5, variation=0.02)).next_step is None
    loose = measure((1, 100), servers=8, base_s=0.05, variation=0.1)
    chosen = choose_next_step(loose)
    assert chosen is not None and 2 <= chosen.users <= 60


def test_adding_the_chosen_steps_narrows_the_interval_to_the_goal() -> None:
    ladder = [1, 4]
    for _ in range(8):
        steps = measure(tuple(ladder), servers=16, seed=3)
        chosen = choose_next_step(steps)
        if chosen is None:
            break
        ladder.append(chosen.users)
    found = find_saturation_point(steps)
    assert found.status == "saturated" and found.interval is not None
    assert found.interval[1] / found.interval[0] <= 1.25
    assert found.users == pytest.approx(16, rel=0.1)


def test_efficiency_is_one_while_nothing_is_shared() -> None:
    steps = measure(servers=5)
    filled = with_efficiency(steps, find_saturation_point(steps))
    assert filled[0].efficiency == pytest.approx(1, rel=0.1)
    assert filled[3].efficiency == pytest.approx(0.1, rel=0.15)


def test_without_a_base_response_there_is_no_efficiency() -> None:
    steps = measure((1,), servers=5)
    assert with_efficiency(steps, find_saturation_point(steps))[0].efficiency is None


def test_the_curve_goes_through_the_measured_steps_inside_its_band() -> None:
    steps = measure(servers=5)
    curve = draw_curve(steps)
    assert curve is not None
    for step in steps:
        middle, low, high = (
            np.interp(step.users, curve.users, values)
            for values in (curve.throughput_per_s, curve.low_per_s, curve.high_per_s)
        )
        assert step.throughput_per_s == pytest.approx(middle, rel=0.1)
        assert low <= middle <= high


def test_nothing_measured_draws_no_curve() -> None:
    assert draw_curve([]) is None


def test_equal_steps_give_equal_answers() -> None:
    steps = measure(servers=7, variation=1.0)
    assert find_saturation_point(steps) == find_saturation_point(steps)


def test_thousands_of_users_are_located_too() -> None:
    found = find_saturation_point(measure((1, 1000, 5000), servers=1500, hold_s=2.0, variation=0.1))
    assert found.status == "saturated"
    assert found.users == pytest.approx(1500, rel=0.15)


def score(cases: list[tuple[str, float | None, Saturation]]) -> tuple[list[float], list[bool], int, int]:
    """Relative errors and hits of the interval of those flagged, false alarms, undecided."""
    flagged = [(truth, found) for status, truth, found in cases if status == "saturated" and found.users]
    errors = [abs(found.users / truth - 1) for truth, found in flagged if found.users and truth]
    covered = [
        found.interval[0] * 0.999 <= truth <= found.interval[1] for truth, found in flagged if found.interval
    ]
    false = sum(found.status.startswith("saturated") for status, _, found in cases if status == "not_reached")
    return errors, covered, false, sum(found.status == "undecided" for _, _, found in cases)


def check_goals(cases: list[tuple[str, float | None, Saturation]]) -> None:
    errors, covered, false, undecided = score(cases)
    assert false == 0
    assert undecided <= 0.20 * len(cases)
    assert np.mean(np.array(errors) <= 0.10) >= 0.85
    assert np.mean(np.array(errors) <= 0.25) >= 0.95
    assert np.mean(covered) >= 0.90


def test_the_goals_hold_on_simulated_systems() -> None:
    benchmark = load_benchmark("saturation_truth")
    cases = benchmark.simulate_cases(seed=5, count=60, hold_s=10.0)
    check_goals([(case.status, case.users, case.found) for case in cases])


@pytest.mark.skipif(not TRUTH.exists(), reason="the cases are not on this machine")
def test_the_goals_hold_on_the_given_cases() -> None:
    document = json.loads(gzip.decompress(TRUTH.read_bytes()))
    cases = [case for case in document["cases"] if case["status"] in ("saturated", "not_reached")]
    check_goals([(c["status"], c["users"], find_saturation_point(summarise(c["steps"]))) for c in cases])


def test_no_number_of_users_is_asked_for_a_third_time() -> None:
    system: dict[str, Any] = {"servers": 8, "base_s": 0.05, "variation": 0.1}
    steps = measure((1, 100), **system)
    first = choose_next_step(steps)
    assert first is not None
    (vague,) = measure((first.users,), **system)
    vague = change(vague, throughput_se_per_s=vague.throughput_per_s)
    again = choose_next_step([*steps, vague])
    assert again is not None and again.users == first.users
    third = choose_next_step([*steps, vague, vague])
    assert third is not None and third.users != first.users
