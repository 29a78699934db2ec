"""docs/ci.md says what is so."""

from __future__ import annotations

import re
from pathlib import Path

from harness.cli import app
from harness.gate_settings import find_settings
from reports.gate.limits import PARSERS

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", TEXT, re.DOTALL)


def test_the_settings_in_it_are_accepted(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(blocks("toml")[0])
    settings = find_settings(tmp_path)
    limits = settings.limits_of("explain", {})
    assert settings.section("explain").run["steps"] == (1, 5, 20, 40)
    assert limits.users == {5, 20}
    assert limits.forbid == ("event_loop_blocked", "defect")


def test_every_limit_is_explained_and_the_reverse() -> None:
    """Those against a base are told with it."""
    rows = re.findall(r"^\| (`(?:min|max|forbid).*?) \|", TEXT, re.MULTILINE)
    told = set(re.findall(r"`(\w+)", " ".join(row.partition(" = ")[0] for row in rows)))
    paired = {"max_throughput_loss", "max_response_growth"}
    compared = {"baseline_slack", "baseline_limits"}
    assert told - paired == set(PARSERS) - paired - compared
    assert all(f"`{name}" in TEXT for name in compared)


def test_every_option_in_it_exists() -> None:
    gate = next(command for command in app.registered_commands if command.callback.__name__ == "gate")  # type: ignore[union-attr]
    known = {name.replace("_", "-") for name in gate.callback.__annotations__} | {"json"}  # type: ignore[union-attr]
    commands = [
        line for line in TEXT.splitlines() if "chainload gate" in line or line.strip().startswith("--")
    ]
    named = set(re.findall(r"--([a-z][a-z0-9-]+)", " ".join(commands)))
    assert named
    assert named <= known


def test_the_project_holds_itself_to_a_gate() -> None:
    settings = find_settings(ROOT)
    targets = [section.target for section in settings.sections.values()]
    assert targets
    assert all(target and (ROOT / target).is_file() for target in targets)
    assert "chainload gate" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")
