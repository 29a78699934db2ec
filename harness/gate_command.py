"""``chainload gate`` and ``chainload baseline``: reads options, calls one function each, ends with one exit code."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from harness.errors import BadInputError
from harness.options import parse_steps

baseline_app = typer.Typer(
    name="baseline", help="Keep a run for later comparison, in a small file to commit.", no_args_is_help=True
)

BASELINE_FILE = Path("chainload-baseline.json")


def gate(
    subjects: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[RUN|TARGET|SCENARIO.py]…",
            help="Directories of runs, or what to run first.  [default: every section of the settings with a target]",
        ),
    ] = None,
    min_users: Annotated[str | None, typer.Option(help="Least users at saturation, by its interval.")] = None,
    min_safe_users: Annotated[str | None, typer.Option(help="Least users that are still efficient.")] = None,
    min_throughput: Annotated[
        list[str] | None, typer.Option(help="Answers a second at a number of users: 45@20.")
    ] = None,
    max_p50: Annotated[list[str] | None, typer.Option(help="Response time: 1s@10.")] = None,
    max_p95: Annotated[list[str] | None, typer.Option(help="Response time: 2s@10.")] = None,
    max_p99: Annotated[list[str] | None, typer.Option(help="Response time: 4s@10.")] = None,
    max_ttft: Annotated[
        list[str] | None, typer.Option(help="Time to the first token, p95: 500ms@10.")
    ] = None,
    max_error_ratio: Annotated[
        list[str] | None, typer.Option(help="Share of requests: 1%, or 1%@20; at the worst step, or there.")
    ] = None,
    max_retry_amplification: Annotated[
        list[str] | None, typer.Option(help="Provider calls per first try: 1.1, or 1.1@20.")
    ] = None,
    forbid: Annotated[
        list[str] | None,
        typer.Option(help="A cause that must not be found; defect: any that is wrong at any load."),
    ] = None,
    max_probe_overhead: Annotated[
        str | None, typer.Option(help="CPU that the probes may add to a request: 3%.")
    ] = None,
    baseline: Annotated[
        Path | None, typer.Option(help="A kept run to compare with; see `chainload baseline`.")
    ] = None,
    base: Annotated[
        str | None,
        typer.Option(
            help="A git ref or folder to compare with: both are measured in turns, on this machine."
        ),
    ] = None,
    head: Annotated[str, typer.Option(help="What is compared with --base; a git ref or folder.")] = ".",
    max_throughput_loss: Annotated[
        str | None, typer.Option(help="Against --base, with many users.  [default: 5%]")
    ] = None,
    max_response_growth: Annotated[
        str | None, typer.Option(help="Against --base, with few users.  [default: 10%]")
    ] = None,
    pair_users: Annotated[
        int | None, typer.Option(min=2, help="Users who saturate it, for --base.  [default: finds out]")
    ] = None,
    pair_slice: Annotated[
        str | None, typer.Option(help="Least time that a side is measured at a time.  [default: 2s]")
    ] = None,
    calibrate: Annotated[
        bool, typer.Option("--calibrate", help="Compare --base with itself: which change is found here?")
    ] = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="Inconclusive ends in exit code 3, not 0.")
    ] = False,
    config: Annotated[
        Path | None, typer.Option(help="Settings.  [default: chainload.toml, or pyproject.toml]")
    ] = None,
    steps: Annotated[str | None, typer.Option(help="As for run, when something is run.")] = None,
    hold: Annotated[str | None, typer.Option(help="As for run.")] = None,
    max_seconds: Annotated[float | None, typer.Option(help="As for run.")] = None,
    mode: Annotated[str | None, typer.Option(help="As for run.")] = None,
    mock: Annotated[Path | None, typer.Option(help="As for run.")] = None,
    mock_set: Annotated[list[str] | None, typer.Option(help="As for run.")] = None,
    processes: Annotated[int | None, typer.Option(min=1, help="As for run.")] = None,
    out: Annotated[Path | None, typer.Option(help="Folder for the runs.  [default: runs/]")] = None,
    junit: Annotated[Path | None, typer.Option(help="Write JUnit XML: a test case a criterion.")] = None,
    github: Annotated[
        bool,
        typer.Option("--github", help="Annotate and summarise as in a GitHub job, where it is the default."),
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the verdict alone on standard output, as gate.json.")
    ] = False,
) -> None:
    """Hold runs against limits: 0 passed, 1 failed, 2 bad input, 3 inconclusive (--strict), 4 and 5 nothing measured.

    Limits stand in pyproject.toml, table tool.chainload.gate, for all scenarios or for each; options replace them.
    What was not measured has failed. What cannot be told is inconclusive, and never a pass.
    """
    from harness.gate import GateRequest, run_gate
    from harness.gate_outputs import check_outputs, choose_outputs, show_gate
    from harness.gate_settings import find_settings
    from harness.paired.comparison import choose_against

    asked = {
        "min_users": min_users, "min_safe_users": min_safe_users, "min_throughput": min_throughput,
        "max_p50": max_p50, "max_p95": max_p95, "max_p99": max_p99, "max_ttft": max_ttft,
        "max_error_ratio": max_error_ratio, "max_retry_amplification": max_retry_amplification,
        "forbid": forbid, "max_probe_overhead": max_probe_overhead,
        "max_throughput_loss": max_throughput_loss, "max_response_growth": max_response_growth,
    }  # fmt: skip
    run = {
        "hold": hold, "max_seconds": max_seconds, "mode": mode, "mock_set": mock_set,
        "mock": None if mock is None else str(mock),
    }  # fmt: skip
    outputs = choose_outputs(os.environ, as_json=as_json, junit=junit, github=github)
    check_outputs(outputs)
    request = GateRequest(
        subjects=subjects or [],
        settings=find_settings(Path.cwd(), config),
        limits=_read_limits(asked),
        run={**_read_run(run), **(parse_steps(steps) if steps is not None else {})},
        processes=processes,
        baseline=baseline,
        against=choose_against(base, head, users=pair_users, pair_slice=pair_slice, calibrates=calibrate),
        strict=strict,
        out=out,
    )
    verdict = run_gate(request, Console(stderr=True))
    show_gate(verdict, outputs)
    raise typer.Exit(verdict.exit_code)


def _given(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None and value != []}


def _read_limits(asked: dict[str, Any]) -> dict[str, Any]:
    from reports.gate.limits import parse_limits

    limits, problems = parse_limits(_given(asked))
    _refuse(problems)
    return limits


def _read_run(values: dict[str, Any]) -> dict[str, Any]:
    from harness.gate_run_settings import parse_run

    run, problems = parse_run(_given(values))
    _refuse(problems)
    return run


def _refuse(problems: list[str]) -> None:
    """Raise BadInputError with every problem, each under its option's name."""
    if problems:
        options = [f"--{name.replace('_', '-')}{rest}" for name, rest in map(_split_name, problems)]
        raise BadInputError("\n".join(options))


def _split_name(problem: str) -> tuple[str, str]:
    name = problem.split(" ", 1)[0].rstrip(":")
    return name, problem.removeprefix(name)


@baseline_app.command("save")
def save(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN…", help="Directories of runs.")],
    out: Annotated[
        Path, typer.Option(help="The file; scenarios in it that are not saved now stay.")
    ] = BASELINE_FILE,
) -> None:
    """Keep what a run was like: how much it carried, on which machine, what limited it."""
    from harness.run_directory import RunDirectory
    from reports.gate.baseline import save_baseline
    from reports.gate.subject import read_subject
    from reports.words import say_verdict

    subjects = [read_subject(RunDirectory.open(path))[0] for path in runs]
    save_baseline(out, subjects)
    for subject in subjects:
        typer.echo(f"{subject.scenario}: {say_verdict(subject.verdict)}", err=True)
    typer.echo(f"wrote {out}", err=True)


@baseline_app.command("show")
def show(
    file: Annotated[Path, typer.Argument(help="The file.")] = BASELINE_FILE,
    as_json: Annotated[bool, typer.Option("--json", help="Print it as JSON.")] = False,
) -> None:
    """Say what is kept."""
    import msgspec

    from reports.gate.baseline import make_baseline_table, read_baseline
    from reports.terminal import print_table

    kept = read_baseline(file)
    if as_json:
        typer.echo(msgspec.json.format(msgspec.json.encode(kept), indent=2).decode())
        return
    print_table(Console(), make_baseline_table(kept), left=2)
