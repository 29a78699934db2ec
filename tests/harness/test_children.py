from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from harness.children import Child
from harness.errors import ExitCode, TargetError

SERVE = """
import sys, time
from harness.children import Ready, say_ready, watch_lifeline
import os
watch_lifeline(lambda: os._exit(0))
print("hello", flush=True)
say_ready(Ready(port=1234, data={"kind": "test"}))
time.sleep(60)
"""


def start(tmp_path: Path, code: str) -> Child:
    return Child(
        "test",
        [sys.executable, "-c", textwrap.dedent(code)],
        ready_file=tmp_path / "ready.json",
        log_file=tmp_path / "test.log",
    )


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{pid}/stat")
    return not state.exists() or state.read_text().rsplit(")", 1)[1].split()[0] != "Z"


def wait_until(condition: object, timeout_s: float = 20.0) -> bool:
    deadline_s = time.monotonic() + timeout_s
    while time.monotonic() < deadline_s:
        if condition():  # type: ignore[operator]
            return True
        time.sleep(0.02)
    return False


def test_a_child_says_that_it_is_ready_and_stops(tmp_path: Path) -> None:
    child = start(tmp_path, SERVE)
    ready = child.wait_until_ready(30, error=TargetError)
    child.stop()
    assert (ready.port, ready.data) == (1234, {"kind": "test"})
    assert not is_alive(child.pid)
    assert "hello" in (tmp_path / "test.log").read_text()


def test_its_own_words_and_exit_code_come_through(tmp_path: Path) -> None:
    child = start(
        tmp_path,
        """
        from harness.children import Ready, say_ready
        say_ready(Ready(failure="no such chain", exit_code=2))
        """,
    )
    with pytest.raises(TargetError, match="no such chain") as caught:
        child.wait_until_ready(30, error=TargetError)
    child.stop()
    assert caught.value.exit_code == ExitCode.BAD_INPUT


def test_a_child_that_dies_at_start_is_said_with_its_last_words(tmp_path: Path) -> None:
    child = start(tmp_path, "print('about to fail'); raise SystemExit(7)")
    with pytest.raises(TargetError, match=r"ended with code 7(.|\n)*about to fail"):
        child.wait_until_ready(30, error=TargetError)
    child.stop()


def test_a_child_that_never_gets_ready_is_said(tmp_path: Path) -> None:
    child = start(tmp_path, "import time; time.sleep(60)")
    with pytest.raises(TargetError, match=r"not ready after 0\.2 s"):
        child.wait_until_ready(0.2, error=TargetError)
    child.stop(grace_s=0)
    assert not is_alive(child.pid)


def test_stopping_reaches_children_of_the_child(tmp_path: Path) -> None:
    child = start(
        tmp_path,
        f"""
        import subprocess, sys, time
        from harness.children import Ready, say_ready
        grandchild = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
        say_ready(Ready(data={{"pid": grandchild.pid}}))
        time.sleep(60)
        {""}
        """,
    )
    grandchild = child.wait_until_ready(30, error=TargetError).data["pid"]
    child.stop(grace_s=0)
    assert wait_until(lambda: not is_alive(grandchild))


def test_a_child_leaves_when_its_parent_is_killed(tmp_path: Path) -> None:
    code = f"""
    import sys, time
    from pathlib import Path
    from harness.children import Child
    from harness.errors import TargetError
    path = Path({str(tmp_path)!r})
    child = Child("c", [sys.executable, "-c", {SERVE!r}], ready_file=path / "r", log_file=path / "l")
    child.wait_until_ready(30, error=TargetError)
    print(child.pid, flush=True)
    time.sleep(60)
    """
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code)], stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        grandchild = int(parent.stdout.readline())
        parent.send_signal(signal.SIGKILL)
    assert wait_until(lambda: not is_alive(grandchild))


def test_secrets_do_not_reach_the_log(tmp_path: Path) -> None:
    child = start(tmp_path, "print('key sk-abcdefghijklmnopqrstuvwx printed')")
    child.wait(30)
    child.stop()
    assert "sk-abcdef" not in (tmp_path / "test.log").read_text()
