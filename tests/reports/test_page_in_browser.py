"""The page in a real browser: nothing overflows, nothing is complained of, everything can be read."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from browser import Page, find_chromium, open_browser
from page_material import make_finding, make_material, make_steps, make_stuck, make_timeline, make_verdict

from reports.comparison import compare
from reports.comparison_page import render_comparison
from reports.material import Material
from reports.page import render_page
from reports.verdict import Health, Location

LEAST_CONTRAST = 4.5
SMALLEST_TEXT_PX = 9.5

# Every piece of text that is shown, with its contrast against what lies behind it and its size on the screen.
READ_TEXT = r"""
(() => {
  const colour = (css) => { const p = css.match(/[\d.]+/g).map(Number);
    return {rgb: p.slice(0, 3), alpha: p[3] ?? 1}; };
  const light = ({rgb}) => rgb.map((c) => c / 255).map((c) => c <= .03928 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4)
    .reduce((sum, c, i) => sum + c * [.2126, .7152, .0722][i], 0);
  const behind = (e) => { for (; e; e = e.parentElement) {
    const c = colour(getComputedStyle(e).backgroundColor); if (c.alpha > 0) return c; }
    return colour('rgb(255, 255, 255)'); };
  const found = [];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node; (node = walk.nextNode());) {
    const e = node.parentElement, text = node.data.trim();
    if (!text || !e.checkVisibility() || e.closest('desc, title, style')) continue;
    const style = getComputedStyle(e), inSvg = e.namespaceURI.endsWith('svg');
    const front = light(colour(inSvg ? style.fill : style.color)), back = light(behind(e));
    const box = inSvg ? e.getBoundingClientRect() : null;
    found.push({text, contrast: (Math.max(front, back) + .05) / (Math.min(front, back) + .05),
      size: parseFloat(style.fontSize) * (inSvg ? e.getScreenCTM().a : 1),
      left: box ? box.left : 0, right: box ? box.right : 0});
  }
  return found;
})()
"""

WIDEST = """
(() => [document.documentElement.scrollWidth, [...document.querySelectorAll('body *')]
  .filter((e) => e.checkVisibility() && !e.closest('.scroll') && e.getBoundingClientRect().right > innerWidth + 0.5)
  .map((e) => e.tagName + '.' + e.className)])()
"""


def rich_material() -> Material:
    """Something of everything, with words that do not break."""
    streamed = {"first_token_p50_s": 0.02, "first_token_p95_s": 0.05, "token_gap_p50_s": 0.004}
    steps = make_steps(
        (1, 5, 16, 18, 20, 48, 144),
        errors={20: 3, 144: 900},
        rate_limited_count=12,
        retry_count=20,
        **streamed,
    )
    long = "a_very_long_name_without_any_place_to_break_" * 3
    finding = make_finding(location=Location(file=f"src/{long}.py", line=7, function=long, code=long))
    errors = [0] * 40 + [4] * 30
    timeline = make_timeline(
        steps, error_counts=errors, rate_limited_counts=errors, fault_counts=errors, restarts_s=[33.0],
        loop_late_ratios=[0.5] * 70,
    )  # fmt: skip
    verdict = make_verdict(
        steps=steps, findings=[finding, make_finding(role="defect")], next_step=17,
        health=Health(target=f"restarted once: {long}"),
    )  # fmt: skip
    return make_material(verdict, timeline=timeline, stuck=[make_stuck(), make_stuck(outcome="cancelled")])


MATERIALS = {
    "saturated": rich_material(),
    "not_reached": make_material(make_verdict("not_reached", findings=[])),
    "undecided": make_material(make_verdict("undecided", findings=[], steps=make_steps((1, 5)))),
}


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    chromium = find_chromium()
    if chromium is None:
        missing = "no Chromium; install the package chromium"
        if os.environ.get("CI") == "true":
            pytest.fail(missing)
        pytest.skip(missing)
    with open_browser(chromium, tmp_path_factory.mktemp("profile")) as page:
        yield page


PAGES = (*MATERIALS, "compare")


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("pages")
    for name, material in MATERIALS.items():
        (folder / f"{name}.html").write_text(render_page(material), encoding="utf-8")
    comparison = compare(MATERIALS["saturated"].verdict, MATERIALS["not_reached"].verdict)
    (folder / "compare.html").write_text(render_comparison(comparison), encoding="utf-8")
    return {name: folder / f"{name}.html" for name in PAGES}


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [320, 800, 1400])
@pytest.mark.parametrize("name", PAGES)
def test_the_page_can_be_read(
    browser: Page, files: dict[str, Path], name: str, width: int, dark: bool
) -> None:
    browser.complaints.clear()
    browser.requests.clear()
    browser.show(files[name], width=width, dark=dark)
    assert browser.evaluate(WIDEST) == [width, []]
    texts = browser.evaluate(READ_TEXT)
    assert len(texts) > 50
    assert [text for text in texts if text["contrast"] < LEAST_CONTRAST] == []
    assert [text for text in texts if text["size"] < SMALLEST_TEXT_PX] == []
    assert [text for text in texts if text["left"] < 0 or text["right"] > width] == []
    assert browser.complaints == []
    assert browser.requests == [files[name].as_uri()]


def test_dark_and_light_differ(browser: Page, files: dict[str, Path]) -> None:
    seen = []
    for dark in (False, True):
        browser.show(files["saturated"], width=800, dark=dark)
        seen.append(browser.evaluate("getComputedStyle(document.body).backgroundColor"))
    assert seen == ["rgb(255, 255, 255)", "rgb(16, 19, 22)"]


def test_paper_is_light_whatever_the_screen(browser: Page, files: dict[str, Path]) -> None:
    browser.show(files["saturated"], width=720, dark=True, media="print")
    assert browser.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    texts = browser.evaluate(READ_TEXT)
    assert [text for text in texts if text["contrast"] < LEAST_CONTRAST] == []


def test_the_verdict_is_on_the_first_screen(browser: Page, files: dict[str, Path]) -> None:
    browser.show(files["saturated"], width=1400)
    bottom = browser.evaluate("document.querySelector('h1').getBoundingClientRect().bottom")
    assert bottom < 400
    assert (
        browser.evaluate("document.querySelector('.chart.throughput svg').getBoundingClientRect().top") < 200
    )


def test_no_two_labels_of_a_chart_overlap(browser: Page, files: dict[str, Path]) -> None:
    overlaps = """
      [...document.querySelectorAll('svg')].filter((s) => s.checkVisibility()).flatMap((svg) => {
        const boxes = [...svg.querySelectorAll('text')].map((t) => [t.textContent, t.getBoundingClientRect()]);
        return boxes.flatMap(([a, p], i) => boxes.slice(i + 1).filter(([b, q]) => p.left < q.right - 1 &&
          q.left < p.right - 1 && p.top < q.bottom - 4 && q.top < p.bottom - 4).map(([b]) => a + ' / ' + b)); })
    """
    for width in (320, 800):
        for name in PAGES:
            browser.show(files[name], width=width)
            assert browser.evaluate(overlaps) == [], (name, width)
