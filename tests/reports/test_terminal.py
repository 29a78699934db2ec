import io
from pathlib import Path

import pytest
from page_material import make_finding, make_steps, make_verdict
from rich.console import Console

from reports.terminal import print_verdict
from reports.verdict import Evidence, Health, Location, Verdict
from reports.words import say_verdict


def printed(verdict: Verdict) -> str:
    stream = io.StringIO()
    console = Console(file=stream, width=80)
    print_verdict(verdict, console, report=Path("runs/latest/report.html"))
    return stream.getvalue()


@pytest.mark.parametrize("status", ["saturated", "saturated_from_first_step", "not_reached", "undecided"])
def test_it_says_the_verdict_in_the_words_of_the_page(status: str) -> None:
    verdict = make_verdict(status)
    assert say_verdict(verdict) in printed(verdict).splitlines()


def test_it_shows_findings_steps_and_where_the_report_is() -> None:
    text = printed(make_verdict(steps=make_steps(errors={50: 9}), health=Health(target="restarted once")))
    for part in (
        "Semaphore starved", "app/chain.py:42 in run", "Waiting for it takes", "Raise the semaphore to 20.",
        "capacity 5 / 102 ms", "! Target: restarted once", "runs/latest/report.html",
    ):  # fmt: skip
        assert part in text
    assert sum(line.split()[:1] in (["1"], ["5"], ["20"], ["50"]) for line in text.splitlines()) == 4


def test_it_shows_where_the_time_goes_with_few_users_and_with_many() -> None:
    lines = [line.split("  ") for line in printed(make_verdict()).splitlines()]
    row = next(line for line in lines if line[0] == "waiting for a lock, semaphore or queue")
    assert [cell.strip() for cell in row if cell][1:] == ["0 ms", "900 ms", "+900 ms"]


def test_a_pipe_gets_plain_text() -> None:
    assert "\x1b" not in printed(make_verdict())


def test_on_a_screen_of_80_columns_no_line_is_longer() -> None:
    finding = make_finding(
        summary="a long tale " * 40, evidence=[Evidence(text="word " * 60, source="target")]
    )
    stream = io.StringIO()
    console = Console(file=stream, width=80, force_terminal=True, color_system=None)
    print_verdict(make_verdict(findings=[finding]), console, report=None)
    assert max(map(len, stream.getvalue().splitlines())) <= 80


def test_foreign_text_steers_no_terminal_and_is_no_markup() -> None:
    finding = make_finding(
        summary="[bold red]boo[/] \x1b[2J\x1b]8;;http://evil\x07",
        location=Location(file="a\x1b[31m.py", line=1, function="[link=x]f"),
    )
    text = printed(make_verdict(findings=[finding]))
    assert "\x1b" not in text
    assert "[bold red]boo[/]" in text
    assert "[link=x]f" in text


def test_a_stream_that_carries_ascii_only_is_written_to_all_the_same() -> None:
    written = io.BytesIO()
    stream = io.TextIOWrapper(written, encoding="ascii")
    print_verdict(make_verdict(), Console(file=stream, width=80), report=None)
    stream.flush()
    assert b"(95 %: 16-20)" in written.getvalue()


def test_a_verdict_without_steps_or_findings_is_printed() -> None:
    assert "Undecided" in printed(make_verdict("undecided", steps=[], findings=[]))
