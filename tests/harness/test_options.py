from __future__ import annotations

from pathlib import Path

import pytest

from harness.errors import BadInputError
from harness.options import (
    find_target_problem,
    is_scenario,
    name_of,
    parse_duration,
    parse_steps,
)


@pytest.mark.parametrize(
    ("text", "seconds"), [("10s", 10), ("500ms", 0.5), ("2m", 120), ("7", 7), ("1.5 s", 1.5), ("1h", 3600)]
)
def test_durations_are_read(text: str, seconds: float) -> None:
    assert parse_duration("--hold", text) == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["", "s", "-1s", "10 parsecs", "nan", "1e9"])
def test_other_durations_are_refused_with_what_is_allowed(text: str) -> None:
    with pytest.raises(BadInputError, match=r"--hold is .* 10s, 500ms or 2m"):
        parse_duration("--hold", text)


def test_steps_are_read() -> None:
    assert parse_steps("1, 5,20") == {"steps": (1, 5, 20), "climbs": False}
    assert parse_steps("auto") == {"steps": (1, 4, 16), "climbs": True}


@pytest.mark.parametrize("text", ["", "1,,2", "one", "1.5", "1;2"])
def test_other_steps_are_refused(text: str) -> None:
    with pytest.raises(BadInputError, match="no whole number"):
        parse_steps(text)


def test_a_missing_file_is_said_with_its_neighbours(tmp_path: Path) -> None:
    (tmp_path / "chain.py").write_text("chain = None")
    problem = find_target_problem("chian.py:chain", tmp_path)
    assert problem is not None
    assert "there is no file chian.py" in problem
    assert "chain.py" in problem.split(";")[1]


def test_load_is_only_sent_to_this_machine(tmp_path: Path) -> None:
    assert find_target_problem("http://127.0.0.1:8000/x", tmp_path) is None
    assert find_target_problem("http://[::1]:8000", tmp_path) is None
    assert "only sent to this machine" in (find_target_problem("https://example.com", tmp_path) or "")


def test_a_scenario_is_known_by_what_it_imports(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("from harness.load import Scenario")
    (tmp_path / "b.py").write_text("from locust import User")
    (tmp_path / "c.py").write_text("import langchain_core")
    (tmp_path / "d.py").write_text("this is no python")
    assert [is_scenario(f"{n}.py", tmp_path) for n in "abcde"] == [True, True, False, False, False]
    assert not is_scenario("a.py:chain", tmp_path)


def test_runs_are_named_after_their_target() -> None:
    assert name_of("app/chain.py:build") == "chain-build"
    assert name_of("app.chain:build") == "app.chain-build"
    assert name_of("http://127.0.0.1:8000/x") == "127.0.0.1:8000"
