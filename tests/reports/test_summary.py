import pytest
from page_material import make_finding, make_step, make_steps, make_verdict

from reports.summary import render_summary
from reports.verdict import Evidence, Health, Location
from reports.words import say_verdict


@pytest.mark.parametrize("status", ["saturated", "not_reached"])
def test_it_begins_with_the_verdict(status: str) -> None:
    verdict = make_verdict(status)
    assert render_summary(verdict).splitlines()[0] == f"## {say_verdict(verdict)}"


def test_it_holds_cause_place_fix_and_steps() -> None:
    text = render_summary(make_verdict(steps=make_steps(errors={50: 9}), health=Health(mock="busy")))
    for part in (
        "**Cause: Semaphore starved**",
        "`app/chain.py:42 in run`",
        "- Fix: Raise",
        "| 50 |",
        "Mock provider: busy",
    ):
        assert part in text


def test_foreign_text_makes_no_markup() -> None:
    finding = make_finding(
        summary="<img src=x> @team [a](http://evil)",
        evidence=[Evidence(text="see <b>this</b>\n# heading", source="target")],
        location=Location(file="a`|b.py", line=1),
    )
    steps = [make_step(0, 5, error_count=3, errors={"<script>|`x`| @team http://evil": 3})]
    text = render_summary(make_verdict(findings=[finding], steps=steps))
    assert "<img" not in text.replace(r"\<img", "")
    assert "@team [" not in text
    assert "\n# heading" not in text
    table_rows = [line for line in text.splitlines() if line.startswith("| ") and "script" in line]
    assert [line.count("|") - line.count(r"\|") for line in table_rows] == [4]


def test_a_verdict_that_wants_more_names_the_command() -> None:
    assert "`chainload run app/chain.py:chain --steps 1,5,20,50,150`" in render_summary(
        make_verdict("undecided")
    )
