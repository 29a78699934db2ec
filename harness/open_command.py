"""``chainload open``: the page of a run in the browser."""

from __future__ import annotations

import webbrowser
from pathlib import Path
from typing import Annotated

import typer

from harness.errors import RunDirectoryError
from harness.run_directory import RunDirectory
from harness.run_naming import LATEST, RUNS

PAGE = "report.html"


def open_report(
    run_directory: Annotated[
        Path, typer.Argument(metavar="RUN", help="Directory of a run.  [default: runs/latest]")
    ] = RUNS / LATEST,
) -> None:
    """Show a run's report in the browser."""
    page = find_page(run_directory)
    typer.echo(str(page))
    if not show_page(page):
        typer.echo("chainload: no browser could be started; open the file above in one", err=True)


def find_page(path: Path) -> Path:
    """The report of a run.  Raises RunDirectoryError when there is no run, or it has no report."""
    if path.is_symlink() and not path.exists():
        raise RunDirectoryError(f"{path} points at a run that is gone; give the directory of another")
    page = RunDirectory.open(path).file(PAGE)
    if not page.is_file():
        raise RunDirectoryError(f"{path} has no {PAGE}; build it with `chainload report {path}`")
    return page.resolve()


def show_page(page: Path) -> bool:
    """Whether a browser was started."""
    try:
        return webbrowser.open(page.as_uri())
    except (webbrowser.Error, OSError):
        return False
