"""Child processes that never outlive us.  Core: starts processes, knows nothing of what they do.

A child gets its own session, a lifeline (a pipe whose other end only we hold: when we die, however we die, it reads
end-of-file and leaves) and a ready file, into which it writes one JSON object when it serves, or why it cannot.
Works under gevent as well as without.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from harness.errors import ChainloadError, ExitCode
from harness.redaction import Redactor
from harness.run_directory import write_whole

LIFELINE_VARIABLE = "CHAINLOAD_LIFELINE_FD"
READY_VARIABLE = "CHAINLOAD_READY_FILE"
POLL_S = 0.02


class Ready(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a child says once: that it serves, or why it cannot."""

    port: int | None = None
    failure: str | None = None  # words for the user
    exit_code: int | None = None
    data: dict[str, Any] = {}


class Child:
    """A process we started.  Stop it with ``stop``; it also stops when this process goes away."""

    def __init__(
        self,
        name: str,
        arguments: Sequence[str],
        *,
        ready_file: Path,
        log_file: Path,
        environment: Mapping[str, str] | None = None,
        working_directory: Path | None = None,
    ) -> None:
        self.name = name
        self.log_file = log_file
        self._ready_file = ready_file
        ready_file.unlink(missing_ok=True)
        read_end, write_end = os.pipe()
        # As a file object: gevent puts off os.close of a pipe until its loop next wakes, which may be seconds away.
        self._lifeline = open(write_end, "wb", buffering=0)  # noqa: PTH123, SIM115 - a descriptor, closed by stop
        variables = dict(os.environ if environment is None else environment)
        variables |= {LIFELINE_VARIABLE: str(read_end), READY_VARIABLE: str(ready_file.absolute())}
        try:
            self._process = subprocess.Popen(
                list(arguments),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                env=variables,
                cwd=working_directory,
                pass_fds=(read_end,),
                start_new_session=True,
            )
        finally:
            os.close(read_end)
        self._pump = threading.Thread(target=self._copy_output, name=f"{name}-log", daemon=True)
        self._pump.start()

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """None while it runs."""
        return self._process.poll()

    def wait_until_ready(
        self, timeout_s: float, *, error: type[ChainloadError], waiting: Callable[[], None] = lambda: None
    ) -> Ready:
        """Block until the child serves; ``waiting`` is called about 50 times a second.

        Raises ``error`` with the child's own words when it says that it cannot, dies, or takes longer.
        """
        deadline_s = time.monotonic() + timeout_s
        while time.monotonic() < deadline_s:
            ended = self.exit_code is not None
            ready = self._read_ready()
            if ready is not None:
                if ready.failure is None:
                    return ready
                failure = error(ready.failure)
                failure.exit_code = ExitCode(ready.exit_code or error.exit_code)
                raise failure
            if ended:
                raise error(
                    f"the {self.name} process ended with code {self.exit_code} at start{self.last_words()}"
                )
            waiting()
            time.sleep(POLL_S)
        raise error(f"the {self.name} process was not ready after {timeout_s:g} s{self.last_words()}")

    def interrupt(self) -> None:
        """Ask it to finish what it must and leave, as Ctrl-C would."""
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(signal.SIGINT)

    def wait(self, timeout_s: float | None = None) -> int | None:
        """Its exit code, or None when it still runs after ``timeout_s``."""
        try:
            return self._process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            return None

    def stop(self, grace_s: float = 3.0) -> None:
        """End it and every process of its session: first politely, then for good."""
        self._cut_lifeline()
        if self.wait(grace_s) is None:
            self._signal_group(signal.SIGTERM)
            self.wait(1.0)
        self._signal_group(signal.SIGKILL)
        self.wait(5.0)
        self._pump.join(1.0)

    def last_words(self) -> str:
        """The end of what it printed, to put behind a sentence about it."""
        self._pump.join(0.5)
        try:
            lines = self.log_file.read_text(encoding="utf-8").strip().splitlines()[-15:]
        except OSError:
            lines = []
        return ":\n  " + "\n  ".join(lines) if lines else "; it printed nothing"

    def _cut_lifeline(self) -> None:
        self._lifeline.close()

    def _signal_group(self, number: int) -> None:
        # The group id is the child's pid (own session), so this never reaches a process that is not ours.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, number)

    def _read_ready(self) -> Ready | None:
        try:
            return msgspec.json.decode(self._ready_file.read_bytes(), type=Ready)
        except (OSError, msgspec.DecodeError):
            return None

    def _copy_output(self) -> None:
        redact = Redactor()
        assert self._process.stdout is not None
        with (
            contextlib.suppress(OSError),  # a full disk must not stop the run
            self._process.stdout as output,
            self.log_file.open("a", encoding="utf-8") as log,
        ):
            for line in output:
                log.write(redact(line.decode(errors="replace")))
                log.flush()


# ---- in the child ----


def say_ready(ready: Ready) -> None:
    """Tell the parent that we serve, or why we cannot."""
    path = os.environ.get(READY_VARIABLE)
    if path:
        write_whole(Path(path), msgspec.json.encode(ready))


def take_lifeline() -> int | None:
    """The descriptor that reads end-of-file when the parent is gone; None when nobody holds us.

    Taken once: removed from the environment, so that our own children do not mistake it for theirs.
    """
    number = os.environ.pop(LIFELINE_VARIABLE, None)
    if number is None:
        return None
    os.set_inheritable(int(number), False)
    return int(number)


def watch_lifeline(on_parent_gone: Callable[[], None]) -> None:
    """Call ``on_parent_gone`` from a thread when the parent closes the lifeline or dies.  Not for gevent."""
    descriptor = take_lifeline()
    if descriptor is None:
        return

    def wait() -> None:
        with contextlib.suppress(OSError):
            while os.read(descriptor, 1):
                pass
        on_parent_gone()

    threading.Thread(target=wait, name="chainload-lifeline", daemon=True).start()
