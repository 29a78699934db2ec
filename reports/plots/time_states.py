"""Where the time goes: the mean response of each step, stacked by state; what nobody knows is drawn as well."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from reports.material import Material
from reports.plots.canvas import Layout, add_panel
from reports.plots.chart import Chart
from reports.plots.legend import NOTED_HEIGHT, draw_noted_legend, fill_of
from reports.plots.palette import INK
from reports.plots.users_axis import TICK_GAP
from reports.states import UNKNOWN, largest_states, name_state, stack_order
from reports.step_table import Table
from reports.units import format_count, format_ratio, format_seconds, format_tick_seconds, format_users
from reports.verdict import StepSummary

MOST_STATES = 8  # of a stack; the table has all
LEAST_PART = 0.01  # of any step; smaller states are not told apart
REST = "all else"
PLOT_HEIGHT, FOOT = 270, 50  # pixels
SIDE = 262  # of the names beside the chart
GAP = 0.004  # of the tallest bar, between two parts
NUMBER_WIDTH = 52  # pixels of a bar that has room for its number


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """One step: its states from the bottom up, and what is too small to be told apart."""

    users: int
    traced_count: int
    response_s: float
    seconds: dict[str, float]  # REST included
    slow_response_s: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeStates:
    """The numbers of the chart; all of them stand in the verdict."""

    stacks: tuple[Stack, ...]
    states: tuple[str, ...]  # from the bottom up

    @property
    def last(self) -> Stack:
        return self.stacks[-1]


def make_chart(material: Material) -> Chart | None:
    """None when no step was traced."""
    steps = [step for step in material.verdict.steps if step.states and step.traced_response_s]
    if not steps:
        return None
    data = collect(steps)
    return Chart(
        name="states",
        title=_title(data),
        caption=_caption(data),
        description=_describe(data),
        table=_tabulate(steps),
        draw=lambda figure, layout: draw(figure, layout, data),
        height=lambda layout: _height(layout, len(data.states)),
    )


def _height(layout: Layout, states: int) -> int:
    """The names stand beside the chart, or below it where that is narrow."""
    names = states * NOTED_HEIGHT + 6
    return PLOT_HEIGHT + FOOT + names if layout.is_narrow else max(layout.height, names + 40)


def collect(steps: Sequence[StepSummary]) -> TimeStates:
    steps = sorted(steps, key=lambda step: step.users)
    shown = _choose_states(steps)
    stacks = []
    for step in steps:
        states = step.states or {}
        seconds = {state: states.get(state, 0.0) for state in shown}
        rest = sum(states.values()) - sum(seconds.values())
        stacks.append(
            Stack(
                users=step.users,
                traced_count=step.traced_count or 0,
                response_s=step.traced_response_s or 0.0,
                seconds={**seconds, REST: max(rest, 0.0)},
                slow_response_s=step.slow_response_s,
            )
        )
    return TimeStates(stacks=tuple(stacks), states=tuple(shown))


def _choose_states(steps: Sequence[StepSummary]) -> list[str]:
    """The large ones, and always what is not known."""
    every = [step.states or {} for step in steps]
    large = {
        state
        for states in every
        for state, seconds in states.items()
        if seconds >= LEAST_PART * (sum(states.values()) or 1.0)
    }
    chosen = [state for state in largest_states(*every, most=len(large) + 1) if state in large][:MOST_STATES]
    return stack_order({*chosen, UNKNOWN})


def _title(data: TimeStates) -> str:
    last = data.last
    largest = max(data.states, key=lambda state: last.seconds[state])
    share = format_ratio(last.seconds[largest] / last.response_s) if last.response_s else format_ratio(None)
    return f"With {format_users(last.users)}, {share} of the time: {name_state(largest)}"


def _caption(data: TimeStates) -> str:
    counts = [stack.traced_count for stack in data.stacks]
    traced = f"{min(counts):,}" if min(counts) == max(counts) else f"{min(counts):,} to {max(counts):,}"
    return (
        f"Mean response time of traced requests ({traced} a step), each instant given to one state. Hatched: no probe "
        "explains it. Numbers below the names: with "
        f"{format_users(data.stacks[0].users)} → with {format_users(data.last.users)}."
    )


def _describe(data: TimeStates) -> str:
    parts = []
    for stack in data.stacks:
        large = sorted(data.states, key=lambda state: -stack.seconds[state])[:4]
        words = ", ".join(f"{name_state(state)} {format_seconds(stack.seconds[state])}" for state in large)
        parts.append(f"{format_users(stack.users)}: {format_seconds(stack.response_s)}, of it {words}")
    return f"Where the time of a request goes. {'; '.join(parts)}."


def _tabulate(steps: Sequence[StepSummary]) -> Table:
    every = [step.states or {} for step in steps]
    states = largest_states(*every, most=len({state for states in every for state in states}))
    return Table(
        caption="Mean seconds of a traced request in each state",
        columns=["State", *(format_users(step.users) for step in steps)],
        rows=[
            *(
                [name_state(state), *(format_seconds(one.get(state, 0.0)) for one in every)]
                for state in states
            ),
            ["all", *(format_seconds(step.traced_response_s) for step in steps)],
            ["slowest twentieth", *(format_seconds(step.slow_response_s) for step in steps)],
            ["traces", *(format_count(step.traced_count) for step in steps)],
        ],
    )


def draw(figure: Figure, layout: Layout, data: TimeStates) -> None:
    names = len(data.states) * NOTED_HEIGHT
    if layout.is_narrow:
        axes = add_panel(figure, layout, bottom=names + FOOT + 6, top=26)
        left, top = 12.0, names + 2.0
    else:
        axes = add_panel(figure, layout, right=SIDE + 14, top=26)
        left, top = layout.width - SIDE + 6.0, layout.height - 24.0
    top_s = max(stack.response_s for stack in data.stacks) or 1.0
    axes.set_ylim(0, top_s * 1.02)
    axes.set_xlim(-0.6, len(data.stacks) - 0.4)
    axes.yaxis.set_major_locator(MaxNLocator(5))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: format_tick_seconds(value)))
    axes.set_xticks(range(len(data.stacks)), _label_steps(axes, layout, data))
    axes.set_xlabel("users at the same time", labelpad=6)
    for place, stack in enumerate(data.stacks):
        _draw_stack(axes, place, stack, top_s, has_number=_has_room(axes, layout, len(data.stacks), place))
    draw_noted_legend(figure, layout, data.states[::-1], _list_notes(data)[::-1], left=left, top=top)


def _list_notes(data: TimeStates) -> list[str]:
    first, last = data.stacks[0], data.last
    return [
        f"{format_seconds(first.seconds[state])} → {format_seconds(last.seconds[state])}"
        for state in data.states
    ]


def _has_room(axes: Axes, layout: Layout, count: int, place: int) -> bool:
    """Every number where bars are wide, else those at both ends."""
    return place in (0, count - 1) or axes.get_position().width * layout.width / count >= NUMBER_WIDTH


def _label_steps(axes: Axes, layout: Layout, data: TimeStates) -> list[str]:
    count = len(data.stacks)
    width = axes.get_position().width * layout.width / count
    every = max(1, round(TICK_GAP / width + 0.49))
    return [
        f"{stack.users:,}"
        if place == count - 1 or (place % every == 0 and count - 1 - place >= every)
        else ""
        for place, stack in enumerate(data.stacks)
    ]


def _draw_stack(axes: Axes, place: int, stack: Stack, top_s: float, *, has_number: bool) -> None:
    below_s = 0.0
    for state, seconds in stack.seconds.items():
        height_s = seconds - GAP * top_s
        if height_s > 0:
            axes.bar(place, height_s, width=0.72, bottom=below_s, **fill_of(state))
        below_s += seconds
    if not has_number:
        return
    axes.annotate(
        format_seconds(stack.response_s),
        (place, stack.response_s),
        xytext=(0, 5),
        textcoords="offset points",
        ha="center",
        color=INK,
    )
