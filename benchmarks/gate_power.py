"""How often the gate against a base fails: regressions of 0, 5, 10 and 20 % planted in real scenarios.

    python benchmarks/gate_power.py                      all plants and effects, live; two to three hours
    python benchmarks/gate_power.py --quick              one plant, 0 and 20 %, a gate each; three minutes
    python benchmarks/gate_power.py --save noise.json    keep the pairs that were measured
    python benchmarks/gate_power.py --load noise.json --simulate      a thousand gates drawn from kept pairs; seconds

A plant takes its share of the capacity away: the hold time of a thread grows, the pool has fewer threads, the provider
is slower.  Base and head are copies of a scenario's chain in two folders, run by the code that `chainload gate --base`
runs.  Live gates follow each other in one pair of processes: each takes the next 5, 10 or 20 pairs until it is decided,
as a gate of its own would, but without a start.  The simulation draws stretches of ten pairs as they were measured at
0 % and adds the effect; it needs no time, and knows no noise but that of the recording.
"""

from __future__ import annotations

import argparse
import math
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from harness.pair_plan import PairPlan
from harness.paired.measurement import SideError, measure_pairs
from harness.paired.requests import ONE_BY_ONE, SideRequests
from harness.run import RunRequest, make_request
from reports.gate.limits import Limits
from reports.gate.paired.sequential import LOOKS, Look, is_over, look
from reports.gate.paired.slices import read_pairs

CHAINS = Path(__file__).parents[1] / "scenarios" / "chains"
EFFECTS = (0.0, 0.05, 0.10, 0.20)
GATES = {0.0: 40, 0.05: 10, 0.10: 10, 0.20: 20}  # over all plants
STRETCH = 10  # pairs that stay together when they are drawn: drift lasts longer than a pair
LIMITS = Limits()
QUOTE = {"article": "Iris", "postcode": "{user}{sequence}"}


class Recording(msgspec.Struct, frozen=True, kw_only=True):
    """Pairs of one plant and effect, in the order in which they were measured: logarithms, above 0 is worse."""

    plant: str
    effect: float
    lost_throughput: list[float]
    added_response: list[float]
    pair_s: float  # that a pair took
    start_s: float  # until the first pair


@dataclass(frozen=True, slots=True, kw_only=True)
class Plant:
    """A chain, and how a share of its capacity is taken away."""

    chain: str  # module and object
    input: dict[str, str]
    steps: tuple[int, ...]
    patch: Callable[[str, float], str] = lambda source, effect: source
    mock: Callable[[float], list[str]] = lambda effect: []


def _patch(*changes: tuple[str, str]) -> Callable[[str, float], str]:
    """Old text and new; {longer} and {threads} stand for what the effect makes of 1 and of 20."""

    def apply(source: str, effect: float) -> str:
        for old, new in changes:
            if old not in source:
                raise SystemExit(f"the chain has no {old!r} any more")
            source = source.replace(
                old, new.format(longer=1 / (1 - effect), threads=round(20 * (1 - effect)))
            )
        return source

    return apply


PLANTS = {
    "more hold time": Plant(
        chain="delivery_quote:broken",
        input=QUOTE,
        steps=(1, 2, 5, 10),
        patch=_patch(("HAULIER_S = 0.3", "HAULIER_S = 0.3 * {longer}")),
    ),
    "smaller pool": Plant(
        chain="delivery_quote:broken",
        input=QUOTE,
        steps=(1, 10, 40),
        patch=_patch(  # slow enough that a busy machine's CPU is not the limit
            ("make_chain(threads=3)", "make_chain(threads={threads})"), ("HAULIER_S = 0.3", "HAULIER_S = 0.8")
        ),
    ),
    "slower provider": Plant(
        chain="trip_report:fixed",
        input={"city": "Bergen {user}"},
        steps=(1, 3, 8),
        mock=lambda effect: [f"latency.mean_s={0.5 / (1 - effect):.4f}", "capacity.slots=3"],
    ),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="one plant, 0 and 20 %%, one gate each")
    parser.add_argument("--plant", action="append", choices=sorted(PLANTS), help="default: all")
    parser.add_argument("--effect", action="append", type=float, help="default: 0, 0.05, 0.1, 0.2")
    parser.add_argument("--gates", type=int, help="of each effect, over all plants; default: 40, 10, 10, 20")
    parser.add_argument(
        "--slice", type=float, default=2.0, help="shortest slice, seconds; the gate's own is 2"
    )
    parser.add_argument("--minutes", type=float, default=60.0, help="the most for one plant and effect")
    parser.add_argument("--save", type=Path, help="where to keep what was measured (JSON)")
    parser.add_argument("--load", type=Path, action="append", help="judge kept measurements anew")
    parser.add_argument("--simulate", action="store_true", help="draw gates from what --load has of 0 %%")
    options = parser.parse_args()
    kept = [msgspec.json.decode(path.read_bytes(), type=list[Recording]) for path in options.load or []]
    if options.simulate:
        simulate([one for recordings in kept for one in recordings], options.gates or 1000)
        return
    recordings = [one for recordings in kept for one in recordings] or measure_all(options)
    if options.save:
        options.save.write_bytes(msgspec.json.format(msgspec.json.encode(recordings), indent=1))
    print_table(recordings)


# ---- live ----


def measure_all(options: argparse.Namespace) -> list[Recording]:
    plants = options.plant or (["more hold time"] if options.quick else list(PLANTS))
    effects = options.effect or ((0.0, 0.20) if options.quick else EFFECTS)
    recordings = []
    for effect in effects:
        gates = 1 if options.quick else options.gates or GATES.get(effect, 10)
        for number, name in enumerate(plants):
            share = gates // len(plants) + (number < gates % len(plants))
            if share:
                recordings.append(record(name, effect, share, options))
    return recordings


def record(name: str, effect: float, gates: int, options: argparse.Namespace) -> Recording:
    """Measure until so many gates are decided, or the time is over."""
    with tempfile.TemporaryDirectory(prefix="gate-power-") as text:
        folder, begin_s, moments = Path(text), time.monotonic(), []
        state: dict[str, Any] = {}

        def is_done(count: int) -> bool:
            moments.append(time.monotonic())
            if not count or count % LOOKS[0]:
                return False
            pairs = read_pairs(folder / "pairs")
            state["lost"], state["added"] = pairs.lost_throughput(count), pairs.added_response(count) or []
            decided = sum(1 for gate in cut_gates(state["lost"], state["added"]) if gate is not None)
            print(f"  {name}, {effect:.0%}: {count} pairs, {decided} of {gates} gates", file=sys.stderr)
            return decided >= gates or moments[-1] - begin_s > 60 * options.minutes

        base, head = (
            make_side(PLANTS[name], folder, side, e) for side, e in (("base", 0.0), ("head", effect))
        )
        try:
            measure_pairs(
                PairPlan(
                    base="base", head="head", base_root=str(folder / "base"), head_root=str(folder / "head")
                ),
                SideRequests(base=base, head=head),
                folder / "pairs",
                python_paths={},
                is_over=is_done,
                say=lambda words: None,
                most_pairs=gates * LOOKS[-1],
                shortest_slice_s=options.slice,
                seed=round(1000 * effect) + gates,
            )
        except SideError as error:  # hours of measurement are not thrown away for the last pair
            print(f"  {name}, {effect:.0%}: {error}", file=sys.stderr)
            if "lost" not in state:
                raise
    count = len(state["lost"])
    return Recording(
        plant=name,
        effect=effect,
        lost_throughput=state["lost"],
        added_response=state["added"],
        pair_s=(moments[count] - moments[1]) / (count - 1),
        start_s=2 * moments[1] - moments[2] - begin_s,
    )


def make_side(plant: Plant, folder: Path, side: str, effect: float) -> RunRequest:
    """A copy of the chain in a folder of its own, and the run of it."""
    (folder / side).mkdir()
    module, name = plant.chain.split(":")
    file = folder / side / f"{module}.py"
    source = (CHAINS / file.name).read_text(encoding="utf-8")
    file.write_text(plant.patch(source, effect), encoding="utf-8")
    given = {
        **ONE_BY_ONE,
        "working_directory": str(folder / side),
        "steps": plant.steps,
        "input_json": msgspec.json.encode(plant.input).decode(),
        "mock_set": tuple(plant.mock(effect)),
    }
    request = make_request(f"{file}:{name}", given, processes=None)
    return msgspec.structs.replace(request, overrides={**request.overrides, "target": f"{file.name}:{name}"})


# ---- gates ----


def cut_gates(lost: Sequence[float], added: Sequence[float]) -> Iterator[list[Look] | None]:
    """The gates that a row of pairs holds, one after the other; None for a last one without its end."""
    begin = 0
    while begin < len(lost):
        looks: list[Look] | None = None
        for count in LOOKS:
            if begin + count > len(lost):
                yield None
                return
            looks = look_at(lost[begin : begin + count], added[begin : begin + count])
            if is_over(looks):
                break
        yield looks
        begin += count


def look_at(lost: Sequence[float], added: Sequence[float]) -> list[Look]:
    return [
        look(lost, limit=-math.log(1 - LIMITS.max_throughput_loss)),
        look(added, limit=math.log(1 + LIMITS.max_response_growth)),
    ]


def outcome(looks: Sequence[Look]) -> str:
    standings = {seen.standing for seen in looks}
    return "failed" if "failed" in standings else "passed" if standings == {"passed"} else "inconclusive"


HEADER = f"{'plant':18} {'planted':>8} {'gates':>6} {'failed':>7} {'open':>5} {'passed':>7} {'pairs':>6}"


def print_table(recordings: Sequence[Recording]) -> None:
    print(f"{HEADER} {'a gate':>8} {'scatter of a pair':>18}")
    failed: dict[float, list[int]] = {}
    for one in recordings:
        gates = [gate for gate in cut_gates(one.lost_throughput, one.added_response) if gate is not None]
        outcomes = [outcome(gate) for gate in gates]
        failed.setdefault(one.effect, []).extend(int(word == "failed") for word in outcomes)
        pairs = sum(gate[0].pair_count for gate in gates) / max(len(gates), 1)
        scatter = sum(gate[0].scatter for gate in gates) / max(len(gates), 1)
        print(
            f"{_row(one.plant, one.effect, outcomes, pairs)} {one.start_s + pairs * one.pair_s:6.0f} s {scatter:17.1%}"
        )
    for effect, goal in ((0.0, "at most 1 of 40"), (0.2, "at least 19 of 20")):
        if effect in failed:
            print(
                f"{effect:.0%} planted: {sum(failed[effect])} of {len(failed[effect])} gates failed (goal: {goal})"
            )


def _row(plant: str, effect: float, outcomes: Sequence[str], pairs: float) -> str:
    counts = [outcomes.count(word) for word in ("failed", "inconclusive", "passed")]
    return (
        f"{plant:18} {effect:8.0%} {len(outcomes):6} {counts[0]:7} {counts[1]:5} {counts[2]:7} {pairs:6.1f}"
    )


def simulate(recordings: Sequence[Recording], gates: int) -> None:
    """Gates drawn from what was measured without a plant."""
    dice = random.Random(1)
    print(f"{HEADER}   (simulated)")
    for one in (recording for recording in recordings if recording.effect == 0):
        for effect in EFFECTS:
            drawn = [draw_gate(one, effect, dice) for _ in range(gates)]
            pairs = sum(gate[0].pair_count for gate in drawn) / len(drawn)
            print(_row(one.plant, effect, [outcome(gate) for gate in drawn], pairs))


def draw_gate(one: Recording, effect: float, dice: random.Random) -> list[Look]:
    """Stretches of pairs from anywhere in the recording, with head and base exchanged by chance."""
    added = -math.log(1 - effect)
    lost: list[float] = []
    response: list[float] = []
    while len(lost) < LOOKS[-1]:
        begin, sign = dice.randrange(len(one.lost_throughput)), dice.choice((-1, 1))
        for index in range(begin, begin + STRETCH):
            row = index % len(one.lost_throughput)
            lost.append(sign * one.lost_throughput[row] + added)
            response.append(sign * one.added_response[row])
    return next(gate for gate in cut_gates(lost[: LOOKS[-1]], response[: LOOKS[-1]]) if gate is not None)


if __name__ == "__main__":
    main()
