"""Capacity tests beside unit tests: a marker says what to run and what it must keep to, a fixture returns the verdict.

    @pytest.mark.chainload(target="app/chain.py:chain", steps=[1, 5, 20], min_users=15)
    def test_carries_fifteen_users(chainload):
        assert chainload.verdict.saturation.users > 15       # or nothing: the marker's limits are held by themselves

The run is made in processes of its own, as `chainload run` makes it; nothing is patched in pytest's.  A limit that is
broken fails the test, and so does one that cannot be told; with ``strict=False`` that skips it, with the reason.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from harness.gate import GateRequest
    from reports.gate.criteria import GateVerdict
    from reports.verdict import Verdict

MARKER = "chainload"
OPTIONS = ("target", "strict", "baseline")


@dataclass(frozen=True, slots=True, kw_only=True)
class CapacityTest:
    """What the fixture returns."""

    verdict: Verdict
    gate: GateVerdict
    directory: Path  # report.html, verdict.json and the rest


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line(
        "markers",
        f"{MARKER}(target, steps, hold, min_users, max_p95, forbid, …, strict=True): run a chain under load and hold "
        "it to limits; settings and limits as in `chainload gate`",
    )


def pytest_itemcollected(item: pytest.Item) -> None:
    """A marked test is run under load whether or not it asks for the fixture: a marker must not be silently idle."""
    if item.get_closest_marker(MARKER) is not None and isinstance(item, pytest.Function):
        names = item.fixturenames
        if "chainload" not in names:
            names.append("chainload")


@pytest.fixture
def chainload(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> CapacityTest:
    """The verdict of the marked run."""
    marker = request.node.get_closest_marker(MARKER)
    if marker is None:
        pytest.fail(
            f"the fixture chainload needs a marker: @pytest.mark.{MARKER}(target=…, min_users=…)",
            pytrace=False,
        )
    # Here: pytest loads this module in every project, and most tests need none of it.
    from harness.errors import ChainloadError

    try:
        return _run(marker, tmp_path_factory.mktemp(MARKER))
    except ChainloadError as error:
        pytest.fail(f"chainload: {error}", pytrace=False)


def _run(marker: pytest.Mark, folder: Path) -> CapacityTest:
    import msgspec
    from rich.console import Console

    from harness.errors import LoadError
    from harness.gate import run_gate
    from reports.verdict import Verdict

    with warnings.catch_warnings():
        # A project that turns warnings into errors means its own code, not what draws our charts.
        warnings.simplefilter("ignore")
        gate = run_gate(_make_request(marker, folder), Console(file=io.StringIO()))
    directory = Path(gate.runs[0].directory)
    path = directory / "verdict.json"
    if not path.is_file():
        raise LoadError("\n".join(["nothing was measured", *(result.reason for result in gate.results)]))
    verdict = msgspec.json.decode(path.read_bytes(), type=Verdict)
    return CapacityTest(verdict=verdict, gate=gate, directory=directory)


def _make_request(marker: pytest.Mark, folder: Path) -> GateRequest:
    """Raises BadInputError with every problem of the marker."""
    from harness.errors import BadInputError
    from harness.gate import GateRequest
    from harness.gate_run_settings import FIELD_OF, parse_run
    from harness.gate_settings import GateSettings
    from reports.gate.limits import PARSERS, guess, parse_limits

    values: Mapping[str, Any] = marker.kwargs
    limits, problems = parse_limits(values)
    run, wrong = parse_run({key: value for key, value in values.items() if key in FIELD_OF})
    known = (*OPTIONS, *PARSERS, *FIELD_OF)
    unknown = [
        f"{key} is neither a limit nor a setting{guess(key, known)}" for key in values if key not in known
    ]
    target = values.get("target", marker.args[0] if marker.args else None)
    missing = [] if isinstance(target, str) else ["it has no target; give e.g. target='app/chain.py:chain'"]
    problems = [*missing, *unknown, *problems, *wrong]
    if problems:
        raise BadInputError("\n".join([f"the marker {MARKER} cannot be used:", *problems]))
    baseline = values.get("baseline")
    return GateRequest(
        subjects=[str(target)],
        settings=GateSettings(),
        limits=limits,
        run=run,
        baseline=None if baseline is None else Path(baseline),
        strict=values.get("strict", True) is not False,
        out=folder,
        needs_criteria=False,  # the test may have its own words
    )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """Hold the limits before the test's own words: its assertions may not get that far."""
    marker = item.get_closest_marker(MARKER)
    found = getattr(item, "funcargs", {}).get("chainload")
    if marker is not None and isinstance(found, CapacityTest):
        hold(found)
    return (yield)


def hold(found: CapacityTest) -> None:
    """Fail, or skip, unless the gate passed."""
    from reports.gate.words import say_gate

    gate = found.gate
    if gate.status == "passed":
        return
    text = f"{say_gate(gate)}\n{_explain(found)}"
    if gate.exit_code:
        pytest.fail(text, pytrace=False)
    pytest.skip(text)


def _explain(found: CapacityTest) -> str:
    """What did not hold, the cause, its line, and where to read on."""
    from reports.gate.words import list_open, say_result
    from reports.words import name_cause, say_place, say_verdict

    lines = [say_verdict(found.verdict)]
    for finding in found.verdict.findings[:1]:
        place = f" at {say_place(finding.location)}" if finding.location else ""
        lines += [f"{name_cause(finding.cause)}{place}: {finding.summary}", f"Fix: {finding.fix}"]
    lines += [f"- {say_result(result)}" for result in list_open(found.gate)]
    return "\n".join([*lines, f"Report: {found.directory / 'report.html'}"])
