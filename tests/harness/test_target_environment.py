"""The variables with which a target starts."""

from __future__ import annotations

import os

from langchain_openai import AzureChatOpenAI, ChatOpenAI

from harness.settings import RunSettings
from harness.target_environment import target_environment

PLAIN = RunSettings(name="n", target="a.py:b")


def test_the_provider_is_the_mock_and_the_key_no_secret() -> None:
    variables = target_environment(
        {"OPENAI_API_KEY": "sk-real-key-of-the-user"}, mock_port=4010, settings=PLAIN
    )
    assert variables["OPENAI_BASE_URL"] == variables["OPENAI_API_BASE"] == "http://127.0.0.1:4010/v1"
    assert "sk-real-key-of-the-user" not in variables.values()


def test_proxies_are_removed_and_loopback_is_exempt() -> None:
    base = {
        "HTTPS_PROXY": "http://proxy:3128",
        "all_proxy": "socks5://proxy",
        "OPENAI_PROXY": "http://p",
        "KEEP": "1",
    }
    variables = target_environment(base, mock_port=1, settings=PLAIN)
    assert not {"HTTPS_PROXY", "all_proxy", "OPENAI_PROXY"} & set(variables)
    assert variables["KEEP"] == "1"
    assert "127.0.0.1" in variables["NO_PROXY"]


def test_tracing_is_off_unless_its_host_is_allowed() -> None:
    base = {"LANGSMITH_TRACING": "true"}
    assert target_environment(base, mock_port=1, settings=PLAIN)["LANGSMITH_TRACING"] == "false"
    allowed = RunSettings(name="n", target="a.py:b", allow_hosts=("api.smith.langchain.com",))
    assert target_environment(base, mock_port=1, settings=allowed)["LANGSMITH_TRACING"] == "true"
    own = base | {"LANGSMITH_ENDPOINT": "https://traces.example.com/api"}
    assert target_environment(own, mock_port=1, settings=allowed)["LANGSMITH_TRACING"] == "false"


def test_langchain_s_clients_are_built_from_it_unchanged(monkeypatch) -> None:
    for name, value in target_environment(os.environ, mock_port=4010, settings=PLAIN).items():
        monkeypatch.setenv(name, value)
    assert str(ChatOpenAI(model="m").root_client.base_url) == "http://127.0.0.1:4010/v1/"
    azure = AzureChatOpenAI(azure_deployment="d")
    assert str(azure.root_client.base_url).startswith("http://127.0.0.1:4010/openai/deployments/d")
