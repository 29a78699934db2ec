from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import msgspec
from load_process import write_scenario

from harness.settings import RunSettings


def describe(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-P", "-m", "harness.load.describe", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, check=False)


def test_a_scenario_is_described_by_its_settings(tmp_path: Path) -> None:
    file = write_scenario(tmp_path, "target='app.py:chain', steps=(1, 2), hold='3s', teaches='something'")
    done = describe(file.name, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert msgspec.json.decode(done.stdout, type=RunSettings) == RunSettings(
        name="scenario", target="app.py:chain", working_directory=str(tmp_path), steps=(1, 2), hold_s=3.0
    )


def test_what_is_no_scenario_is_said_with_file_and_line(tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text("x = 1\nimport nothing_of_that_name\n")
    (tmp_path / "plain.py").write_text("from locust import HttpUser\n")
    (tmp_path / "syntax.py").write_text("x = (\n")
    for name, words in [
        ("broken.py", "line 2: ModuleNotFoundError"),
        ("plain.py", "defines no Scenario"),
        ("syntax.py", "line 1: SyntaxError"),
        ("missing.py", "no Python file"),
    ]:
        done = describe(name, folder=tmp_path)
        assert done.returncode == 2
        assert words in done.stderr and "Traceback" not in done.stderr


def test_scenarios_that_ship_say_what_they_teach_and_expect(tmp_path: Path) -> None:
    done = describe("--all", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    rows = json.loads(done.stdout)
    assert all(row["teaches"] and row["expects"] and Path(row["file"]).is_file() for row in rows)


def test_importing_the_package_imports_no_locust() -> None:
    code = "import sys, harness.load, harness.load.scenario; print('locust' in sys.modules, 'gevent' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.split() == ["False", "False"]
