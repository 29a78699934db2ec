"""A run started from Locust's web page."""

from __future__ import annotations

import json
import signal
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

from load_process import LIMIT_S, Run, free_port, started, wait_until, write_scenario

FORM = urllib.parse.urlencode({"user_count": 1, "spawn_rate": 1}).encode()


def call(url: str, data: bytes | None = None) -> Any:
    """The JSON of an answer; None while nobody answers."""
    try:
        with urllib.request.urlopen(url, data, timeout=30) as answer:
            return json.load(answer)
    except (urllib.error.URLError, ConnectionError):
        return None


def runs(folder: Path) -> list[Run]:
    return [Run(path) for path in sorted(folder.glob("runs/2*"))]


def test_tests_are_started_stopped_and_started_again(service_url: str, tmp_path: Path) -> None:
    file = write_scenario(tmp_path, f"target='{service_url}/work', steps=(1, 3), hold=1")
    port = free_port()
    page = f"http://127.0.0.1:{port}"
    arguments = ("--web-host", "127.0.0.1", "--web-port", str(port))
    with started(file, *arguments, hand_over=False) as (process, _):
        assert wait_until(lambda: call(f"{page}/stats/requests"))
        assert not runs(tmp_path)  # nothing is started before it is asked for

        assert call(f"{page}/swarm", FORM)["success"]
        assert wait_until(lambda: runs(tmp_path) and runs(tmp_path)[0].events("run_ended"))
        assert wait_until(lambda: call(f"{page}/stats/requests")["state"] == "stopped")
        assert call(f"{page}/stats/requests")["stats"][-1]["num_requests"] == len(runs(tmp_path)[0].samples())

        assert call(f"{page}/swarm", FORM)["success"]
        assert wait_until(lambda: len(runs(tmp_path)) == 2 and runs(tmp_path)[1].samples())
        answer = call(f"{page}/stop", b"") or call(f"{page}/stop")  # before Locust 2.47 a GET
        assert answer["success"]
        assert runs(tmp_path)[1].events()[-1].data == {"completed": False}

        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=LIMIT_S)
    first, second = runs(tmp_path)
    assert "Traceback" not in output, output
    assert first.events()[-1].data == {"completed": True}
    assert {s.user for s in first.samples()} == {0, 1, 2}
    assert [e.kind for e in second.events()][-2:] == ["interrupted", "run_ended"]
    assert min(s.user for s in second.samples()) == 0
    assert (tmp_path / "runs" / "latest").resolve() == second.path.resolve()
