from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from harness.errors import BadInputError
from harness.load.scenario import Scenario
from harness.load.toml_text import toml_value
from harness.settings import RunSettings


def test_the_defaults_of_a_scenario_are_those_of_the_settings() -> None:
    scenario = Scenario(target="missing.module:chain", name="n").settings()
    assert scenario == RunSettings(name="n", target="missing.module:chain", working_directory=str(Path.cwd()))


def test_every_field_reaches_the_settings() -> None:
    settings = Scenario(
        target="http://127.0.0.1:8000",
        steps=[1, 2],
        hold="500ms",
        mode="astream",
        threads=3,
        batch_size=4,
        loop="uvloop",
        path="/chat",
        method="PUT",
        body="b",
        input={"q": [1, None]},
        inputs="i.jsonl",
        config={"tags": ["x"]},
        mock="plan.toml",
        mock_set=["a.b=1"],
        timeout="2m",
        drain=3,
        think_time=0.5,
        allow_hosts=["example.com"],
        seed=7,
        expects="healthy",
    ).settings(Path("folder/my_scenario.py"))
    assert settings == RunSettings(
        name="my_scenario",
        target="http://127.0.0.1:8000",
        working_directory=str(Path.cwd()),
        steps=(1, 2),
        hold_s=0.5,
        mode="astream",
        threads=3,
        batch_size=4,
        loop="uvloop",
        path="/chat",
        method="PUT",
        body="b",
        input_json='{"q":[1,null]}',
        inputs="i.jsonl",
        config_json='{"tags":["x"]}',
        mock_plan="plan.toml",
        mock_set=("a.b=1",),
        timeout_s=120.0,
        drain_s=3.0,
        think_time_s=0.5,
        allow_hosts=("example.com",),
        seed=7,
        expects="healthy",
    )


def test_a_plan_in_the_scenario_becomes_single_settings() -> None:
    plan = {"latency": {"mean_s": 0.5}, "faults": [{"kind": "hang", "share": 0.1}], "seed": 3}
    assert Scenario(target="", mock=plan).settings().mock_set == (
        "latency.mean_s=0.5",
        'faults=[{kind = "hang", share = 0.1}]',
        "seed=3",
    )


@pytest.mark.parametrize("value", [True, 1, 0.25, 'a "quoted"\nÜ\x7f', [1, [2]], {"a b": {"c": "d"}}, []])
def test_values_survive_as_toml(value: object) -> None:
    assert tomllib.loads(f"value = {toml_value(value)}")["value"] == value


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"hold": "soon"}, "'soon'"),
        ({"hold": None}, "hold is None"),
        ({"steps": (1, "x")}, "settings do not fit"),
        ({"mock": {"latency": {"mean_s": None}}}, "None cannot stand in a mock plan"),
        ({"input": {1, 2}.__iter__()}, "input cannot be written as JSON"),
    ],
)
def test_what_does_not_fit_is_said(fields: dict[str, object], words: str) -> None:
    with pytest.raises(BadInputError, match=words):
        Scenario(target="t", **fields).settings()  # type: ignore[arg-type]


def test_the_target_is_looked_for_here_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for folder in (tmp_path / "here", tmp_path / "project"):
        (folder / "app").mkdir(parents=True)
        (folder / "app" / "chain.py").touch()
    file = tmp_path / "project" / "scenarios" / "s.py"
    monkeypatch.chdir(tmp_path / "here")
    assert Scenario(target="app/chain.py:x").settings(file).working_directory == str(tmp_path / "here")


@pytest.mark.parametrize("target", ["app/chain.py:x", "app.chain:x"])
def test_the_target_is_then_looked_for_above_the_scenario(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, target: str
) -> None:
    (tmp_path / "project" / "app").mkdir(parents=True)
    (tmp_path / "project" / "app" / "chain.py").touch()
    file = tmp_path / "project" / "scenarios" / "s.py"
    monkeypatch.chdir(tmp_path)
    assert Scenario(target=target).settings(file).working_directory == str(tmp_path / "project")
