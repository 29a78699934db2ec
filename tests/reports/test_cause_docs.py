"""The ids of causes are public: table, documentation and design name the same ones."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from reports.causes import CAUSES

ROOT = Path(__file__).parents[2]
PAGES = ROOT / "docs" / "causes"
DESIGN = ROOT.parent / "shared" / "DESIGN.md"
SECTIONS = ("## How it shows", "## Evidence that is printed", "## What to do", "## Scenario")


def test_every_cause_has_a_page_and_every_page_a_cause() -> None:
    assert {path.stem for path in PAGES.glob("*.md")} - {"README"} == set(CAUSES)


def test_the_design_names_the_same_causes() -> None:
    if not DESIGN.is_file():
        pytest.skip("the design is not here")
    table = DESIGN.read_text(encoding="utf-8").partition("| id | what limits |")[2].partition("## 4.")[0]
    assert set(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)) == set(CAUSES)


@pytest.mark.parametrize("cause", CAUSES)
def test_a_page_says_how_a_cause_shows_what_proves_it_and_what_to_do(cause: str) -> None:
    text = (PAGES / f"{cause}.md").read_text(encoding="utf-8")
    assert text.startswith(f"# `{cause}`: ")
    assert [section for section in SECTIONS if section not in text] == []


@pytest.mark.parametrize("cause", CAUSES)
def test_links_between_pages_lead_somewhere(cause: str) -> None:
    text = (PAGES / f"{cause}.md").read_text(encoding="utf-8")
    assert [name for name in re.findall(r"\]\((\w+\.md)\)", text) if not (PAGES / name).is_file()] == []


def test_every_cause_is_one_file_that_carries_its_id() -> None:
    for cause in CAUSES:
        text = (ROOT / "reports" / "causes" / f"{cause}.py").read_text(encoding="utf-8")
        assert f'ID = "{cause}"' in text
        assert text.startswith(f'"""{cause}: ')


@pytest.mark.parametrize("cause", sorted(set(CAUSES) - {"load_generator_limit", "unknown"}))
def test_the_code_on_a_page_can_be_read(cause: str) -> None:
    blocks = re.findall(
        r"```python\n(.*?)```", (PAGES / f"{cause}.md").read_text(encoding="utf-8"), re.DOTALL
    )
    assert len(blocks) == 2
    for block in blocks:
        wrapped = "async def page():\n" + "".join(f"    {line}\n" for line in block.splitlines())
        compile(wrapped, cause, "exec")


@pytest.mark.parametrize("cause", CAUSES)
def test_a_scenario_that_a_page_names_plants_its_cause(cause: str) -> None:
    text = (PAGES / f"{cause}.md").read_text(encoding="utf-8")
    for name in re.findall(r"`(scenarios/\w+\.py)`", text):
        assert f'expects="{cause}"' in (ROOT / name).read_text(encoding="utf-8")
