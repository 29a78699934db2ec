"""What a run is asked for, before anything is started."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from harness.errors import BadInputError
from harness.run import make_request
from harness.settings import CLIMB_USERS, DEFAULT_MAX_S, RunSettings

SCENARIO = """
from harness.load import Scenario, locust_classes
SCENARIO = Scenario(target="chain.py:chain", steps=(1, 2), hold="1s")
ChainUser, StepShape = locust_classes(SCENARIO)
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "chain.py").write_text("chain = None\n")
    return tmp_path


def asked(target: str, **given: Any) -> dict[str, Any]:
    return make_request(target, given, processes=None).overrides


def test_a_target_gets_steps_beyond_the_given_ones_of_a_length_that_fits(project: Path) -> None:
    fields = asked("chain.py:chain")
    assert (fields["max_s"], fields["adapts_hold"]) == (DEFAULT_MAX_S, True)


def test_a_given_length_of_a_step_is_kept(project: Path) -> None:
    assert asked("chain.py:chain", hold_s=3.0)["adapts_hold"] is False


def test_no_time_means_the_given_steps_alone(project: Path) -> None:
    assert asked("chain.py:chain", max_s=0.0)["max_s"] == 0.0


def test_steps_chosen_in_no_time_are_refused(project: Path) -> None:
    with pytest.raises(BadInputError, match="--max-seconds more than 0"):
        asked("chain.py:chain", steps=(1, 4, 16), climbs=True, max_s=0.0)


def test_a_scenario_runs_its_own_steps_and_no_others(project: Path) -> None:
    (project / "scenario.py").write_text(SCENARIO)
    assert "max_s" not in asked("scenario.py")
    assert asked("scenario.py", max_s=30.0)["max_s"] == 30.0


@pytest.mark.parametrize(
    ("fields", "most"),
    [
        ({}, 20),
        ({"max_s": 60.0}, 60),
        ({"max_s": 60.0, "climbs": True}, CLIMB_USERS),
    ],
)
def test_threads_suffice_for_the_largest_step_there_may_be(fields: dict[str, Any], most: int) -> None:
    settings = RunSettings(name="n", target="t", steps=(1, 20), mode="invoke", **fields)
    assert (settings.most_users, settings.thread_count) == (most, most)
