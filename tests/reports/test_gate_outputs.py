"""Where a gate is read: terminal, Markdown, JUnit XML, annotations, page."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from page_material import make_material
from rich.console import Console

from reports.gate.annotations import escape_data, escape_property, list_annotations
from reports.gate.criteria import CriterionResult, GatedRun, GateVerdict, decide
from reports.gate.junit import render_junit
from reports.gate.markdown import MOST_BYTES, render_gate
from reports.gate.terminal import print_gate
from reports.gate.words import say_gate
from reports.page import render_page
from reports.verdict import Location

HOSTILE = "100 % of it, line\nbreak\r::set-output name=x::y <b>|`\x1b[31m\x00 \ufffe"
PLACE = Location(file="app/a,b:c.py", line=42, function="run", code="async with slots:")
RUN = GatedRun(scenario="chain", directory="runs/one", answer="Saturates at 5 users.")


def result(status: Any = "passed", **fields: Any) -> CriterionResult:
    made = {"name": "min_users", "scenario": "chain", "status": status, "reason": f"{status}, because."}
    return CriterionResult(**{**made, **fields})


def gate(*results: CriterionResult, strict: bool = False) -> GateVerdict:
    return decide(results, strict=strict, runs=[RUN])


ALL = (
    result(),
    result("failed", name="max_p95 at 10 users", location=PLACE, reason=HOSTILE, observed=2.5, unit="s"),
    result("inconclusive", name="forbid defect", scenario="other"),
    result("failed", name="run", scenario="other", fault="run"),
)


# ---- words ----


def test_an_inconclusive_gate_never_reads_as_a_pass() -> None:
    unclear = gate(result(), result("inconclusive"))
    assert say_gate(unclear) == (
        "Gate inconclusive: of 2 criteria, 1 cannot be told. That is no pass: --strict makes it an error (exit code 3)."
    )
    assert say_gate(gate()) == "Gate inconclusive: nothing was judged."
    assert say_gate(gate(result())) == "Gate passed: 1 of 1 criteria."


def printed(verdict: GateVerdict) -> str:
    out = io.StringIO()
    print_gate(verdict, Console(file=out, width=100))
    return out.getvalue()


def test_the_terminal_says_what_failed_where_and_why() -> None:
    text = printed(gate(*ALL))
    assert "Gate failed: of 4 criteria, 2 failed and 1 cannot be told." in text
    assert "app/a,b:c.py:42 in run" in text
    assert "async with slots:" in text
    assert "2.50 s" in text
    assert "\x1b" not in text
    assert "\x00" not in text
    assert not any(line.lstrip().startswith("::") for line in text.splitlines())


def test_markdown_shows_foreign_text_as_it_is_written() -> None:
    text = render_gate(gate(*ALL))
    assert text.startswith("## ❌ Gate failed")
    assert r"\<b\>" in text
    assert "`max_p95 at 10 users`" in text


def test_markdown_leaves_out_summaries_that_do_not_fit() -> None:
    text = render_gate(gate(*ALL), ["## first\n", "x" * MOST_BYTES])
    assert "## first" in text
    assert len(text.encode()) < MOST_BYTES


# ---- JUnit XML: the rules of the schemas that Jenkins, GitLab and GitHub's readers validate with ----

NUMBERS = ("tests", "failures", "errors", "skipped", "time")
EMPTY = ("properties", "system-out", "system-err")
ALLOWED = {
    "testsuites": (set(), {"testsuite"}),
    "testsuite": ({"name", "id", "package", "timestamp", "hostname", *NUMBERS}, {"testcase", *EMPTY}),
    **{name: (set[str](), set[str]()) for name in EMPTY},
    "testcase": ({"name", "classname", "time"}, {"failure", "error", "skipped"}),
    "failure": ({"message", "type"}, set()),
    "error": ({"message", "type"}, set()),
    "skipped": ({"message"}, set()),
}  # fmt: skip


def parse_junit(verdict: GateVerdict) -> ElementTree.Element:
    text = render_junit(verdict, timestamp="2026-11-21T10:00:00", hostname="ci")
    return ElementTree.fromstring(text)


def check_element(element: ElementTree.Element) -> None:
    attributes, children = ALLOWED[element.tag]
    assert set(element.attrib) == attributes
    assert {child.tag for child in element} <= children
    if element.tag == "testsuite":
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", element.attrib["timestamp"])
        assert [child.tag for child in element if child.tag != "testcase"] == list(EMPTY)
        assert (element[0].tag, element[-2].tag) == EMPTY[:2]
        cases = list(element.iter("testcase"))
        assert int(element.attrib["tests"]) == len(cases)
        counts = {"failures": "failure", "errors": "error", "skipped": "skipped"}
        for attribute, tag in counts.items():
            assert int(element.attrib[attribute]) == sum(case.find(tag) is not None for case in cases)
    if element.tag == "testcase":
        assert len(element) <= 1
    for child in element:
        check_element(child)


@pytest.mark.parametrize("strict", [False, True])
def test_junit_keeps_to_the_schema(strict: bool) -> None:
    root = parse_junit(gate(*ALL, strict=strict))
    assert root.tag == "testsuites"
    check_element(root)
    check_element(parse_junit(gate()))


def test_junit_has_a_case_for_every_criterion() -> None:
    root = parse_junit(gate(*ALL))
    found = {
        (case.attrib["classname"], case.attrib["name"]): [c.tag for c in case]
        for case in root.iter("testcase")
    }
    assert found == {
        ("chainload.chain", "min_users"): [],
        ("chainload.chain", "max_p95 at 10 users"): ["failure"],
        ("chainload.other", "forbid defect"): ["skipped"],
        ("chainload.other", "run"): ["error"],
    }


def test_a_strict_gate_fails_for_what_cannot_be_told() -> None:
    root = parse_junit(gate(result("inconclusive"), strict=True))
    assert [suite.attrib["failures"] for suite in root] == ["1"]


# ---- annotations ----


def annotations(verdict: GateVerdict, root: Path | None = None) -> list[str]:
    return list_annotations(verdict, working_directory=Path("/repo/service"), root=root)


def test_annotations_escape_what_would_be_a_command() -> None:
    assert escape_data("100 %\r\n") == "100 %25%0D%0A"
    assert escape_property("a:b,c%") == "a%3Ab%2Cc%25"
    lines = annotations(gate(*ALL))
    assert len(lines) == 3
    assert all(re.fullmatch(r"::(error|warning) [^\r\n]*", line) for line in lines)
    assert lines[0].startswith(
        "::error file=app/a%2Cb%3Ac.py,line=42,title=chain%3A max_p95 at 10 users::100 %25"
    )


def test_annotated_paths_start_at_the_repository() -> None:
    lines = annotations(gate(*ALL), Path("/repo"))
    assert "file=service/app/a%2Cb%3Ac.py," in lines[0]
    assert "file=app/a%2Cb%3Ac.py," in annotations(gate(*ALL), Path("/elsewhere"))[0]


def test_what_cannot_be_told_is_a_warning() -> None:
    assert annotations(gate(result("inconclusive")))[0].startswith("::warning title=")
    assert annotations(gate())[0].startswith("::warning ")
    assert annotations(gate(result())) == []


def test_there_are_no_more_annotations_than_are_shown() -> None:
    lines = annotations(gate(*(result("failed", name=f"c{n}") for n in range(25))))
    assert len(lines) == 10
    assert "16 more" in lines[-1]


# ---- page ----


def test_the_page_ends_with_the_gate() -> None:
    page = render_page(make_material(gate=gate(*ALL)))
    assert page.rindex('<section id="gate">') > page.rindex('<section id="method">')
    assert "Gate failed: of 4 criteria" in page
    assert "<b>|" not in page


def test_a_page_without_a_gate_has_no_section_for_it() -> None:
    assert 'id="gate"' not in render_page(make_material())
