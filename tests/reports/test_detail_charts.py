"""The numbers in the charts of states, growth, resources, steps of the chain, distributions, requests and errors."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from page_material import (
    make_distribution,
    make_finding,
    make_growth,
    make_material,
    make_resource,
    make_runnables,
    make_step,
    make_steps,
    make_verdict,
    make_waterfall,
)

from reports.material import Material
from reports.plots import (
    distribution,
    efficiency,
    errors,
    growth,
    resources,
    runnables,
    streaming,
    time_states,
    waterfall,
)
from reports.plots.canvas import NARROW, WIDE, Layout, new_figure
from reports.plots.chart import Chart, draw_chart
from reports.states import STATE_COLOURS
from reports.verdict import Location, Proof, StateGrowth


def chart_of(make: Any, material: Material) -> Chart:
    chart = make(material)
    assert isinstance(chart, Chart)
    return chart


def panels_of(chart: Chart, layout: Layout = WIDE) -> list[Axes]:
    wanted = chart.layout(layout)
    with new_figure(wanted) as figure:
        chart.draw(figure, wanted)
        figure.canvas.draw()
        return figure.axes


def texts(axes: Axes) -> list[str]:
    return [text.get_text() for text in axes.texts if text.get_text()]


# ---- where the time goes ----


def test_the_stacks_are_the_states_of_the_verdict_and_sum_to_the_response() -> None:
    verdict = make_verdict()
    data = time_states.collect(verdict.steps)
    for stack, step in zip(data.stacks, verdict.steps, strict=True):
        assert sum(stack.seconds.values()) == pytest.approx(step.traced_response_s)
        assert step.states is not None
        assert {state: stack.seconds[state] for state in data.states} == pytest.approx(step.states)


def test_what_is_not_known_is_always_named() -> None:
    data = time_states.collect([make_step(0, 1, states={"provider": 1.0}, traced_response_s=1.0)])
    assert data.states == ("provider", "unknown")


def test_small_states_are_put_together_and_not_lost() -> None:
    many = {"provider": 1.0, **dict.fromkeys(("connect", "backoff", "sleep"), 0.004)}
    data = time_states.collect([make_step(0, 1, states=many, traced_response_s=1.012)])
    assert data.states == ("provider", "unknown")
    assert data.last.seconds[time_states.REST] == pytest.approx(0.012)


def test_the_title_of_the_states_is_the_largest() -> None:
    title = chart_of(time_states.make_chart, make_material()).title
    assert title == "With 50 users, 90 % of the time: waiting for a lock, semaphore or queue"


def test_each_part_of_a_stack_has_the_colour_of_its_state() -> None:
    (axes,) = panels_of(chart_of(time_states.make_chart, make_material()))
    top = max(axes.patches, key=lambda patch: patch.get_height())
    assert to_hex(top.get_facecolor()) == STATE_COLOURS["lock_wait"]
    assert top.get_height() == pytest.approx(0.9, abs=0.02)


# ---- what grew ----


def test_the_bars_sum_to_the_growth() -> None:
    verdict = make_verdict()
    assert verdict.growth is not None
    data = growth.collect(verdict.growth)
    assert sum(bar.grown_s for bar in data.bars) == pytest.approx(verdict.growth.grown_s)
    assert data.bars[0].label == "waiting for a lock, semaphore or queue · semaphore (5 permits)"
    assert data.bars[0].place == "app/chain.py:42 in run"


def test_what_shrank_is_drawn_to_the_left() -> None:
    rows = [
        StateGrowth(
            state="lock_wait",
            location=None,
            resource=None,
            low_s=0,
            high_s=1.2,
            share=1.2,
            explained_share=1.2,
        ),
        StateGrowth(
            state="transfer",
            location=None,
            resource=None,
            low_s=0.3,
            high_s=0.1,
            share=-0.2,
            explained_share=-0.2,
        ),
    ]
    made = make_growth(make_steps((1, 5)), low_response_s=0.3, high_response_s=1.3, rows=rows)
    (axes,) = panels_of(chart_of(growth.make_chart, make_material(make_verdict_with(growth=made))))
    assert sorted(round(patch.get_width(), 6) for patch in axes.patches) == [-0.2, 1.2]
    assert axes.get_xlim()[0] == pytest.approx(-0.2)


def make_verdict_with(**fields: Any) -> Any:
    return msgspec.structs.replace(make_verdict(), **fields)


def test_the_title_of_the_growth_adds_up_all_places_of_a_state() -> None:
    steps = make_steps((1, 5))
    rows = [
        StateGrowth(
            state="executor_wait", location=None, resource="a", low_s=0, high_s=0.5, share=0.5, explained_share=0.5
        ),
        StateGrowth(
            state="executor_wait", location=Location(file="a.py", line=1), resource="a", low_s=0, high_s=0.4, share=0.4,
            explained_share=0.4,
        ),
        StateGrowth(state="unknown", location=None, resource=None, low_s=0, high_s=0.1, share=0.1, explained_share=0.1),
    ]  # fmt: skip
    made = make_growth(steps, low_response_s=0.1, high_response_s=1.1, rows=rows)
    chart = chart_of(growth.make_chart, make_material(make_verdict_with(growth=made)))
    assert chart.title == "90 % of what was added from 1 user to 5 users: waiting for a thread"


def test_growth_too_small_to_share_out_has_no_shares() -> None:
    steps = make_steps((1, 5))
    row = StateGrowth(
        state="provider",
        location=None,
        resource=None,
        low_s=0.1,
        high_s=0.11,
        share=None,
        explained_share=None,
    )
    made = make_growth(steps, low_response_s=0.1, high_response_s=0.11, rows=[row])
    chart = chart_of(growth.make_chart, make_material(make_verdict_with(growth=made)))
    assert chart.title == "Little was added from 1 user to 5 users: 100 ms became 110 ms"
    assert "%" not in chart.description


@pytest.mark.parametrize(("predicted", "shown"), [(49.0, True), (150.0, False)])
def test_a_capacity_law_is_told_only_where_it_holds(predicted: float, shown: bool) -> None:
    proof = Proof(capacity=5, hold_s=0.102, predicted_per_s=predicted, measured_per_s=47.8)
    verdict = make_verdict(findings=[make_finding(proof=proof)])
    assert ("Capacity law" in chart_of(growth.make_chart, make_material(verdict)).caption) is shown


# ---- resources ----


def test_the_resource_that_is_full_first_is_in_the_title_and_in_colour() -> None:
    chart = chart_of(resources.make_chart, make_material())
    assert chart.title == "The semaphore (5 permits) is full first, with 5 users"
    first, loop = panels_of(chart)
    assert [line.get_color() for line in (first.lines[-1], loop.lines[-1])] == ["#d55e00", "#5f6670"]
    assert list(first.lines[-1].get_ydata()) == [0.2, 1.0, 1.0, 1.0]


def test_resources_that_are_hardly_used_stand_in_the_table_only() -> None:
    steps = make_steps((1, 5))
    loads = [msgspec.structs.replace(load, use_ratio=0.01) for load in make_resource(steps).loads]
    verdict = make_verdict_with(
        resources=[make_resource(steps), make_resource(steps, id="pool", name="pool", loads=loads)]
    )
    chart = chart_of(resources.make_chart, make_material(verdict))
    assert len(panels_of(chart)) == 1
    assert len(chart.table.rows) == 2


def test_when_nothing_is_full_the_title_says_so() -> None:
    steps = make_steps((1, 2))
    chart = chart_of(resources.make_chart, make_material(make_verdict_with(resources=[make_resource(steps)])))
    assert chart.title == "Nothing was full; the semaphore (5 permits) came to 40 %"


# ---- steps of the chain ----


def test_the_innermost_step_that_grew_is_named() -> None:
    chart = chart_of(runnables.make_chart, make_material())
    assert chart.title == "look_up (tool) grew most: 10 ms became 910 ms"
    assert len(chart.table.rows) == 3


def test_a_chain_that_does_not_grow_is_not_blamed_on_a_step() -> None:
    steps = make_steps((1, 2))
    chart = chart_of(runnables.make_chart, make_material(make_verdict(steps=steps)))
    assert chart.title == "No step of the chain takes much longer with 2 users"


def test_time_between_steps_is_blamed_on_none_of_them() -> None:
    chain, tool, model = make_runnables(make_steps())
    flat = [msgspec.structs.replace(load, mean_s=0.01) for load in tool.loads]
    verdict = make_verdict_with(runnables=[chain, msgspec.structs.replace(tool, loads=flat), model])
    title = chart_of(runnables.make_chart, make_material(verdict)).title
    assert title == "The chain takes longer with 50 users, but between its steps more than in any of them"


# ---- the others ----


def test_efficiency_is_that_of_the_verdict_and_hollow_below_the_line() -> None:
    verdict = make_verdict()
    (axes,) = panels_of(chart_of(efficiency.make_chart, make_material(verdict)))
    points = [line for line in axes.lines if line.get_marker() == "o"]
    assert [float(line.get_ydata()[0]) for line in points] == [step.efficiency for step in verdict.steps]
    assert [line.get_markerfacecolor() == "none" for line in points] == [False, False, True, True]


def test_the_distributions_are_drawn_as_they_are() -> None:
    lines = [make_distribution(1, 0.1), make_distribution(20, 0.4), make_distribution(50, 1.0)]
    (axes,) = panels_of(chart_of(distribution.make_chart, make_material(distributions=lines)))
    assert [list(line.get_xdata()) for line in axes.lines] == [list(one.seconds) for one in lines]
    assert texts(axes) == ["1 user", "20 users", "50 users"]


def test_the_slowest_request_is_the_title_of_the_waterfall() -> None:
    falls = [make_waterfall("median", 0.9), make_waterfall("slowest", 1.4)]
    chart = chart_of(waterfall.make_chart, make_material(waterfalls=falls))
    assert (
        chart.title == "The slowest request took 1.40 s; 92 % of it: waiting for a lock, semaphore or queue"
    )
    assert [len(texts(axes)) for axes in panels_of(chart)] == [3, 3]
    assert "ChatOpenAI (llm) × 2" in texts(panels_of(chart, NARROW)[0])
    assert len(chart.table.rows) == 4


def test_errors_and_retries_are_counted_for_each_request() -> None:
    steps = [
        make_step(0, 1),
        make_step(1, 50, error_count=50, calls={"ok": 100, "rate_limited": 250, "fault: reset": 50}, retry_count=200,
                  rate_limited_count=250, attempts_per_request=4.0),
    ]  # fmt: skip
    data = errors.collect(make_verdict(steps=steps))
    assert data is not None
    assert {line.label: line.ratios for line in data.lines} == {
        "failed": (0.0, steps[1].error_ratio), "429s": (0.0, 2.5), "faults": (0.0, 0.5), "retries": (0.0, 2.0),
    }  # fmt: skip


def test_without_errors_and_retries_there_is_no_chart_of_them() -> None:
    assert errors.make_chart(make_material()) is None


def test_streams_have_a_chart_and_other_runs_have_none() -> None:
    assert streaming.make_chart(make_material()) is None
    steps = make_steps((1, 5), first_token_p50_s=0.1, first_token_p95_s=0.2, token_gap_p50_s=0.01)
    chart = chart_of(streaming.make_chart, make_material(make_verdict(steps=steps)))
    assert chart.title == "The first token (p95) takes 200 ms with 1 user and 200 ms with 5 users"
    assert {"first p50", "first p95", "gap p50"} <= set(texts(panels_of(chart)[0]))


@pytest.mark.parametrize(
    "make", [growth.make_chart, runnables.make_chart, waterfall.make_chart, resources.make_chart]
)
def test_long_names_are_cut_off_in_charts_and_whole_in_tables(make: Any) -> None:
    name = "a_very_long_name_without_any_place_to_break_" * 3
    steps = make_steps()
    chain, tool, model = make_runnables(steps)
    made = make_growth(steps)
    assert made is not None
    rows = [msgspec.structs.replace(row, resource=name) for row in made.rows]
    verdict = msgspec.structs.replace(
        make_verdict(steps=steps),
        growth=msgspec.structs.replace(made, rows=rows),
        runnables=[chain, msgspec.structs.replace(tool, name=name), model],
        resources=[make_resource(steps, name=name)],
    )
    chart = chart_of(make, make_material(verdict))
    for layout in (WIDE, NARROW):
        for axes in panels_of(chart, layout):
            assert all(len(text) < 100 for text in texts(axes))
    assert all(len(picture.svg) < 60_000 for picture in draw_chart(chart))
