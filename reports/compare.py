"""Two run directories side by side: a page, and a table for the terminal.  Reads both directories only."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console

from harness.errors import RunDirectoryError
from harness.run_directory import RunDirectory, write_whole
from reports.analysis import analyse
from reports.comparison import Comparison, compare
from reports.comparison_page import render_comparison
from reports.comparison_words import (
    list_warnings,
    make_overview,
    make_pair_table,
    make_state_table,
    say_cause_change,
    say_comparison,
    say_state_change,
)
from reports.details import with_details
from reports.terminal import print_row, print_table

MOST_STATES = 4
LONGEST_CELL = 44  # of the terminal's table
PAGE = "compare.html"


def write_compare(a: RunDirectory, b: RunDirectory, out: Path) -> Comparison:
    """Compare two runs and write the page to ``out``, a file, or a directory to put compare.html into.

    Both runs are analysed anew, so that both are judged by the same rules.  Raises RunDirectoryError.
    """
    comparison = compare(*(with_details(analyse(run)).verdict for run in (a, b)))
    file = page_file(out)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        write_whole(file, render_comparison(comparison))
    except OSError as error:
        raise RunDirectoryError(
            f"the comparison cannot be written to {file} ({error.strerror}); choose another file with --out"
        ) from error
    return comparison


def page_file(out: Path) -> Path:
    """Where ``write_compare`` writes the page."""
    return out / PAGE if out.is_dir() else out


def print_comparison(comparison: Comparison, console: Console, *, page: Path | None = None) -> None:
    """Everything that matters, in the words of the page.  page: where that is; None when none was written."""
    tone = {"more": "bold green", "less": "bold red", "same": "bold cyan"}.get(
        comparison.users, "bold yellow"
    )
    print_row(console, "", "")
    print_row(console, "", say_comparison(comparison), tone)
    for sentence in (say_cause_change(comparison), say_state_change(comparison)):
        if sentence:
            print_row(console, "", sentence)
    for warning in list_warnings(comparison):
        print_row(console, "", f"! {warning}", "yellow")
    print_row(console, "", "")
    print_table(console, make_overview(comparison, longest=LONGEST_CELL), left=4)
    print_table(console, make_pair_table(comparison))
    print_table(console, make_state_table(comparison, most=MOST_STATES), left=1)
    if page is not None:
        print_row(console, "Page", str(page))
