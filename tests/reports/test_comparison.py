from typing import Any

import msgspec
import pytest
from page_material import make_finding, make_settings, make_steps, make_verdict

from reports.comparison import Change, Comparison, compare
from reports.comparison_words import (
    list_warnings,
    make_overview,
    make_pair_table,
    make_state_table,
    say_cause_change,
    say_comparison,
    say_state_change,
)
from reports.plots.canvas import NARROW, WIDE, new_figure
from reports.plots.comparison import list_charts
from reports.verdict import Health, Location, Verdict


def twice(**changes: Any) -> Comparison:
    """A and a B that differs in this."""
    return compare(make_verdict(), make_verdict(**changes))


@pytest.mark.parametrize(
    ("b", "change", "words"),
    [
        (make_verdict(users=38.0, interval=(34.0, 42.0)), "more",
         "B carries more users: 38 users (34–42) instead of 18 users (16–20), 2.09 times as many."),
        (make_verdict(users=9.0, interval=(8.0, 10.0)), "less",
         "B carries fewer users: 9 users (8–10) instead of 18 users (16–20), 0.49 times as many."),
        (make_verdict(users=20.0, interval=(18.0, 22.0)), "same",
         "Both saturate at about as many users: A at 18 users (16–20), B at 20 users (18–22)."),
        (make_verdict("not_reached"), "more", "B carries more users: more than 92 users instead of 18 users (16–20)."),
        (make_verdict("undecided"), "unknown", "Not comparable: A is saturated, B is undecided."),
    ],
    ids=["more", "less", "same", "not reached", "undecided"],
)  # fmt: skip
def test_a_difference_counts_where_the_intervals_lie_apart(b: Verdict, change: Change, words: str) -> None:
    comparison = compare(make_verdict(), b)
    assert comparison.users == change
    assert say_comparison(comparison) == words


def test_two_runs_that_did_not_saturate_cannot_be_compared_by_users() -> None:
    comparison = compare(make_verdict("not_reached"), make_verdict("not_reached"))
    assert comparison.users == "unknown"
    assert say_comparison(comparison).startswith("Not comparable: A is not saturated up to 50 users")


@pytest.mark.parametrize(("capacity", "change"), [(50.0, "same"), (80.0, "more"), (20.0, "less")])
def test_throughput_is_compared_by_the_steps_that_gave_most(capacity: float, change: Change) -> None:
    assert twice(steps=make_steps(capacity_per_s=capacity)).throughput == change


def test_only_steps_with_as_many_users_are_paired() -> None:
    comparison = twice(steps=make_steps((5, 30, 50)))
    assert [pair.users for pair in comparison.steps] == [5, 50]
    assert [row[0] for row in make_pair_table(comparison).rows] == ["5", "50"]


def test_without_common_steps_that_is_said() -> None:
    comparison = twice(steps=make_steps((7, 70)))
    assert comparison.steps == []
    assert "No number of users was held in both runs; give both the same --steps." in list_warnings(
        comparison
    )
    assert say_state_change(comparison) is None


def test_states_are_compared_at_the_most_users_that_both_held() -> None:
    comparison = twice(steps=make_steps((1, 5, 20), capacity_per_s=100.0))
    assert comparison.states_users == 20
    assert say_state_change(comparison) == (
        "With 20 users, a request spends 200 ms less: waiting for a lock, semaphore or queue (300 ms, now 100 ms)."
    )
    assert make_state_table(comparison).rows[0] == [
        "waiting for a lock, semaphore or queue", "300 ms", "100 ms", "−200 ms",
    ]  # fmt: skip


def test_the_same_cause_at_another_line_is_the_same() -> None:
    moved = Location(file="app/chain.py", line=57, function="run")
    comparison = twice(findings=[make_finding(location=moved)])
    assert comparison.is_same_cause is True
    assert say_cause_change(comparison).startswith("The cause is the same: semaphore starved at app/chain.py")


@pytest.mark.parametrize(
    ("findings", "words"),
    [
        ([], "The cause is gone: it was semaphore starved at app/chain.py:42 in run."),
        ([make_finding(cause="cpu_bound", location=None)],
         "The cause is another: it was semaphore starved at app/chain.py:42 in run, it is CPU bound."),
        ([make_finding(role="defect")], "The cause is gone: it was semaphore starved at app/chain.py:42 in run."),
    ],
)  # fmt: skip
def test_another_cause_is_told(findings: list[Any], words: str) -> None:
    assert say_cause_change(twice(findings=findings)) == words


def test_settings_that_differ_are_named_and_warned_of() -> None:
    settings = make_settings(mode="invoke", hold_s=20.0, name="other")
    comparison = twice(settings=settings)
    assert {pair.name: (pair.a, pair.b) for pair in comparison.settings} == {
        "mode": ("not set", "invoke"), "hold_s": ("not set", "20.0"),
    }  # fmt: skip
    assert list_warnings(comparison)[0] in (
        "The runs had other settings: mode, hold s.", "The runs had other settings: hold s, mode.",
    )  # fmt: skip


def test_what_speaks_against_a_run_is_told_with_its_letter() -> None:
    comparison = twice(health=Health(load_generator="used 99 % of a CPU"))
    assert "Load generator of B: used 99 % of a CPU" in list_warnings(comparison)


def test_it_can_be_written_and_read() -> None:
    read = msgspec.json.decode(msgspec.json.encode(twice()), type=Comparison)
    assert msgspec.json.decode(msgspec.json.encode(read), type=Comparison) == read


def test_the_overview_has_a_column_for_each_run() -> None:
    table = make_overview(twice(users=38.0, interval=(34.0, 42.0)), longest=12)
    assert table.columns == ["", "A", "B", "B against A"]
    rows = {row[0]: row[1:] for row in table.rows}
    assert rows["Answer"] == ["Saturates at 18 users", "Saturates at 38 users", "more"]
    assert all(len(cell) <= 12 for cell in rows["Cause"])


@pytest.mark.parametrize("layout", [WIDE, NARROW])
@pytest.mark.parametrize(
    "b",
    [make_verdict(), make_verdict("undecided", steps=make_steps((3,))), make_verdict("undecided", steps=[])],
)
def test_any_two_runs_are_drawn(b: Verdict, layout: Any) -> None:
    for chart in list_charts(compare(make_verdict(), b)):
        wanted = chart.layout(layout)
        with new_figure(wanted) as figure:
            chart.draw(figure, wanted)
            figure.canvas.draw()


def test_the_curves_are_those_of_both_verdicts() -> None:
    comparison = twice(steps=make_steps((1, 5, 20), capacity_per_s=100.0))
    chart = next(chart for chart in list_charts(comparison) if chart.name == "throughput")
    with new_figure(WIDE) as figure:
        chart.draw(figure, WIDE)
        drawn = [line for line in figure.axes[0].lines if line.get_marker() in ("o", "s")]
    for line, verdict in zip(drawn, (comparison.a, comparison.b), strict=True):
        expected = [(step.users, step.throughput_per_s) for step in verdict.steps]
        assert list(zip(line.get_xdata(), line.get_ydata(), strict=True)) == expected
