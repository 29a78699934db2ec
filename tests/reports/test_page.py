import re
from html.parser import HTMLParser
from typing import Any

import pytest
from page_material import (
    make_finding,
    make_material,
    make_settings,
    make_step,
    make_steps,
    make_stuck,
    make_verdict,
)

from harness.records import Frame, StepOpen
from harness.run_directory import RunInfo
from reports.material import Material
from reports.page import render_page
from reports.verdict import Evidence, Health, Location, StepSummary
from reports.words import say_verdict

HOSTILE = "<script>alert('x')</script><img src=x onerror=alert(1)>\"'&"
BIDI = "\u202egnp.exe"


class Outline(HTMLParser):
    """Tags with their attributes, and all text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.texts).split())


def hostile_material() -> Material:
    finding = make_finding(
        cause=HOSTILE, summary=HOSTILE, fix=HOSTILE,
        location=Location(file=HOSTILE, line=1, function=HOSTILE, code=HOSTILE),
        evidence=[Evidence(text=HOSTILE, source="target")],
    )  # fmt: skip
    steps = [make_step(0, 1, error_count=3, errors={HOSTILE: 3}), make_step(1, 5, errors={BIDI: 1})]
    settings = make_settings(name=HOSTILE, target=HOSTILE, input_json=HOSTILE, mode="ainvoke")
    frame = Frame(file=HOSTILE, line=1, function=HOSTILE, code=HOSTILE, is_user=True)
    verdict = make_verdict(
        "undecided", reason=HOSTILE, findings=[finding, finding], steps=steps, settings=settings,
        health=Health(load_generator=HOSTILE, notices=[HOSTILE, BIDI]),
    )  # fmt: skip
    return make_material(
        verdict,
        info=RunInfo(settings=settings, started_wall=HOSTILE, started_s=0.0, environment={HOSTILE: HOSTILE}),
        stuck=[make_stuck(stack=[frame], open_steps=[StepOpen(name=HOSTILE, kind="tool", start_s=0.0)])],
    )


def test_foreign_text_is_shown_and_never_obeyed() -> None:
    page = render_page(hostile_material())
    outline = Outline(page)
    tags = {tag for tag, _ in outline.tags}
    assert not tags & {"script", "img", "iframe", "object", "embed", "form", "base"}
    assert not [name for _, attributes in outline.tags for name in attributes if name.startswith("on")]
    assert "alert('x')" in outline.text
    assert "\u202e" not in page


def test_foreign_text_cannot_leave_an_attribute() -> None:
    outline = Outline(render_page(hostile_material()))
    known = {
        "html", "head", "meta", "link", "title", "style", "body", "main", "header", "p", "strong", "span", "h1", "em",
        "ul", "li", "dl", "dt", "dd", "code", "pre", "div", "figure", "h2", "h3", "svg", "desc", "g", "path", "defs",
        "use", "text", "rect", "clippath", "pattern", "figcaption", "details", "summary", "table", "caption", "thead",
        "tbody", "tr", "th", "td", "section", "article", "ol", "footer",
    }  # fmt: skip
    assert {tag for tag, _ in outline.tags} <= known


def test_the_page_asks_for_nothing_and_says_so() -> None:
    page = render_page(make_material())
    outline = Outline(page)
    policies = [a["content"] for tag, a in outline.tags if a.get("http-equiv") == "Content-Security-Policy"]
    assert policies == ["default-src 'none'; style-src 'unsafe-inline'; img-src data:"]
    for _, attributes in outline.tags:
        for name in ("src", "href", "srcset", "action"):
            assert (attributes.get(name) or "#").startswith(("#", "data:"))
    assert not re.search(r"@import|url\((?!#)", page)
    assert "http://" not in page
    assert "https://" not in page


def test_the_verdict_is_the_first_thing_on_the_page() -> None:
    verdict = make_verdict()
    page = render_page(make_material(verdict))
    body = Outline(page[page.index("<body>") :])
    assert say_verdict(verdict) in body.text[:200]
    order = [a["class"] or "" for _, a in body.tags if "class" in a]
    positions = [
        order.index(name)
        for name in ("verdict saturated", "chart throughput", "chart latency", "chart timeline")
    ]
    assert positions == sorted(positions)


@pytest.mark.parametrize("status", ["saturated", "saturated_from_first_step", "not_reached", "undecided"])
def test_every_kind_of_verdict_is_said_in_the_words_of_the_terminal(status: str) -> None:
    verdict = make_verdict(status)
    outline = Outline(render_page(make_material(verdict)))
    assert say_verdict(verdict) in outline.text


def test_cause_place_proof_and_fix_stand_in_the_first_block() -> None:
    page = render_page(make_material())
    block = Outline(page[page.index("<header") : page.index("</header>")]).text
    for part in (
        "Semaphore starved",
        "app/chain.py:42 in run",
        "capacity 5 / 102 ms",
        "Raise the semaphore to 20.",
    ):
        assert part in block


def test_code_in_sentences_is_shown_as_code() -> None:
    finding = make_finding(fix="Give `look_up(<b>)` a time-out.")
    assert "Give <code>look_up(&lt;b&gt;)</code> a time-out." in render_page(
        make_material(make_verdict(findings=[finding]))
    )


def test_the_same_material_makes_the_same_bytes() -> None:
    assert render_page(make_material()) == render_page(make_material())


def test_ids_are_unique() -> None:
    outline = Outline(render_page(make_material(stuck=[make_stuck(), make_stuck(outcome="cancelled")])))
    ids = [attributes["id"] for _, attributes in outline.tags if "id" in attributes]
    assert len(ids) == len(set(ids))


def test_sections_with_nothing_to_say_are_left_out() -> None:
    page = render_page(make_material(make_verdict(findings=[])))
    for name in ("findings", "stuck", "errors"):
        assert f'<section id="{name}">' not in page
    for name in ("steps", "environment", "method"):
        assert f'<section id="{name}">' in page


def test_stuck_invocations_are_shown_with_where_they_waited() -> None:
    text = Outline(render_page(make_material(stuck=[make_stuck()]))).text
    assert "3 hung with 20, 50 users, up to 1 min, in look_up" in text
    assert "app/chain.py:42 in look_up" in text


def make_empty_step() -> StepSummary:
    measured = ("response_mean_s", "response_p50_s", "response_p95_s", "response_p99_s", "throughput_per_s")
    nothing: dict[str, Any] = {"sample_count": 0, "ok_count": 0, "censored_count": 1} | dict.fromkeys(
        (*measured, "throughput_se_per_s", "error_ratio", "efficiency", "is_steady")
    )
    return make_step(0, 1, **nothing)


@pytest.mark.parametrize(
    "material",
    [
        make_material(make_verdict("undecided", steps=[], findings=[])),
        make_material(make_verdict("not_reached", steps=make_steps((1,))), curve=None, timeline=None),
        make_material(make_verdict("undecided", steps=[make_empty_step()])),
    ],
    ids=["no steps", "one step", "nothing ended"],
)  # fmt: skip
def test_a_run_that_measured_little_has_a_page(material: Material) -> None:
    assert say_verdict(material.verdict) in Outline(render_page(material)).text


def test_the_page_stays_small_however_long_the_run() -> None:
    steps = make_steps(range(1, 41), errors=dict.fromkeys(range(1, 41), 5))
    steps = [
        make_step(i, s.users, errors={f"{e} {'x' * 5000}": 1 for e in range(10)}) for i, s in enumerate(steps)
    ]
    stack = [Frame(file="f" * 500, line=n, function="g" * 200, code="c" * 1000) for n in range(300)]
    stuck: list[Any] = [make_stuck(stack=stack) for _ in range(8)]
    page = render_page(make_material(make_verdict(steps=steps), stuck=stuck))
    assert len(page.encode()) < 1_000_000
