"""How the tests are spread over processors, and what they need of the shell."""

from __future__ import annotations

import importlib
import os
import signal
import sys
from pathlib import Path

import pytest


def pytest_configure(config: pytest.Config) -> None:
    """Tests interrupt what they start; a job in the background of a script hands down that SIGINT is ignored."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if _wants_truth(config):
        # Here, and not beside those tests: with several processes, the one that prints collects no tests.
        sys.path.insert(0, str(Path(__file__).parent / "truth"))
        collector = importlib.import_module("collector")
        config.pluginmanager.register(collector.Collector(), collector.NAME)


def _wants_truth(config: pytest.Config) -> bool:
    return "truth" in config.option.markexpr and "not truth" not in config.option.markexpr


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Two at a time, since most wait for processes; the truth tests measure, so they run alone and in order."""
    return 0 if _wants_truth(config) else min(4, max(2, os.cpu_count() or 2))
