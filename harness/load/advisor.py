"""Asks a process of its own which step to run next: what judges steps has no place under gevent.

It is started early and waits, so that its imports do not lie between two steps.
"""

from __future__ import annotations

import contextlib
import subprocess
import sys

import gevent
import msgspec

from harness.errors import LoadError
from harness.run_directory import RunDirectory
from harness.step_orders import Advice

ANSWER_S = 20.0
LOG_FILE = "next_step.log"
COMMAND: tuple[str, ...] = ("-P", "-m", "reports.next_step")


class AdvisorError(LoadError):
    """There is no advice; says why."""


class Advisor:
    """One helper process.  It ends with its standard input, which is closed when we go, however we go."""

    def __init__(self, directory: RunDirectory) -> None:
        with directory.file(LOG_FILE).open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, *COMMAND, str(directory.path.absolute())],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                start_new_session=True,
            )

    def ask(self) -> Advice:
        """What the run directory says now.  Raises AdvisorError, also when it takes too long."""
        asking, answers = self._process.stdin, self._process.stdout
        assert asking is not None
        assert answers is not None
        try:
            with gevent.Timeout(ANSWER_S):
                asking.write(b"\n")
                asking.flush()
                line = answers.readline()
            return msgspec.json.decode(line, type=Advice)
        except gevent.Timeout:
            raise AdvisorError(f"no step was chosen within {ANSWER_S:g} s") from None
        except (OSError, ValueError, msgspec.DecodeError) as error:
            raise AdvisorError(f"no step could be chosen ({error or 'no answer'}); see {LOG_FILE}") from error

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):  # a question that it did not live to read
                    stream.close()
