import io
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.console import Console

from harness.errors import RunDirectoryError
from harness.run_directory import RunDirectory
from reports.compare import page_file, print_comparison, write_compare
from reports.comparison_words import say_comparison


@pytest.fixture
def runs(run_of: Callable[..., RunDirectory]) -> tuple[RunDirectory, RunDirectory]:
    return run_of(kind="queue", capacity=5), run_of(kind="queue", capacity=12)


def test_page_and_terminal_say_the_same(runs: tuple[RunDirectory, RunDirectory], tmp_path: Path) -> None:
    page = tmp_path / "sub" / "compare.html"
    comparison = write_compare(*runs, page)
    stream = io.StringIO()
    print_comparison(comparison, Console(file=stream, width=100), page=page)
    said = say_comparison(comparison)
    assert said.startswith("B carries more users: ")
    assert said in stream.getvalue()
    assert f"<h1>{said}</h1>" in page.read_text()
    assert str(page) in stream.getvalue()


def test_the_page_asks_for_nothing_and_is_small(
    runs: tuple[RunDirectory, RunDirectory], tmp_path: Path
) -> None:
    write_compare(*runs, tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text()
    assert "default-src 'none'" in page
    assert "<script" not in page
    assert "http" not in page.replace("http-equiv", "")
    assert len(page) < 300_000


def test_the_same_runs_give_the_same_bytes(runs: tuple[RunDirectory, RunDirectory], tmp_path: Path) -> None:
    for name in ("one.html", "two.html"):
        write_compare(*runs, tmp_path / name)
    assert (tmp_path / "one.html").read_bytes() == (tmp_path / "two.html").read_bytes()


def test_a_directory_gets_the_page_under_its_usual_name(tmp_path: Path) -> None:
    assert page_file(tmp_path) == tmp_path / "compare.html"
    assert page_file(tmp_path / "mine.html") == tmp_path / "mine.html"


def test_a_page_that_cannot_be_written_is_the_users_to_move(
    runs: tuple[RunDirectory, RunDirectory], tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(RunDirectoryError, match="--out"):
        write_compare(*runs, tmp_path / "file" / "compare.html")
