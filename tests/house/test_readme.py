"""The README's commands do what it says."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def command_after(marker: str) -> str:
    """The code block that follows a marker comment."""
    match = re.search(rf"<!-- {marker} -->\n```\w*\n(.*?)\n```", README, re.DOTALL)
    assert match, f"the README has no block marked {marker}"
    return match.group(1)


@pytest.mark.parametrize("marker", ["run-command", "test-command"])
def test_set_up_is_one_command_line(marker: str) -> None:
    command = command_after(marker)
    assert "\n" not in command
    assert command.startswith("python3 -m venv .venv && .venv/bin/pip install ")


def test_the_test_command_ends_with_the_tests() -> None:
    assert command_after("test-command").endswith(".venv/bin/pytest -n 2")


def test_the_main_command_ends_with_a_verdict_and_a_report(tmp_path: Path) -> None:
    """Run as written, but for the steps: two short ones show that every part is there."""
    _, _, run = command_after("run-command").partition(".venv/bin/chainload ")
    words = [sys.executable, "-P", "-m", "harness", *shlex.split(run)]
    words += ["--steps", "1,2", "--hold", "2s", "--max-seconds", "0", "--out", str(tmp_path / "run")]
    result = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert result.returncode == 0, result.stderr
    assert (tmp_path / "run" / "verdict.json").is_file()
    assert (tmp_path / "run" / "report.html").is_file()
    assert str(tmp_path / "run" / "report.html") in result.stdout.replace("\n", "")


def test_every_file_that_the_readme_links_to_exists() -> None:
    links = re.findall(r"\]\((?!https?://|#)([^)#]+)", README)
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_every_command_that_the_readme_names_exists() -> None:
    from harness.cli import app

    known = {
        command.name or command.callback.__name__ for command in app.registered_commands if command.callback
    }
    named = set(re.findall(r"`?chainload (run|report|locate|mock|scenarios|gate|compare|open)\b", README))
    assert named
    assert named <= known
