from collections.abc import Callable
from pathlib import Path

import pytest
from synthetic_probes import Stage, make_probed_run

from harness.errors import RunDirectoryError
from harness.run_directory import RunDirectory
from reports.pngs import write_pngs

WIDEST = 4000


def size_of(png: bytes) -> tuple[int, int]:
    """Width and height, from the header."""
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    return int.from_bytes(png[16:20]), int.from_bytes(png[20:24])


def test_every_chart_is_a_file_in_the_order_of_the_page(tmp_path: Path) -> None:
    stage = Stage(work="provider", wait="lock_wait", resource="semaphore:1", capacity=5, seconds=0.1, line=42)
    files = write_pngs(make_probed_run(tmp_path / "run", [stage], steps=(1, 4, 16)))
    assert [file.name for file in files][:4] == [
        "01-throughput.png", "02-latency.png", "03-states.png", "04-growth.png",
    ]  # fmt: skip
    for file in files:
        width, height = size_of(file.read_bytes())
        assert width == 1360
        assert 200 < height < WIDEST


def test_charts_of_an_earlier_report_do_not_stay(run_of: Callable[..., RunDirectory]) -> None:
    run = run_of(kind="healthy", steps=(1, 2), hold_s=3.0)
    run.file("charts").mkdir()
    run.file("charts").joinpath("99-old.png").write_bytes(b"")
    run.file("charts").joinpath("mine.png").write_bytes(b"")
    files = write_pngs(run)
    left = {file.name for file in run.file("charts").iterdir()}
    assert left == {file.name for file in files} | {"mine.png"}


def test_the_same_run_gives_the_same_bytes(run_of: Callable[..., RunDirectory]) -> None:
    run = run_of(kind="healthy", steps=(1, 2), hold_s=3.0)
    first = [file.read_bytes() for file in write_pngs(run)]
    assert [file.read_bytes() for file in write_pngs(run)] == first


def test_a_folder_that_cannot_be_made_is_told(run_of: Callable[..., RunDirectory]) -> None:
    run = run_of(kind="healthy", steps=(1,), hold_s=3.0)
    run.file("charts").write_text("a file is in the way")
    with pytest.raises(RunDirectoryError, match="charts of"):
        write_pngs(run)
