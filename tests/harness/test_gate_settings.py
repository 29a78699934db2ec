"""The gate's table in a project's settings."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.errors import BadInputError
from harness.gate_run_settings import FIELD_OF, parse_run
from harness.gate_settings import find_settings
from harness.settings import RunSettings

GOOD = """
[tool.other]
x = 1
[tool.chainload.gate]
strict = true
baseline = "kept.json"
max_error_ratio = "1%"
min_users = 10
run = { hold = "5s" }
[tool.chainload.gate.scenarios.checkout]
target = "app/chain.py:chain"
min_users = 15
run = { steps = [1, 5, 20], input = { topic = "tea" }, mock_set = ["latency.mean_s=0.1"], max_seconds = 0 }
"""


def write(folder: Path, text: str, name: str = "pyproject.toml") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def test_a_section_replaces_the_top_and_options_replace_both(tmp_path: Path) -> None:
    write(tmp_path, GOOD)
    settings = find_settings(tmp_path)
    assert settings.strict
    assert settings.baseline == tmp_path / "kept.json"
    checkout = settings.limits_of("checkout", {})
    assert (checkout.min_users, checkout.max_error_ratio[0].limit) == (15, 0.01)
    assert settings.limits_of("other", {}).min_users == 10
    assert settings.limits_of("checkout", {"min_users": 20.0}).min_users == 20
    assert settings.section("checkout").target == "app/chain.py:chain"


def test_run_settings_have_the_names_of_the_options(tmp_path: Path) -> None:
    write(tmp_path, GOOD)
    run = find_settings(tmp_path).section("checkout").run
    assert run["steps"] == (1, 5, 20)
    assert run["input_json"] == '{"topic":"tea"}'
    assert run["mock_set"] == ("latency.mean_s=0.1",)
    assert run["max_s"] == 0
    assert set(FIELD_OF.values()) <= set(RunSettings.__struct_fields__)
    assert {"steps", "hold", "timeout", "mock", "input", "config", "max_seconds"} <= set(FIELD_OF)


def test_a_file_of_its_own_has_a_shorter_table(tmp_path: Path) -> None:
    write(tmp_path, "[gate]\nmin_users = 3", "chainload.toml")
    write(tmp_path, "[project]\nname = 'x'")
    assert find_settings(tmp_path).limits == {"min_users": 3.0}


def test_no_file_asks_for_nothing(tmp_path: Path) -> None:
    assert find_settings(tmp_path).limits_of("x", {}).is_empty


def test_every_problem_is_told_at_once(tmp_path: Path) -> None:
    write(
        tmp_path,
        """
[tool.chainload.gate]
min_user = 15
strict = "yes"
max_p95 = "2s"
run = { hold = "soon", step = [1] }
[tool.chainload.gate.scenarios.a]
targt = "x.py:y"
forbid = ["defects"]
[tool.chainload.gate.scenarios]
b = 3
""",
    )
    with pytest.raises(BadInputError) as caught:
        find_settings(tmp_path)
    told = str(caught.value)
    for says in (
        "min_user is no key of the gate; did you mean min_users?",
        "strict is 'yes'; it must be true or false",
        "max_p95 is '2s'; it does not say at how many users; write e.g. 2s@10",
        "run.hold is 'soon'",
        "run.step is no setting of a run; did you mean steps?",
        "scenarios.a.targt is no key of the gate; did you mean target?",
        "scenarios.a.forbid is 'defects'; 'defects' is no cause; did you mean defect?",
        "scenarios.b is 3; it must be a table",
    ):
        assert says in told
    assert len(told.splitlines()) == 8
    assert all("pyproject.toml: " in line for line in told.splitlines())


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[tool.chainload.gates]\nmin_users = 1", "tool.chainload.gates is no table of chainload"),
        ("[tool.chainload]\ngate = 1", "it must be a table"),
        ("[tool.chainload.gate", "is no TOML"),
    ],
)
def test_a_table_that_would_never_be_read_is_refused(tmp_path: Path, text: str, says: str) -> None:
    write(tmp_path, text)
    with pytest.raises(BadInputError, match=says):
        find_settings(tmp_path)


def test_two_files_with_a_gate_are_refused(tmp_path: Path) -> None:
    write(tmp_path, GOOD)
    own = write(tmp_path, "[gate]\nmin_users = 3", "chainload.toml")
    with pytest.raises(BadInputError, match="keep one of them"):
        find_settings(tmp_path)
    assert find_settings(tmp_path, own).limits == {"min_users": 3.0}


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="cannot be read"):
        find_settings(tmp_path, tmp_path / "none.toml")


def test_hidden_settings_cannot_be_given() -> None:
    given, problems = parse_run({"working_directory": "/", "name": "x", "threads": "many"})
    assert given == {}
    assert len(problems) == 3
