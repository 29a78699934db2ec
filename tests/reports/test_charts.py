"""The numbers in charts are those of the verdict; pictures are looked at by people, numbers by tests."""

import dataclasses
import itertools
from typing import Any

import numpy as np
import pytest
from matplotlib.axes import Axes
from page_material import BASE_S, make_material, make_step, make_steps, make_timeline, make_verdict

from reports.material import Material
from reports.plots import efficiency, latency, run_over_time, throughput, time_states
from reports.plots.canvas import NARROW, WIDE, Layout, new_figure, spread_labels
from reports.plots.catalogue import CHARTS
from reports.plots.chart import Chart, draw_chart
from reports.plots.users_axis import UsersAxis
from reports.verdict import Verdict


def full_material(**fields: Any) -> Material:
    """So that every chart has something to show: some requests fail, and answers are streamed."""
    streamed = {"first_token_p50_s": 0.02, "first_token_p95_s": 0.05, "token_gap_p50_s": 0.004}
    return make_material(make_verdict(steps=make_steps(errors={50: 9}, **streamed)), **fields)


def chart_of(make: Any, material: Material) -> Chart:
    chart = make(material)
    assert isinstance(chart, Chart)
    return chart


def drawn_panels(chart: Chart, layout: Layout = WIDE) -> list[Axes]:
    with new_figure(layout) as figure:
        chart.draw(figure, layout)
        figure.canvas.draw()
        return figure.axes


def line_values(axes: Axes, colour: str, marker: str) -> list[tuple[float, float]]:
    return [
        (float(x), float(y))
        for line in axes.lines
        if line.get_color() == colour and line.get_marker() == marker
        for x, y in np.column_stack([line.get_xdata(), line.get_ydata()])
    ]


def texts(axes: Axes) -> list[str]:
    return [text.get_text() for text in axes.texts if text.get_text()]


def test_throughput_draws_each_step_where_the_verdict_has_it() -> None:
    verdict = make_verdict()
    (axes,) = drawn_panels(chart_of(throughput.make_chart, make_material(verdict)))
    expected = [(step.users, step.throughput_per_s) for step in verdict.steps]
    assert line_values(axes, "#0072b2", "o") == expected


def test_throughput_marks_the_point_and_its_interval() -> None:
    verdict = make_verdict(users=18.2, interval=(16.0, 20.4))
    material = make_material(verdict)
    data = throughput.collect(verdict, material.curve)
    assert data is not None
    assert (data.axis.point, data.axis.interval, data.plateau_per_s) == (18.2, (16.0, 20.4), 47.8)
    (axes,) = drawn_panels(chart_of(throughput.make_chart, material))
    band = axes.patches[0].get_extents().transformed(axes.transData.inverted())
    assert (band.x0, band.x1) == pytest.approx((16.0, 20.4))
    assert "18 users (16–20)" in texts(axes)


def test_throughput_margins_are_95_percent() -> None:
    data = throughput.collect(make_verdict(steps=[make_step(0, 5, throughput_se_per_s=0.5)]), None)
    assert data is not None
    assert data.points[0].margin_per_s == pytest.approx(0.98)


@pytest.mark.parametrize("status", ["not_reached", "undecided"])
def test_nothing_is_marked_unless_it_saturates(status: str) -> None:
    (axes,) = drawn_panels(chart_of(throughput.make_chart, make_material(make_verdict(status))))
    assert "not tested" in texts(axes)
    assert not any("users" in text for text in texts(axes))


def test_no_curve_is_drawn_while_it_is_undecided() -> None:
    material = make_material(make_verdict("undecided"))
    data = throughput.collect(material.verdict, material.curve)
    assert data is not None
    assert data.curve is None


def test_errors_stand_beside_answers_and_do_not_flatten_them() -> None:
    verdict = make_verdict(steps=make_steps(errors={20: 9, 50: 90_000}))
    data = throughput.collect(verdict, None)
    assert data is not None
    assert [point.errors_per_s for point in data.points] == [0, 0, 1, 10_000]
    assert data.top_per_s < 3 * 50
    assert "10,000/s errors" in texts(
        drawn_panels(chart_of(throughput.make_chart, make_material(verdict)))[0]
    )


def test_a_step_whose_requests_all_failed_gave_no_answers() -> None:
    steps = [make_step(0, 5, throughput_per_s=None, throughput_se_per_s=None, ok_count=0, error_count=40)]
    chart = chart_of(throughput.make_chart, make_material(make_verdict("undecided", steps=steps)))
    assert chart.title == "No request was answered well at any load"
    assert line_values(drawn_panels(chart)[0], "#0072b2", "o") == [(5, 0)]


def test_latency_draws_the_percentiles_of_the_verdict() -> None:
    verdict = make_verdict()
    (axes,) = drawn_panels(chart_of(latency.make_chart, make_material(verdict)))
    for colour, marker, field in (
        ("#009e73", "o", "response_p50_s"),
        ("#cc79a7", "s", "response_p95_s"),
        ("#56b4e9", "^", "response_p99_s"),
    ):
        assert line_values(axes, colour, marker) == [
            (step.users, getattr(step, field)) for step in verdict.steps
        ]
    assert set(texts(axes)) == {"p50", "p95", "p99", "18 users (16–20)"}


def test_latency_leaves_out_steps_without_good_answers() -> None:
    steps = [make_step(0, 1), make_step(1, 5, response_p50_s=None, response_p95_s=None, response_p99_s=None)]
    data = latency.collect(make_verdict("undecided", steps=steps))
    assert data is not None
    assert [line.users for line in data.lines] == [(1,)] * 3


@pytest.mark.parametrize(
    ("slowest_s", "title"),
    [
        (5.0, "p95 grows from 120 ms at 1 user to 5.00 s at 50 users"),
        (0.13, "p95 stays near 120 ms up to 50 users"),
    ],
)
def test_the_title_of_latency_is_the_finding(slowest_s: float, title: str) -> None:
    steps = [make_step(0, 1), make_step(1, 50, response_p95_s=slowest_s)]
    assert chart_of(latency.make_chart, make_material(make_verdict(steps=steps))).title == title


def test_the_run_over_time_draws_every_bin() -> None:
    steps = make_steps((1, 5))
    timeline = make_timeline(steps, bin_s=2.0)
    material = make_material(make_verdict(steps=steps), timeline=timeline)
    axes = drawn_panels(chart_of(run_over_time.make_chart, material))[0]
    (stairs,) = [patch for patch in axes.patches if hasattr(patch, "get_data")]
    assert list(stairs.get_data().values) == [count / 2 for count in timeline.ok_counts]


@pytest.mark.parametrize(
    ("fields", "title"),
    [
        ({}, "Throughput was steady, and nothing failed"),
        ({"restarts_s": [12.0]}, "The target was restarted once during the run"),
        ({"error_counts": [0] * 12 + [1] + [0] * 7}, "Errors begin in the step with 5 users"),
        (
            {"rate_limited_counts": [0] * 3 + [1] + [0] * 16},
            "The provider's 429s begin in the step with 1 user; all were retried",
        ),
    ],
)
def test_the_title_of_the_run_over_time_is_the_finding(fields: dict[str, Any], title: str) -> None:
    steps = make_steps((1, 5))
    material = make_material(make_verdict(steps=steps), timeline=make_timeline(steps, **fields))
    assert chart_of(run_over_time.make_chart, material).title == title


def test_steps_that_were_not_steady_are_named() -> None:
    steps = [make_step(0, 1, is_steady=False), make_step(1, 5), make_step(2, 20, is_steady=False)]
    chart = chart_of(run_over_time.make_chart, make_material(make_verdict(steps=steps)))
    assert chart.title == "Throughput was not steady with 1 and 20 users"


def test_what_went_wrong_has_a_strip_of_its_own() -> None:
    steps = make_steps((1, 5))
    timeline = make_timeline(steps, error_counts=[0] * 19 + [3], restarts_s=[7.0])
    panels = drawn_panels(chart_of(run_over_time.make_chart, make_material(timeline=timeline)))
    assert [texts(panel) for panel in panels[1:]] == [["errors"], ["restarts"]]
    assert [len(panel.patches) for panel in panels[1:]] == [1, 1]


def test_faults_and_a_loop_that_is_held_up_are_marked_as_well() -> None:
    steps = make_steps((1, 5))
    late = [0.0] * 18 + [0.6, 0.01]
    timeline = make_timeline(steps, fault_counts=[2] + [0] * 19, loop_late_ratios=late)
    chart = chart_of(run_over_time.make_chart, make_material(timeline=timeline))
    panels = drawn_panels(chart)
    assert [texts(panel) for panel in panels[1:]] == [["faults"], ["loop late"]]
    assert [len(panel.patches) for panel in panels[1:]] == [1, 1]
    assert chart.table.columns == ["From", "Answers/s", "Errors", "429s", "Faults", "Loop late"]


@pytest.mark.parametrize("make", CHARTS)
def test_every_chart_tells_its_numbers_in_words_and_in_a_table(make: Any) -> None:
    chart = chart_of(make, full_material())
    assert "50 users" in chart.description
    assert chart.table.rows
    assert all(len(row) == len(chart.table.columns) for row in chart.table.rows)
    assert any(word.isdigit() for word in chart.title) or "Throughput" in chart.title, "a title is a finding"


@pytest.mark.parametrize(
    "make", [throughput.make_chart, latency.make_chart, time_states.make_chart, efficiency.make_chart]
)
def test_charts_over_users_describe_every_step(make: Any) -> None:
    description = chart_of(make, make_material()).description
    assert [users for users in (1, 5, 20, 50) if f"{users} user" not in description] == []


@pytest.mark.parametrize("make", CHARTS)
def test_without_steps_there_is_no_chart(make: Any) -> None:
    assert make(make_material(make_verdict("undecided", steps=[]))) is None


@pytest.mark.parametrize("layout", [WIDE, NARROW])
@pytest.mark.parametrize(
    "verdict",
    [
        make_verdict("saturated_from_first_step", steps=make_steps((50,)), users=1.2, interval=(0.5, 2.0)),
        make_verdict("not_reached", steps=make_steps((1,)), base_response_s=None),
        make_verdict(steps=make_steps(range(10, 60, 2))),
        make_verdict("saturated", interval=None, base_response_s=None, max_throughput_per_s=None),
    ],
    ids=["one step", "one user", "many steps", "little known"],
)
@pytest.mark.parametrize("make", CHARTS)
def test_odd_runs_are_drawn(make: Any, verdict: Verdict, layout: Layout) -> None:
    """Or left out, where they have nothing to show."""
    chart = make(make_material(verdict))
    assert chart is None or drawn_panels(chart, chart.layout(layout))


def test_labels_of_crowded_steps_do_not_touch() -> None:
    steps = make_steps((1, 4, 16, 17, 18, 19, 20, 48))
    chart = chart_of(throughput.make_chart, make_material(make_verdict(steps=steps)))
    for layout in (WIDE, NARROW):
        (axes,) = drawn_panels(chart, layout)
        boxes = [label.get_window_extent() for label in axes.get_xticklabels() if label.get_text()]
        assert len(boxes) >= 4
        assert all(left.x1 < right.x0 for left, right in itertools.pairwise(boxes))


def test_the_axis_reaches_past_the_last_step_when_it_was_not_reached() -> None:
    verdict = make_verdict("not_reached")
    assert UsersAxis.of([1, 50], verdict.saturation).limits[1] > 75
    assert UsersAxis.of([1, 50], make_verdict().saturation).limits[1] < 75


@pytest.mark.parametrize(
    ("positions", "placed"),
    [
        ([0.0, 100.0], [0.0, 100.0]),
        ([50.0, 50.0], [45.0, 55.0]),
        ([10.0, 12.0, 14.0], [2.0, 12.0, 22.0]),
        ([14.0, 10.0], [17.0, 7.0]),
        ([], []),
    ],
)
def test_labels_move_apart_in_order_and_no_further_than_needed(
    positions: list[float], placed: list[float]
) -> None:
    assert spread_labels(positions, 10.0) == placed


def test_a_chart_is_the_same_bytes_every_time() -> None:
    chart = chart_of(throughput.make_chart, make_material())
    assert draw_chart(chart) == draw_chart(chart)


def test_a_long_run_makes_no_larger_a_table() -> None:
    steps = make_steps((1,))
    timeline = make_timeline(steps, ok_counts=[5] * 399, error_counts=[0] * 399, rate_limited_counts=None)
    chart = chart_of(run_over_time.make_chart, make_material(timeline=timeline))
    assert len(chart.table.rows) <= 60
    assert chart.table.columns == ["From", "Answers/s", "Errors"]


def test_the_slope_of_perfect_scaling_is_users_over_the_response_time_alone() -> None:
    (axes,) = drawn_panels(chart_of(throughput.make_chart, make_material()))
    (slope,) = [
        line for line in axes.lines if line.get_color() == "#5f6670" and np.size(line.get_xdata()) > 2
    ]
    assert np.asarray(slope.get_ydata()) == pytest.approx(np.asarray(slope.get_xdata()) / BASE_S)


def test_material_is_not_changed_by_drawing() -> None:
    material = full_material()
    before = dataclasses.replace(material)
    for make in CHARTS:
        draw_chart(chart_of(make, material))
    assert material == before
