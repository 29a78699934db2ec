"""`python -m mock_provider`: the provider as a process, for the harness and by itself."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from mock_provider.console import describe_start, show_live
from mock_provider.plan import PlanError, load_plan, plan_to_toml
from mock_provider.process import BAD_INPUT, describe_bind_error, say_ready, serve
from mock_provider.server import Server


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until told to stop; the exit code."""
    options = _parse(arguments)
    try:
        plan = load_plan(options.plan, options.set)
        if options.write_plan is not None:
            options.write_plan.write_text(plan_to_toml(plan), encoding="utf-8")
        serve(plan, port=options.port, ledger=options.ledger, announce=_announce)
    except PlanError as error:
        return _fail(str(error))
    except OSError as error:
        return _fail(_describe(error, options))
    return 0


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m mock_provider", description=__doc__)
    parser.add_argument(
        "--plan", type=Path, metavar="FILE.toml", help="how to answer; default: healthy, 200 ms"
    )
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="put over the plan")
    parser.add_argument("--port", type=_port, default=0, help="0: any free one")
    parser.add_argument(
        "--ledger", type=Path, metavar="FILE.jsonl", help="where every request is written down"
    )
    parser.add_argument(
        "--write-plan", type=Path, metavar="FILE.toml", help="write the plan as it is served, --set included"
    )
    return parser.parse_args(arguments)


def _port(text: str) -> int:
    if not text.isdigit() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is no port; allowed: 0 to 65535")
    return int(text)


def _describe(error: OSError, options: argparse.Namespace) -> str:
    if error.filename is not None:
        return f"{error.filename} cannot be written ({error.strerror}); give another with --ledger or --write-plan"
    return describe_bind_error(error, options.port)


def _announce(server: Server) -> None:
    print(describe_start(server.engine.plan, server.port), flush=True)  # noqa: T201 - our output
    show_live(server)


def _fail(words: str) -> int:
    say_ready(failure=words, exit_code=BAD_INPUT)
    print(words, file=sys.stderr)  # noqa: T201 - our output
    return BAD_INPUT


if __name__ == "__main__":
    sys.exit(main())
