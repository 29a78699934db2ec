"""How the tests are spread over processors, and what they need of the shell."""

from __future__ import annotations

import os
import signal

import pytest


def pytest_configure() -> None:
    """Tests interrupt what they start; a job in the background of a script hands down that SIGINT is ignored."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Two at a time, since most wait for processes; the truth tests measure, so they run alone and in order."""
    is_truth = "truth" in config.option.markexpr and "not truth" not in config.option.markexpr
    return 0 if is_truth else min(4, max(2, os.cpu_count() or 2))
