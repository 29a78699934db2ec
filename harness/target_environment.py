"""The environment the target starts with, so that an unchanged chain calls the mock provider.  Core: pure.

Whoever starts the target applies it; it must hold before the user's code is imported, because clients read these
variables when they are built.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from harness.redaction import MOCK_API_KEY
from harness.settings import RunSettings

PROXIES = ("http_proxy", "https_proxy", "all_proxy", "ftp_proxy", "ws_proxy", "wss_proxy", "openai_proxy")
LOOPBACK_HOSTS = "127.0.0.1,localhost,::1"
TRACING_SWITCHES = ("LANGSMITH_TRACING", "LANGSMITH_TRACING_V2", "LANGCHAIN_TRACING", "LANGCHAIN_TRACING_V2")
TRACING_ENDPOINTS = ("LANGSMITH_ENDPOINT", "LANGCHAIN_ENDPOINT")
TRACING_HOST = "api.smith.langchain.com"  # where LangSmith goes when no endpoint is set
AZURE_API_VERSION = "2024-10-21"  # Azure clients refuse to start without one; the mock takes any


def target_environment(base: Mapping[str, str], *, mock_port: int, settings: RunSettings) -> dict[str, str]:
    """``base`` with the provider pointing at the mock, proxies removed and tracing to hosts not allowed off."""
    variables = {name: value for name, value in base.items() if name.lower() not in PROXIES}
    provider = f"http://127.0.0.1:{mock_port}"
    variables |= {
        "OPENAI_BASE_URL": f"{provider}/v1",
        "OPENAI_API_BASE": f"{provider}/v1",
        "OPENAI_API_KEY": MOCK_API_KEY,
        "AZURE_OPENAI_ENDPOINT": provider,
        "AZURE_OPENAI_API_KEY": MOCK_API_KEY,
        "NO_PROXY": LOOPBACK_HOSTS,
        "no_proxy": LOOPBACK_HOSTS,
        "PYTHONUNBUFFERED": "1",
    }
    variables.setdefault("OPENAI_API_VERSION", AZURE_API_VERSION)
    if not _may_trace(base, settings.allow_hosts):
        variables |= dict.fromkeys(TRACING_SWITCHES, "false")
    return variables


def _may_trace(base: Mapping[str, str], allow_hosts: tuple[str, ...]) -> bool:
    endpoint = next((base[name] for name in TRACING_ENDPOINTS if base.get(name)), f"https://{TRACING_HOST}")
    host = urlsplit(endpoint).hostname
    return host in {allowed.rsplit(":", 1)[0].lower() for allowed in allow_hosts}
