"""How the tests are spread over processors."""

from __future__ import annotations

import os

import pytest


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Two at a time, since most wait for processes; the truth tests measure, so they run alone and in order."""
    is_truth = "truth" in config.option.markexpr and "not truth" not in config.option.markexpr
    return 0 if is_truth else min(4, max(2, os.cpu_count() or 2))
