"""Fixtures of the tests that start a target."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from target_process import Provider, StartTarget, Target

from harness.settings import RunSettings


@pytest.fixture
def provider() -> Iterator[Provider]:
    provider = Provider()
    yield provider
    provider.close()


@pytest.fixture
def start_target(tmp_path: Path, provider: Provider) -> Iterator[StartTarget]:
    """Start a target from the source of its module: ``start_target(source, name, **settings)``."""
    started: list[Target] = []

    def start(source: str | None, name: str = "chain", /, *, wait: bool = True, **settings: Any) -> Target:
        project = tmp_path / "project"
        project.mkdir(exist_ok=True)
        if source is not None:
            (project / "app.py").write_text(textwrap.dedent(source))
        folder = tmp_path / f"target{len(started)}"
        folder.mkdir()
        settings.setdefault("target", f"app.py:{name}")
        target = Target(
            folder, provider, RunSettings(name="test", working_directory=str(project), steps=(2,), **settings)
        )
        started.append(target)
        return target.wait() if wait else target

    yield start
    for target in started:
        target.close()
