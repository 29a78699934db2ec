"""A real chain whose answers, errors and names are markup: the report shows it and never obeys it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest
from browser import find_chromium, open_browser

CHAIN = """
from langchain_core.runnables import RunnableLambda
from langchain_openai import ChatOpenAI

SCRIPT = "<script>document.title='owned'</script><img src=x onerror=alert(1)>"
calls = 0


def answer(message):
    global calls
    calls += 1
    if calls % 3 == 0:
        raise ValueError(f"no answer: {SCRIPT} \\u202e \\x1b[31m")
    return f"{SCRIPT}{message.content}"


chain = ChatOpenAI(model="gpt-4o-mini") | RunnableLambda(answer, name=SCRIPT)
"""
COMMAND = (
    sys.executable, "-P", "-m", "harness", "run", "chain.py:chain", "--steps", "1,2", "--hold", "2s", "--out", "run",
    "--input", '"<script>alert(1)</script>"', "--mock-set", 'reply.reply_text="<script>alert(2)</script>"',
)  # fmt: skip


class Tags(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.attributes: set[str] = set()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        self.attributes |= {name for name, _ in attrs}


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> tuple[subprocess.CompletedProcess[str], Path]:
    project = tmp_path_factory.mktemp("project")
    (project / "chain.py").write_text(CHAIN)
    done = subprocess.run(COMMAND, cwd=project, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stderr
    return done, project / "run"


def test_the_page_holds_no_markup_of_the_chain(
    finished: tuple[subprocess.CompletedProcess[str], Path],
) -> None:
    page = (finished[1] / "report.html").read_text()
    tags = Tags(page)
    assert not tags.names & {"script", "img", "iframe", "object"}
    assert not [name for name in tags.attributes if name.startswith("on")]
    assert "&lt;script&gt;document.title" in page
    assert "\u202e" not in page


def test_neither_terminal_nor_summary_obeys_it(
    finished: tuple[subprocess.CompletedProcess[str], Path],
) -> None:
    done, run = finished
    assert "\x1b[31m" not in done.stdout + done.stderr
    summary = (run / "summary.md").read_text()
    outside_code = re.sub(r"(`+).*?\1", "", summary)
    assert "<script" not in re.sub(r"\\<", "", outside_code)


def test_a_browser_shows_it_and_complains_of_nothing(
    finished: tuple[subprocess.CompletedProcess[str], Path], tmp_path: Path
) -> None:
    chromium = find_chromium()
    if chromium is None:
        missing = "no Chromium; install the package chromium"
        pytest.fail(missing) if os.environ.get("CI") == "true" else pytest.skip(missing)
    with open_browser(chromium, tmp_path) as page:
        page.show(finished[1] / "report.html", width=800)
        assert "owned" not in str(page.evaluate("document.title"))
        assert page.evaluate("document.scripts.length") == 0
        assert page.complaints == []
