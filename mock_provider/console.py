"""What the provider says on a terminal: how to use it, and a line of counters that stays up to date."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, TextIO

from mock_provider.plan_schema import Plan

if TYPE_CHECKING:
    from mock_provider.server import Server
    from mock_provider.statistics import Snapshot

REFRESH_S = 0.5


def describe_start(plan: Plan, port: int) -> str:
    """A few lines: where it is, what it will do, how to steer it."""
    url = f"http://127.0.0.1:{port}"
    rows = [
        ("use it", f"OPENAI_BASE_URL={url}/v1 OPENAI_API_KEY=any"),
        ("latency", _describe_latency(plan)),
        ("limits", ", ".join(_describe_limits(plan)) or "none"),
        ("faults", ", ".join(plan.rule_names) or "none"),
        ("control", f"{url}/_mock/plan, /_mock/ledger, /_mock/stats, /_mock/reset, /metrics"),
    ]
    return "\n".join(
        [
            f"The mock provider serves {url}/v1; Ctrl-C stops it.",
            *(f"  {name:<8} {text}" for name, text in rows),
        ]
    )


def _describe_latency(plan: Plan) -> str:
    latency = plan.latency
    if latency.kind == "uniform":
        text = f"uniform, {latency.min_s:g} to {latency.max_s:g} s"
    elif latency.kind == "percentiles":
        text = ", ".join(f"{name} {seconds:g} s" for name, seconds in latency.percentiles_s.items())
    else:
        text = f"{latency.kind}, {latency.mean_s:g} s"
    return text + (f", and {latency.per_token_s:g} s a token" if latency.per_token_s else "")


def _describe_limits(plan: Plan) -> Iterator[str]:
    for name in ("requests_per_minute", "tokens_per_minute", "requests_per_day", "max_in_flight"):
        value = getattr(plan.limits, name)
        if value is not None:
            yield f"{value} {name.replace('_', ' ')}"
    if plan.capacity.slots is not None:
        queue = "any number" if plan.capacity.queue is None else str(plan.capacity.queue)
        yield f"{plan.capacity.slots} slots, {queue} may wait"


def describe_counters(snapshot: Snapshot) -> str:
    """One line."""
    parts = [
        f"{snapshot.ok} answered",
        f"{snapshot.in_flight} in flight",
        f"{snapshot.rate_limited} rate limited",
        f"{snapshot.overloaded} overloaded",
        f"{snapshot.faults} faults",
        f"{snapshot.client_gone} given up",
        f"{snapshot.connections_open} connections",
    ]
    return " · ".join(parts)


def show_live(server: Server, terminal: TextIO = sys.stdout) -> None:
    """Keep a line of counters up to date; nothing when it would fill a file."""
    if not terminal.isatty():
        return

    def refresh() -> None:
        terminal.write(f"\r\x1b[K{describe_counters(server.snapshot())}")
        terminal.flush()
        loop.call_later(REFRESH_S, refresh)

    loop = asyncio.get_running_loop()
    loop.call_soon(refresh)
