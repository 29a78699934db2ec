from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from harness.errors import RunDirectoryError
from harness.run_directory import RunDirectory
from reports.render import write_report
from reports.verdict import Verdict
from reports.words import say_verdict

FILES = ("verdict.json", "report.html", "summary.md")


@pytest.mark.parametrize("kind", ["healthy", "queue", "rate_limited", "hung", "generator"])
def test_every_run_leaves_verdict_page_and_summary_in_the_same_words(
    run_of: Callable[..., RunDirectory], kind: str
) -> None:
    run = run_of(kind=kind)
    verdict = write_report(run).verdict
    assert msgspec.json.decode(run.file("verdict.json").read_bytes(), type=Verdict) == verdict
    page, summary = (run.file(name).read_text() for name in ("report.html", "summary.md"))
    assert f"<title>{say_verdict(verdict)}" in page
    assert summary.startswith(f"## {say_verdict(verdict)}\n")


def test_the_same_directory_gives_the_same_bytes(run_of: Callable[..., RunDirectory]) -> None:
    run = run_of(kind="rate_limited")
    write_report(run)
    first = [run.file(name).read_bytes() for name in FILES]
    write_report(run)
    assert [run.file(name).read_bytes() for name in FILES] == first


def test_a_run_that_died_has_a_report(run_of: Callable[..., RunDirectory]) -> None:
    run = run_of(kind="queue", died_in_step=2)
    write_report(run)
    assert "The run did not complete" in run.file("report.html").read_text()


def test_more_samples_make_no_larger_a_page(run_of: Callable[..., RunDirectory]) -> None:
    sizes = []
    for hold_s in (4.0, 40.0):
        run = run_of(kind="healthy", steps=(1, 20), hold_s=hold_s)
        write_report(run)
        sizes.append(run.file("report.html").stat().st_size)
    assert sizes[1] < 1.3 * sizes[0]


def test_a_report_that_cannot_be_written_says_so(
    run_of: Callable[..., RunDirectory], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = run_of(kind="queue", steps=(1, 5))

    def full(path: Path, content: str) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("reports.render.write_whole", full)
    with pytest.raises(RunDirectoryError, match="No space left on device"):
        write_report(run)
