from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from synthetic_run import make_run

from harness.run_directory import RunDirectory


@pytest.fixture
def run_of(tmp_path: Path) -> Callable[..., RunDirectory]:
    """``run_of(kind="queue", …)``: a simulated run directory; the keywords are synthetic_run.Plan's."""
    names = iter(range(100))

    def make(**plan: Any) -> RunDirectory:
        return make_run(tmp_path / f"run{next(names)}", **plan)

    return make
