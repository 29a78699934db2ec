import gzip
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from simulated import load_benchmark

from harness.errors import BadInputError
from reports.analysis import analyse_steps
from reports.locate import read_steps

HISTORY = Path(__file__).parent / "data" / "locust_stats_history.csv"
SAMPLES = [[0.1 * i, 0.1 * i + 0.1, 1] for i in range(101)]


def write(tmp_path: Path, document: Any, name: str = "steps.json") -> Path:
    path = tmp_path / name
    path.write_text(document if isinstance(document, str) else json.dumps(document))
    return path


def problems_of(tmp_path: Path, document: Any) -> list[str]:
    path = write(tmp_path, document)
    with pytest.raises(BadInputError) as caught:
        read_steps(path)
    return [
        line.removeprefix(f"{path}: ").removeprefix(f"{path} ") for line in str(caught.value).splitlines()
    ]


@pytest.mark.parametrize("wrap", [lambda steps: {"steps": steps, "id": 3}, lambda steps: steps])
def test_an_object_with_steps_and_a_bare_list_are_read(tmp_path: Path, wrap: Any) -> None:
    steps = read_steps(write(tmp_path, wrap([{"users": 1, "hold_s": 10, "samples": SAMPLES}])))
    assert [(step.users, step.ok_count) for step in steps] == [(1, 99)]
    assert steps[0].throughput_per_s == pytest.approx(10)


def test_gzip_is_read_whatever_the_name(tmp_path: Path) -> None:
    path = tmp_path / "steps"
    path.write_bytes(gzip.compress(json.dumps([{"users": 1, "hold_s": 10, "samples": SAMPLES}]).encode()))
    assert read_steps(path)[0].users == 1


def test_summaries_are_located_as_well(tmp_path: Path) -> None:
    rates = {1: 10.0, 5: 49.5, 20: 50.2, 50: 49.8}
    steps = [{"users": n, "throughput_per_s": x, "response_s": n / x} for n, x in rates.items()]
    verdict = analyse_steps(read_steps(write(tmp_path, {"steps": steps})), name="x").verdict
    assert verdict.saturation.status == "saturated"
    assert verdict.saturation.users == pytest.approx(5, rel=0.1)
    assert verdict.steps[1].response_mean_s == pytest.approx(0.101, rel=0.01)
    assert verdict.steps[1].response_p95_s is None and verdict.steps[1].error_ratio is None


def test_a_summary_of_nothing_is_a_step_in_which_nothing_ended(tmp_path: Path) -> None:
    (step,) = read_steps(write(tmp_path, [{"users": 3, "throughput_per_s": 0, "response_s": None}]))
    assert step.throughput_per_s is None


def test_steps_are_sorted_and_repeated_ones_kept(tmp_path: Path) -> None:
    rows = [{"users": n, "throughput_per_s": 5, "response_s": 0.1} for n in (20, 1, 5, 1)]
    steps = read_steps(write(tmp_path, rows))
    assert [(step.index, step.users) for step in steps] == [(0, 1), (1, 1), (2, 5), (3, 20)]


def test_a_request_without_end_was_in_flight(tmp_path: Path) -> None:
    (step,) = read_steps(write(tmp_path, [{"users": 1, "hold_s": 10, "samples": [*SAMPLES, [9.9, None, 0]]}]))
    assert step.censored_count == 2


def test_every_problem_is_named_at_once(tmp_path: Path) -> None:
    steps = [
        {"users": 0, "hold_s": 10, "samples": SAMPLES},
        {"users": 2.5, "hold_s": -1, "samples": [[0, 1, 1], [0, "x", 1], [2]]},
        7,
        {"users": 5},
        {"users": 5, "throughput_per_s": -3},
        {"users": True, "hold_s": 10, "samples": [[3, 2, 1], [99, 100, 1]]},
    ]
    assert problems_of(tmp_path, {"steps": steps}) == [
        "steps[0].users is 0; it must be a whole number from 1 to 1,000,000",
        "steps[1].users is 2.5; it must be a whole number from 1 to 1,000,000",
        "steps[1].hold_s is -1; it must be a number from 0.1 to 1e+09",
        'steps[1].samples[1] is [0,"x",1]; it must be [start_s, end_s or null, ok (0 or 1)]',
        "steps[1].samples[2] is [2]; it must be [start_s, end_s or null, ok (0 or 1)]",
        "steps[2] is a number; it must be an object",
        "steps[3] has neither samples nor throughput_per_s; one of them is needed",
        "steps[4].throughput_per_s is -3; it must be a number from 0 to 1e+09",
        "steps[5].users is true; it must be a whole number from 1 to 1,000,000",
        "steps[5].samples[0] ends at 2 s before it starts at 3 s",
        "steps[5].samples[1] starts at 99 s, after the hold of 10 s; times count from the beginning of the step",
    ]


def test_many_problems_are_cut_short(tmp_path: Path) -> None:
    lines = problems_of(tmp_path, [7] * 50)
    assert len(lines) == 21 and lines[-1] == "and 30 more problems"


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ("", "neither JSON"),
        ("hello", "neither JSON"),
        ("{", "neither JSON"),
        ("3", "is a number; it must be an object with steps"),
        ("null", "is null"),
        ('{"users": 3}', "has no list of steps (it has: users)"),
        ('{"steps": 3}', "has no list of steps"),
        ('{"cases": [1, 2]}', "holds 2 cases; give one of them"),
        ("[]", "steps is empty"),
        ('[{"users": 1, "samples": []}]', "steps[0].hold_s is missing"),
        ('[{"users": 1, "hold_s": 10, "samples": {}}]', "samples is an object; it must be a list"),
        ("Timestamp,User Count\n1,2", "has no column Name"),
    ],
)
def test_junk_is_refused_with_what_is_allowed(tmp_path: Path, document: str, words: str) -> None:
    assert words in "\n".join(problems_of(tmp_path, document))


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="No such file"):
        read_steps(tmp_path / "none.json")
    with pytest.raises(BadInputError, match="directory"):
        read_steps(tmp_path)
    torn = tmp_path / "torn.gz"
    torn.write_bytes(gzip.compress(b"[]" * 1000)[:-12])
    with pytest.raises(BadInputError, match="cannot be read"):
        read_steps(torn)
    binary = tmp_path / "binary"
    binary.write_bytes(b"\xff\xfe\x00[")
    with pytest.raises(BadInputError, match="not UTF-8"):
        read_steps(binary)


def test_a_locust_history_gives_a_step_for_each_plateau() -> None:
    """Recorded with Locust 2.47: 5 requests of 100 ms at a time, 9 s each of 1, 4, 12 and 30 users."""
    steps = read_steps(HISTORY)
    assert [step.users for step in steps] == [1, 4, 12, 30]
    assert [step.throughput_per_s for step in steps] == pytest.approx([10, 40, 50, 50], rel=0.02)
    assert [step.response_mean_s for step in steps] == pytest.approx([0.1, 0.1, 0.242, 0.606], rel=0.02)
    found = analyse_steps(steps, name="locust").verdict.saturation
    assert found.status == "saturated"
    assert found.users == pytest.approx(5, rel=0.1)


def test_a_history_whose_users_never_rest_is_refused(tmp_path: Path) -> None:
    header, *rows = HISTORY.read_text().splitlines()
    climbing = [f"{100 + n},{n},{row.split(',', 2)[2]}" for n, row in enumerate(rows)]
    assert "never stays the same for 5 s" in problems_of(tmp_path, "\n".join([header, *climbing]))[0]


def test_torn_rows_of_a_history_are_named(tmp_path: Path) -> None:
    text = HISTORY.read_text().replace(",346,", ",many,") + "17952,3,,Aggregated"
    assert any("is no row of numbers" in line for line in problems_of(tmp_path, text))


def test_failures_of_a_history_are_no_throughput(tmp_path: Path) -> None:
    header, *rows = HISTORY.read_text().splitlines()
    failed = []
    for row in rows:
        cells = row.split(",")
        cells[18] = str(int(cells[17]) // 2)
        failed.append(",".join(cells))
    steps = read_steps(write(tmp_path, "\n".join([header, *failed]), "h.csv"))
    assert steps[-1].throughput_per_s == pytest.approx(25, rel=0.02)
    assert steps[-1].error_ratio == pytest.approx(0.5, rel=0.02)


def test_a_case_of_the_benchmark_is_read_as_it_is(tmp_path: Path) -> None:
    systems = load_benchmark("closed_systems")
    system = systems.System(kind="queue", base_s=0.1, variation=0.1, outside=0.0, servers=4)
    rng = np.random.default_rng(0)
    steps = [
        {"users": n, "hold_s": 5, "samples": systems.simulate_step(system, n, 5.0, rng)}
        for n in (1, 4, 8, 16)
    ]
    path = write(tmp_path, {"id": 0, "status": "saturated", "users": 4, "kind": "queue", "steps": steps})
    assert analyse_steps(read_steps(path), name="case").verdict.saturation.users == pytest.approx(4, rel=0.1)


numbers = st.one_of(st.integers(-3, 60), st.floats(-1, 20), st.sampled_from([None, "x", True, 1e12, 1e-9]))
rows = st.lists(st.tuples(numbers, numbers, st.sampled_from([0, 1, True, "y"])), max_size=12)
steps = st.dictionaries(
    st.sampled_from(["users", "hold_s", "samples", "throughput_per_s", "response_s"]),
    st.one_of(numbers, rows),
)
likely = st.fixed_dictionaries(
    {"users": st.integers(1, 3000), "hold_s": st.floats(0.1, 50)},
    optional={
        "samples": st.lists(st.tuples(st.floats(0, 0.1), st.floats(0.1, 60), st.booleans()), max_size=30),
        "throughput_per_s": st.floats(0, 1e6),
    },
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(document=st.lists(st.one_of(likely, likely, steps), max_size=5))
def test_anything_is_either_refused_or_answered(tmp_path: Path, document: Any) -> None:
    try:
        found = read_steps(write(tmp_path, document))
    except BadInputError as error:
        assert str(error)
        return
    verdict = analyse_steps(found, name="any").verdict
    assert verdict.saturation.status in ("saturated", "saturated_from_first_step", "not_reached", "undecided")
    assert verdict.saturation.status != "undecided" or verdict.saturation.reason
