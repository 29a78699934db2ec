"""The command as a user meets it: real processes, real runs of a few seconds."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

CHAIN = """
from langchain_core.prompts import ChatPromptTemplate
from langchain_openai import ChatOpenAI

chain = ChatPromptTemplate.from_template("Explain {topic}") | ChatOpenAI(model="gpt-4o-mini")
number = 5
"""
SHORT = ["--steps", "1,2", "--hold", "2s", "--max-seconds", "0"]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "chain.py").write_text(CHAIN)
    (tmp_path / "broken.py").write_text("def f():\n    import no_such_module_here\nf()\n")
    return tmp_path


def command(*words: str) -> list[str]:
    return [sys.executable, "-P", "-m", "harness", *words]


def chainload(project: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(*words), cwd=project, capture_output=True, text=True, timeout=240, check=False
    )


def processes_of(project: Path) -> list[int]:
    """Processes that work in the project's directory: children of a run that are still there."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if (entry / "cwd").readlink() == project:
                found.append(int(entry.name))
        except OSError:  # gone meanwhile, or not ours to look at
            continue
    return found


def wait_for_event(run: Path, kind: str) -> dict[str, Any]:
    deadline_s = time.monotonic() + 120
    while time.monotonic() < deadline_s:
        lines = (run / "events.jsonl").read_text().splitlines() if (run / "events.jsonl").exists() else []
        for event in map(json.loads, lines):
            if event["kind"] == kind:
                return dict(event)
        time.sleep(0.05)
    raise AssertionError(f"no event {kind}")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["nosuch.py:chain"], "there is no file nosuch.py"),
        (["chain.py:chain", "--steps", "5,1"], "they must ascend"),
        (["chain.py:chain", "--steps", "one"], "is no whole number"),
        (["chain.py:chain", "--hold", "soon"], "give a duration such as 10s"),
        (["chain.py:chain", "--mode", "stream"], "allowed: ainvoke, invoke, astream, abatch"),
        (["chain.py:chain", "--input", "{"], "--input is not JSON"),
        (["chain.py:chain", "--mock", "none.toml"], "none.toml"),
        (["chain.py:chain", "--mock-set", "limits.rpm=1"], "limits.rpm"),
        (["https://example.com/chat"], "load is only sent to this machine"),
        (["chain.py:chain", "--out", "chain.py/run"], "cannot be written"),
    ],
)
def test_bad_input_ends_with_words_and_code_2_before_anything_runs(
    project: Path, words: list[str], says: str
) -> None:
    result = chainload(project, "run", *words)
    assert result.returncode == 2
    assert says in result.stderr
    assert "Traceback" not in result.stderr
    assert result.stdout == ""
    assert not (project / "runs").exists()


@pytest.mark.parametrize(
    ("target", "says"),
    [
        ("broken.py:chain", "no_such_module_here"),
        ("chain.py:chian", "did you mean chain?"),
        ("chain.py:number", "number is an int"),
    ],
)
def test_a_target_that_cannot_be_loaded_ends_with_words_and_code_2(
    project: Path, target: str, says: str
) -> None:
    result = chainload(project, "run", target, *SHORT)
    assert result.returncode == 2
    assert says in result.stderr
    assert "Traceback" not in result.stderr
    assert processes_of(project) == []


def test_a_run_ends_with_a_verdict_alone_on_standard_output(project: Path) -> None:
    result = chainload(project, "run", "chain.py:chain", *SHORT, "--json")
    assert result.returncode == 0, result.stderr
    verdict = json.loads(result.stdout)
    assert [step["users"] for step in verdict["steps"]] == [1, 2]
    assert all(step["error_count"] == 0 and step["ok_count"] > 0 for step in verdict["steps"])
    run = project / "runs" / "latest"
    assert json.loads((run / "verdict.json").read_text()) == verdict
    assert (run / "report.html").is_file()
    assert processes_of(project) == []
    page = (run / "report.html").read_bytes()
    again = chainload(project, "report", "--json")
    assert json.loads(again.stdout) == verdict
    assert (run / "report.html").read_bytes() == page
    assert chainload(project, "report", "--png").returncode == 0
    assert list((run / "charts").glob("*.png"))
    assert chainload(project, "compare", str(run), str(run)).returncode == 0
    assert (project / "compare.html").is_file()


def test_an_interrupted_run_keeps_and_reports_what_was_measured(project: Path) -> None:
    run = project / "run"
    words = command("run", "chain.py:chain", "--steps", "1,2", "--hold", "60s", "--out", str(run))
    with subprocess.Popen(
        words, cwd=project, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        wait_for_event(run, "step_started")
        time.sleep(3)
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=120)
    assert process.returncode == 130, output
    assert "Traceback" not in output
    assert json.loads((run / "verdict.json").read_text())["steps"][0]["ok_count"] > 0
    assert processes_of(project) == []


def test_two_interrupts_stop_everything_at_once(project: Path) -> None:
    run = project / "run"
    words = command("run", "chain.py:chain", "--steps", "1,2", "--hold", "60s", "--out", str(run))
    with subprocess.Popen(
        words, cwd=project, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        wait_for_event(run, "step_started")
        process.send_signal(signal.SIGINT)
        time.sleep(0.3)
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=120)
    assert process.returncode == 130, output
    assert "Traceback" not in output
    assert processes_of(project) == []


@pytest.mark.parametrize("part", ["mock", "target"])
def test_a_part_that_dies_ends_the_run_with_words_code_4_and_a_report(project: Path, part: str) -> None:
    run = project / "run"
    words = command("run", "chain.py:chain", "--steps", "1,2", "--hold", "30s", "--out", str(run))
    with subprocess.Popen(
        words, cwd=project, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        pid = wait_for_event(run, f"{part}_ready")["data"]["pid"]
        wait_for_event(run, "step_started")
        time.sleep(3)
        os.kill(pid, signal.SIGKILL)
        output, _ = process.communicate(timeout=120)
    assert process.returncode == 4, output
    assert f"the {part} process died" in output
    assert "Traceback" not in output
    assert (run / "report.html").is_file()
    assert processes_of(project) == []


def test_locate_reads_steps_measured_elsewhere(project: Path) -> None:
    # Ten servers of 100 ms: N* = 10.
    steps = [
        {"users": n, "throughput_per_s": min(n, 10) / 0.1, "response_s": 0.1 * max(1, n / 10)}
        for n in (1, 2, 5, 10, 20, 40, 80)
    ]
    (project / "steps.json").write_text(json.dumps({"steps": steps}))
    result = chainload(project, "locate", "steps.json", "--json")
    assert result.returncode == 0, result.stderr
    saturation = json.loads(result.stdout)["saturation"]
    assert saturation["status"] == "saturated"
    assert saturation["users"] == pytest.approx(10, rel=0.1)


def test_junk_for_locate_and_report_is_refused(project: Path) -> None:
    (project / "junk.json").write_text('{"steps": [{"users": -1}, 5]}')
    for words in (["locate", "junk.json"], ["locate", "nosuch.json"], ["report", "nosuch"]):
        result = chainload(project, *words)
        assert result.returncode == 2, (words, result.stderr)
        assert "Traceback" not in result.stderr


def test_keys_do_not_reach_the_run_directory(project: Path) -> None:
    secret = "sk-proj-averysecretkeythatmustnotleak01"
    (project / "leaky.py").write_text(
        CHAIN + "import os\nprint(os.environ.get('MY_SERVICE_TOKEN'))\n"
        "def boom(x):\n    raise ValueError(os.environ['MY_SERVICE_TOKEN'])\n"
        "leaky = chain | boom\n"
    )
    environment = os.environ | {"OPENAI_API_KEY": secret, "MY_SERVICE_TOKEN": "tok-1234567890"}
    subprocess.run(
        command("run", "leaky.py:leaky", "--steps", "1", "--hold", "1s", "--input", '{"topic": "x"}'),
        cwd=project,
        env=environment,
        capture_output=True,
        timeout=240,
        check=False,
    )
    run = (project / "runs" / "latest").resolve()
    files = [path for path in run.iterdir() if path.is_file()]
    assert any(path.name == "report.html" for path in files)
    for path in files:
        text = path.read_text(errors="replace")
        assert secret not in text, path.name
        assert "tok-1234567890" not in text, path.name
