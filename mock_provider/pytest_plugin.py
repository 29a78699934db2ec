"""pytest fixtures: the provider as a server, and as a respx router.  Loaded by pytest through its entry point.

    @pytest.mark.mock_plan("limits.requests_per_minute=3")
    def test_backs_off(mock_provider):
        ChatOpenAI().invoke("hello")                  # OPENAI_BASE_URL and OPENAI_API_KEY are set
        assert mock_provider.attempts[0].outcome == "ok"

`mock_plan` takes overrides, and a TOML file as `plan=`.  Without latency settings answers come at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from mock_provider.plan_schema import Plan
    from mock_provider.router import ProviderRouter
    from mock_provider.running import RunningProvider

API_KEY = "chainload-mock-key"


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line(
        "markers", "mock_plan(*overrides, plan=None): the plan of the mock provider's fixtures"
    )


@pytest.fixture
def mock_provider(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[RunningProvider]:
    """A server on a free port; the environment sends OpenAI's clients there."""
    from mock_provider.running import RunningProvider  # here: pytest loads this module in every project

    with RunningProvider(_load(request)) as provider:
        monkeypatch.setenv("OPENAI_BASE_URL", provider.url)
        monkeypatch.setenv("OPENAI_API_BASE", provider.url)
        monkeypatch.setenv("OPENAI_API_KEY", API_KEY)
        yield provider


@pytest.fixture
def mock_provider_router(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[ProviderRouter]:
    """A respx router in place of api.openai.com."""
    from mock_provider.router import ProviderRouter

    monkeypatch.setenv("OPENAI_API_KEY", API_KEY)
    with ProviderRouter(_load(request)) as router:
        yield router


def _load(request: pytest.FixtureRequest) -> Plan:
    from mock_provider.plan import load_plan

    marker = request.node.get_closest_marker("mock_plan")
    overrides = list(marker.args) if marker is not None else []
    plan = marker.kwargs.get("plan") if marker is not None else None
    if plan is None and not any(str(setting).startswith("latency") for setting in overrides):
        overrides.append("latency.mean_s=0")
    return load_plan(plan, overrides)
