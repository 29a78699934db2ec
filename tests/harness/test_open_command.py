"""`chainload open`: the page of a run, or what is missing."""

from __future__ import annotations

import webbrowser
from pathlib import Path

import pytest
from typer.testing import CliRunner

from harness.cli import app
from harness.errors import RunDirectoryError
from harness.open_command import find_page


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Addresses that a browser was given."""
    addresses: list[str] = []

    def note(address: str) -> bool:
        addresses.append(address)
        return True

    monkeypatch.setattr(webbrowser, "open", note)
    return addresses


def make_run(path: Path, *, has_page: bool = True) -> Path:
    path.mkdir(parents=True)
    (path / "run.json").write_text("{}")
    if has_page:
        (path / "report.html").write_text("<p>")
    return path


def test_the_page_of_a_run_is_shown_and_its_path_printed(tmp_path: Path, shown: list[str]) -> None:
    page = make_run(tmp_path / "a run") / "report.html"
    result = CliRunner().invoke(app, ["open", str(page.parent)])
    assert result.exit_code == 0
    assert result.stdout.replace("\n", "") == str(page)
    assert shown == [page.as_uri()]


def test_the_latest_run_is_meant_unless_one_is_named(
    tmp_path: Path, shown: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    page = make_run(tmp_path / "runs" / "one") / "report.html"
    (tmp_path / "runs" / "latest").symlink_to("one")
    monkeypatch.chdir(tmp_path)
    assert CliRunner().invoke(app, ["open"]).exit_code == 0
    assert shown == [page.as_uri()]


def test_without_a_browser_the_path_is_still_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webbrowser, "open", lambda address: False)
    result = CliRunner().invoke(app, ["open", str(make_run(tmp_path / "run"))])
    assert result.exit_code == 0
    assert "report.html" in result.stdout
    assert "no browser" in result.stderr


def test_what_is_missing_is_said(tmp_path: Path) -> None:
    with pytest.raises(RunDirectoryError, match="does not exist"):
        find_page(tmp_path / "none")
    with pytest.raises(RunDirectoryError, match=r"has no run\.json"):
        find_page(tmp_path)
    with pytest.raises(RunDirectoryError, match="build it with `chainload report"):
        find_page(make_run(tmp_path / "bare", has_page=False))
    (tmp_path / "latest").symlink_to("gone")
    with pytest.raises(RunDirectoryError, match="is gone"):
        find_page(tmp_path / "latest")
