"""The fixtures, in a test session of their own."""

from __future__ import annotations

import pytest

pytest_plugins = ["pytester"]

SERVER_TEST = """
import os
import pytest
import openai

MESSAGES = [{"role": "user", "content": "hello"}]

def ask():
    client = openai.OpenAI(max_retries=0)
    return client.chat.completions.create(model="m", messages=MESSAGES).choices[0].message.content

def test_environment_leads_to_the_server(mock_provider):
    assert os.environ["OPENAI_BASE_URL"] == mock_provider.url
    assert ask()
    assert [attempt.outcome for attempt in mock_provider.attempts] == ["ok"]
    assert mock_provider.attempts[0].injected_s == 0

@pytest.mark.mock_plan("faults=[{kind='status', status=503}]")
def test_marker_sets_the_plan(mock_provider):
    with pytest.raises(Exception, match="503"):
        ask()
    mock_provider.change("faults=[]")
    assert ask()

@pytest.mark.mock_plan(plan="plan.toml")
def test_marker_takes_a_file(mock_provider):
    assert ask() == "from the file"
"""

ROUTER_TEST = """
import pytest
import openai

MESSAGES = [{"role": "user", "content": "hello"}]

def ask():
    client = openai.OpenAI(max_retries=0)
    return client.chat.completions.create(model="m", messages=MESSAGES).choices[0].message.content

@pytest.mark.mock_plan("reply.reply_text='routed'")
def test_router(mock_provider_router):
    assert ask() == "routed"
    assert len(mock_provider_router.attempts) == 1

@pytest.mark.mock_plan("faults=[{kind='dribble'}]")
def test_router_refuses_faults_of_the_wire(mock_provider_router):
    pass
"""


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the plugin under test is loaded: the others take seconds."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")


@pytest.mark.usefixtures("alone")
def test_fixtures_give_a_server_and_a_router(pytester: pytest.Pytester) -> None:
    pytester.makefile(".toml", plan="[latency]\nmean_s = 0\n[reply]\nreply_text = 'from the file'\n")
    pytester.makepyfile(test_server=SERVER_TEST, test_router=ROUTER_TEST)
    result = pytester.runpytest_subprocess("-p", "mock_provider.pytest_plugin", "--strict-markers")
    result.assert_outcomes(passed=4, errors=1)
    result.stdout.fnmatch_lines(["*dribble needs a real connection; use the server instead of the router*"])


def test_plugin_is_an_entry_point_of_the_same_name() -> None:
    from importlib.metadata import entry_points

    (found,) = entry_points(group="pytest11", name="mock_provider.pytest_plugin")
    assert found.value == "mock_provider.pytest_plugin"
