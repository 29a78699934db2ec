import pytest
from page_material import make_step

from reports.error_groups import error_kind, group_errors
from reports.step_table import make_error_table

LIMITED = "RateLimitError: Error code: 429 - Limit 600, Used {used}, try again in {wait}"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("try again in 80ms", "try again in 1.5s"),
        ("object at 0x7f3a1c", "object at 0x55e0b2"),
        ("request 4bf92f3577b34da6", "request 00f067aa0ba902b7"),
        ("port 40001 refused", "port 40002 refused"),
    ],
)
def test_errors_that_differ_in_numbers_are_of_one_kind(one: str, other: str) -> None:
    assert error_kind(one) == error_kind(other)


def test_other_words_are_another_kind() -> None:
    assert error_kind("ValueError: a cafe") != error_kind("ValueError: a face")


def test_the_most_frequent_message_of_a_kind_stands_for_it() -> None:
    counts = [("waited 1 s", 2), ("waited 2 s", 5), ("gone", 6)]
    assert group_errors(counts) == {"waited 2 s": 7, "gone": 6}


def test_the_table_of_errors_counts_a_kind_at_every_step() -> None:
    steps = [
        make_step(
            0, 1, errors={LIMITED.format(used=1, wait="80ms"): 3, LIMITED.format(used=2, wait="9ms"): 2}
        ),
        make_step(1, 5, errors={LIMITED.format(used=3, wait="7ms"): 9}),
    ]
    table = make_error_table(steps)
    assert [row[1:] for row in table.rows] == [["14", "5", "9"]]
