"""A provider in its own process, healthy and without delay, for clients to talk to."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from harness.children import Child
from harness.errors import ProviderError

START_S = 60.0


@pytest.fixture(scope="session")
def provider_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Base URL for OpenAI's clients."""
    directory = tmp_path_factory.mktemp("provider")
    child = Child(
        "mock provider",
        [sys.executable, "-m", "mock_provider", "--set", "latency.mean_s=0"],
        ready_file=directory / "ready.json",
        log_file=directory / "provider.log",
    )
    try:
        ready = child.wait_until_ready(START_S, error=ProviderError)
        yield f"http://127.0.0.1:{ready.port}/v1"
    finally:
        child.stop()
