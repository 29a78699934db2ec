"""The GitHub Action's script, run as the runner runs it: in bash, with inputs in the environment."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ACTION = (ROOT / "action.yml").read_text(encoding="utf-8")


def gate_script() -> str:
    match = re.search(r"id: gate\n.*?run: \|\n(.*?)\n\n", ACTION, re.DOTALL)
    assert match
    return "\n".join(line[8:] for line in match.group(1).splitlines())


def act(folder: Path, **inputs: str) -> tuple[int, str]:
    """Exit code, and what was written to $GITHUB_OUTPUT."""
    output = folder / "output"
    environment = {
        "CHAINLOAD_PYTHON": sys.executable, "CHAINLOAD_SUBJECTS": "", "CHAINLOAD_OPTIONS": "",
        "CHAINLOAD_STRICT": "false", "CHAINLOAD_BASELINE": "", **inputs,
        "RUNNER_TEMP": str(folder), "GITHUB_OUTPUT": str(output), "PYTHONPATH": str(ROOT),
    }  # fmt: skip
    result = subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", gate_script()],
        cwd=folder, env={**os.environ, **environment}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return result.returncode, output.read_text() if output.exists() else ""


def test_no_input_is_pasted_into_a_script() -> None:
    for script in re.findall(r"run: (?:\|\n(?: {8}.*\n)+|'.*')", ACTION):
        assert "${{" not in script


@pytest.mark.parametrize(("limit", "code", "status"), [("4", 0, "passed"), ("9", 1, "failed")])
def test_the_exit_code_and_the_status_are_the_gate_s(
    tmp_path: Path, limit: str, code: int, status: str
) -> None:
    sys.path.insert(0, str(ROOT / "tests" / "reports"))
    from synthetic_run import make_run

    make_run(tmp_path / "queue", steps=(1, 5, 20), hold_s=5.0)
    seen = act(tmp_path, CHAINLOAD_SUBJECTS="queue", CHAINLOAD_OPTIONS=f"--min-users {limit}")
    assert seen == (code, f"status={status}\n")
    assert (tmp_path / "chainload-runs" / "junit.xml").is_file()


def test_inputs_are_no_commands(tmp_path: Path) -> None:
    code, output = act(tmp_path, CHAINLOAD_SUBJECTS="$(touch hit) ; touch hit *")
    assert code == 2
    assert output == "status=\n"
    assert not (tmp_path / "hit").exists()
