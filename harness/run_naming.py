"""Where runs go: runs/<time>-<name>, and runs/latest.  Core."""

from __future__ import annotations

import contextlib
import re
from datetime import datetime
from pathlib import Path

from harness.errors import RunDirectoryError
from harness.run_directory import RunDirectory

RUNS = Path("runs")
LATEST = "latest"


def make_run_directory(name: str, *, out: Path | None, now: datetime) -> RunDirectory:
    """Create the directory of a new run: ``out``, or a fresh one below runs/.  Raises RunDirectoryError."""
    if out is not None:
        return RunDirectory.create(out)
    stem = f"{now:%Y%m%d-%H%M%S}-{slug(name)}"
    for suffix in ("", *(f"-{n}" for n in range(2, 100))):
        path = RUNS / (stem + suffix)
        if not path.exists():
            directory = RunDirectory.create(path)
            _point_latest_at(path)
            return directory
    raise RunDirectoryError(
        f"{RUNS / stem} and 98 like it exist already; choose another directory with --out"
    )


def slug(name: str) -> str:
    """The name as part of a file name: lower case letters, digits and dashes, at most 40."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:40].strip("-") or "run"


def _point_latest_at(path: Path) -> None:
    link = path.parent / LATEST
    # A convenience: a file system without links, or a race with another run, is no reason to stop.
    with contextlib.suppress(OSError):
        if link.is_symlink():
            link.unlink()
        link.symlink_to(path.name, target_is_directory=True)
