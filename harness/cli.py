"""The ``chainload`` command: reads options, calls one function a command, turns errors into words and exit codes.

Heavy imports (matplotlib, the mock provider) wait until a command needs them, so that --help and bad input are quick.
"""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import typer
from rich.console import Console

from harness import run as runs
from harness.errors import BadInputError, ChainloadError, ExitCode
from harness.gate_command import baseline_app, gate
from harness.mock_command import mock
from harness.open_command import open_report
from harness.options import parse_arrivals, parse_duration, parse_steps
from harness.run_directory import RunDirectory
from harness.run_naming import LATEST, RUNS

if TYPE_CHECKING:
    from reports.verdict import Verdict

app = typer.Typer(
    name="chainload",
    help="Finds the number of users at which a LangChain chain saturates, and why.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

JsonOption = Annotated[
    bool,
    typer.Option("--json", help="Print verdict.json alone on standard output; words go to standard error."),
]


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"chainload {version('chainload')}")
        raise typer.Exit


@app.callback()
def chainload(
    _version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Finds the number of users at which a LangChain chain saturates, and why."""


@app.command()
def run(
    target: Annotated[
        str,
        typer.Argument(
            metavar="TARGET|SCENARIO.py",
            help="path/to/file.py:name or package.module:name (a Runnable, a function that returns one, an ASGI app), "
            "the URL of a service running on this machine, or a scenario file.",
        ),
    ],
    steps: Annotated[
        str | None,
        typer.Option(
            help="Users of each step, ascending; auto goes up until throughput no longer rises.  [default: 1,5,20,50]"
        ),
    ] = None,
    arrivals: Annotated[
        str | None,
        typer.Option(
            help="Requests that arrive a second in each step, e.g. 5,10,20/s, in place of users: open loop, Poisson."
        ),
    ] = None,
    max_seconds: Annotated[
        float | None,
        typer.Option(
            help="Time for all steps. What the given ones leave goes into further steps that narrow the saturation "
            "point down; 0: the given steps alone.  [default: 70; a scenario: 0]"
        ),
    ] = None,
    hold: Annotated[
        str | None,
        typer.Option(help="Measured time of a step.  [default: about 10s, as long as it takes to be sure]"),
    ] = None,
    mode: Annotated[
        str | None,
        typer.Option(help="How a Runnable is called: ainvoke, invoke, astream, abatch.  [default: ainvoke]"),
    ] = None,
    threads: Annotated[int | None, typer.Option(help="Worker threads of --mode invoke.")] = None,
    batch_size: Annotated[int | None, typer.Option(help="Inputs a call of --mode abatch.")] = None,
    loop: Annotated[str | None, typer.Option(help="Event loop of the target: asyncio or uvloop.")] = None,
    path: Annotated[str | None, typer.Option(help="Path to call, for ASGI apps and URLs.")] = None,
    method: Annotated[str | None, typer.Option(help="HTTP method, for ASGI apps and URLs.")] = None,
    body: Annotated[str | None, typer.Option(help="Request body, for ASGI apps and URLs.")] = None,
    input_json: Annotated[
        str | None,
        typer.Option("--input", help="Input of the chain, as JSON.  [default: made from its schema]"),
    ] = None,
    inputs: Annotated[
        str | None, typer.Option(help="FILE.jsonl, or FILE.py:function called (user, sequence).")
    ] = None,
    config_json: Annotated[str | None, typer.Option("--config", help="RunnableConfig, as JSON.")] = None,
    mock: Annotated[Path | None, typer.Option(help="Plan of the mock provider (TOML).")] = None,
    mock_set: Annotated[
        list[str] | None, typer.Option(help="One setting of the plan, e.g. limits.requests_per_minute=600.")
    ] = None,
    mock_port: Annotated[
        int | None,
        typer.Option(min=1, max=65535, help="Port of the provider, for a URL that is set to call it."),
    ] = None,
    timeout: Annotated[
        str | None, typer.Option(help="When an invocation counts as hung.  [default: 60s]")
    ] = None,
    drain: Annotated[
        str | None, typer.Option(help="Time for a step's last requests to finish.  [default: 10s]")
    ] = None,
    think_time: Annotated[
        str | None, typer.Option(help="Pause of a user between requests.  [default: 0s]")
    ] = None,
    allow_host: Annotated[
        list[str] | None, typer.Option(help="A host, besides loopback, the chain may call.")
    ] = None,
    processes: Annotated[int | None, typer.Option(min=1, help="Load-generating processes.")] = None,
    out: Annotated[Path | None, typer.Option(help="Run directory.  [default: runs/<time>-<name>]")] = None,
    as_json: JsonOption = False,
) -> None:
    """Drive a chain at rising numbers of users and say where it saturates, and why.

    {user}, {sequence} and {canary} are filled in every string of --input, --inputs, --config and --body.
    """
    if steps is not None and arrivals is not None:
        raise BadInputError(
            "both --steps and --arrivals are given; give users a step, or requests a second a step"
        )
    given = {
        **(parse_steps(steps) if steps is not None else {}),
        "arrivals_per_s": parse_arrivals(arrivals) if arrivals is not None else None,
        "max_s": max_seconds,
        "hold_s": _seconds("--hold", hold),
        "mode": mode,
        "threads": threads,
        "batch_size": batch_size,
        "loop": loop,
        "path": path,
        "method": method,
        "body": body,
        "input_json": input_json,
        "inputs": inputs,
        "config_json": config_json,
        "mock_plan": str(mock.absolute()) if mock is not None else None,
        "mock_set": tuple(mock_set) if mock_set else None,
        "mock_port": mock_port,
        "timeout_s": _seconds("--timeout", timeout),
        "drain_s": _seconds("--drain", drain),
        "think_time_s": _seconds("--think-time", think_time),
        "allow_hosts": tuple(allow_host) if allow_host else None,
    }
    request = runs.make_request(
        target, {k: v for k, v in given.items() if v is not None}, processes=processes
    )
    outcome = runs.execute(request, out=out, console=Console(stderr=True))
    # A run in which every invocation hangs has no finished sample and still has an answer.
    reportable = outcome.has_samples or outcome.problem is None
    code = _report(outcome.directory, as_json=as_json) if reportable else outcome.exit_code
    if outcome.problem is not None:
        _complain(outcome.problem)
        code = outcome.exit_code
    raise typer.Exit(code)


@app.command()
def report(
    run_directory: Annotated[
        Path, typer.Argument(metavar="RUN", help="Directory of a run.  [default: runs/latest]")
    ] = RUNS / LATEST,
    png: Annotated[bool, typer.Option("--png", help="Write each chart as a PNG file, too.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Build verdict.json, report.html and summary.md of a run anew, from its directory alone."""
    directory = RunDirectory.open(run_directory)
    code = _report(directory, as_json=as_json)
    if png:
        from reports.pngs import write_pngs

        for path in write_pngs(directory):
            typer.echo(f"wrote {path}", err=True)
    raise typer.Exit(code)


@app.command()
def compare(
    before: Annotated[Path, typer.Argument(metavar="A", help="Directory of the first run.")],
    after: Annotated[Path, typer.Argument(metavar="B", help="Directory of the second run.")],
    out: Annotated[Path, typer.Option(help="Where to write the page.")] = Path("compare.html"),
    as_json: JsonOption = False,
) -> None:
    """Put two runs side by side: where each saturates, why, and what grew differently."""
    from reports.compare import page_file, print_comparison, write_compare

    comparison = write_compare(RunDirectory.open(before), RunDirectory.open(after), out)
    print_comparison(comparison, Console(stderr=as_json), page=page_file(out))
    if as_json:
        typer.echo(msgspec.json.format(msgspec.json.encode(comparison), indent=2).decode())


app.command()(gate)
app.command(name="open")(open_report)
app.command()(mock)
app.add_typer(baseline_app)


@app.command()
def locate(
    file: Annotated[
        Path,
        typer.Argument(
            help='Steps measured by anything: JSON {"steps": [{"users", "hold_s", "samples": [[start_s, end_s, ok]]}]} '
            'or {"users", "throughput_per_s", "response_s"} a step, or the history CSV of Locust.'
        ),
    ],
    as_json: JsonOption = False,
) -> None:
    """Say where a system saturates, from steps measured elsewhere."""
    from reports.analysis import analyse_steps
    from reports.locate import read_steps

    analysis = analyse_steps(read_steps(file), name=file.name)
    _print_verdict(analysis.verdict, None, as_json=as_json)


@app.command()
def scenarios(as_json: JsonOption = False) -> None:
    """List the scenarios that come with chainload, and what each teaches."""
    command = [sys.executable, "-P", "-m", "harness.load.describe", "--all"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise ChainloadError(f"the scenarios cannot be listed: {result.stderr.strip()}")
    rows: list[dict[str, Any]] = msgspec.json.decode(result.stdout)
    if as_json:
        typer.echo(result.stdout.strip())
        return
    for row in rows:
        typer.echo(f"{row['file']:36} {row['teaches']}")


def _seconds(option: str, text: str | None) -> float | None:
    return None if text is None else parse_duration(option, text)


def _report(directory: RunDirectory, *, as_json: bool) -> ExitCode:
    """Analyse a run, write its report and print it.  The exit code is the verdict's."""
    from reports.analysis import exit_code_of
    from reports.render import write_report

    analysis = write_report(directory)
    _print_verdict(analysis.verdict, directory, as_json=as_json)
    return exit_code_of(analysis.verdict)


def _print_verdict(verdict: Verdict, directory: RunDirectory | None, *, as_json: bool) -> None:
    from reports.terminal import print_verdict

    print_verdict(
        verdict, Console(stderr=as_json), report=directory.file("report.html") if directory else None
    )
    if as_json:
        typer.echo(msgspec.json.format(msgspec.json.encode(verdict), indent=2).decode())


def _complain(message: str) -> None:
    typer.echo(f"chainload: {message}", err=True)


def main() -> None:
    """Entry point.  A ChainloadError becomes its words and exit code, without a traceback."""
    try:
        app()
    except ChainloadError as error:
        _complain(str(error))
        raise SystemExit(int(error.exit_code)) from error
    except KeyboardInterrupt:
        _complain("interrupted")
        raise SystemExit(int(ExitCode.INTERRUPTED)) from None
    except BrokenPipeError:
        # The reader of our output is gone (| head); Python would complain again when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(1) from None


if __name__ == "__main__":
    main()
