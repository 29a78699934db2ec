"""``chainload mock``: the provider by itself."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer


def mock(
    plan: Annotated[
        Path | None, typer.Argument(help="Plan (TOML).  [default: a healthy provider, 200 ms]")
    ] = None,
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port on 127.0.0.1; 0 takes a free one.")
    ] = 8080,
    settings: Annotated[
        list[str] | None, typer.Option("--set", help="One setting of the plan, e.g. latency.mean_s=0.5.")
    ] = None,
    ledger: Annotated[Path | None, typer.Option(help="Where to write every attempt (JSON lines).")] = None,
) -> None:
    """Serve the mock OpenAI-compatible provider by itself."""
    arguments = [sys.executable, "-P", "-m", "mock_provider", "--port", str(port)]
    arguments += ["--plan", str(plan)] if plan is not None else []
    arguments += ["--ledger", str(ledger)] if ledger is not None else []
    for setting in settings or []:
        arguments += ["--set", setting]
    # The same process from here on, so that Ctrl-C and signals reach the server and nothing is left behind.
    os.execv(sys.executable, arguments)
