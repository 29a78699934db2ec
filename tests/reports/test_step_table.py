from page_material import make_step, make_steps

from reports.step_table import make_error_table, make_step_table
from reports.units import MISSING


def test_each_step_is_a_row() -> None:
    table = make_step_table(make_steps())
    assert [row[0] for row in table.rows] == ["1", "5", "20", "50"]
    assert all(len(row) == len(table.columns) for row in table.rows)


def test_steps_that_were_added_say_what_for() -> None:
    steps = [make_step(0, 1), make_step(2, 5, purpose="refinement"), make_step(1, 20)]
    table = make_step_table(steps)
    assert table.columns[:2] == ["Users", "Added"]
    assert [row[:2] for row in table.rows] == [["1", MISSING], ["5", "to narrow down"], ["20", MISSING]]
    assert "Added" not in make_step_table(make_steps()).columns


def test_columns_without_any_value_are_left_out() -> None:
    assert "First token p50" not in make_step_table(make_steps()).columns
    streaming = [make_step(0, 1, first_token_p50_s=0.05)]
    assert "First token p50" in make_step_table(streaming).columns


def test_a_missing_value_is_a_dash() -> None:
    table = make_step_table([make_step(0, 1, throughput_per_s=None, response_p95_s=None, is_steady=None)])
    cells = dict(zip(table.columns, table.rows[0], strict=True))
    assert (cells["Answers/s"], cells["p95"], cells["Steady"]) == (MISSING, MISSING, MISSING)


def test_errors_are_counted_over_all_steps_most_frequent_first() -> None:
    steps = [make_step(0, 5, error_count=2), make_step(1, 20, error_count=9), make_step(2, 50)]
    table = make_error_table(steps)
    assert table.columns == ["Error", "All", "at 5", "at 20"]
    assert table.rows == [["ReadTimeout: no answer", "11", "2", "9"]]


def test_no_errors_make_no_rows() -> None:
    assert make_error_table(make_steps()).rows == []
