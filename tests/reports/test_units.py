import pytest

from reports.units import (
    MISSING,
    format_count,
    format_number,
    format_rate,
    format_ratio,
    format_seconds,
    format_tick_seconds,
    format_user_interval,
    format_users,
    format_with_margin,
    plural,
)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0, "0 ms"), (0.0000012, "0.0012 ms"), (0.00043, "0.43 ms"), (0.0098, "9.8 ms"), (0.102, "102 ms"),
        (0.9994, "999 ms"), (0.9996, "1.00 s"), (1.237, "1.24 s"), (9.996, "10.0 s"), (59.94, "59.9 s"),
        (59.96, "1 min"), (125, "2 min 5 s"), (3600, "1 h"), (3725, "1 h 2 min"), (None, MISSING),
    ],
)  # fmt: skip
def test_seconds_carry_the_unit_that_fits(seconds: float | None, text: str) -> None:
    assert format_seconds(seconds) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (0.0831, "0.083"),
        (0.997, "1.00"),
        (1.234, "1.23"),
        (47.83, "47.8"),
        (241.4, "241"),
        (1204, "1,204"),
    ],
)
def test_numbers_have_three_digits_that_count(value: float, text: str) -> None:
    assert format_number(value) == text


@pytest.mark.parametrize(
    ("ratio", "text"),
    [(0, "0 %"), (1, "100 %"), (0.942, "94 %"), (0.0042, "0.42 %"), (0.00000001, "0.01 %"), (0.9999, "99.9 %"),
     (0.0999, "10 %"), (0.029, "2.9 %"), (None, MISSING)],
)  # fmt: skip
def test_a_share_is_never_rounded_to_none_or_all(ratio: float | None, text: str) -> None:
    assert format_ratio(ratio) == text


@pytest.mark.parametrize(
    ("users", "text"),
    [(1, "1 user"), (1.04, "1 user"), (2.44, "2.4 users"), (18.2, "18 users"), (9.96, "10 users"),
     (1500, "1,500 users"),
     (None, MISSING)],
)  # fmt: skip
def test_users_have_a_decimal_only_where_a_half_matters(users: float | None, text: str) -> None:
    assert format_users(users) == text


def test_an_interval_is_shown_as_its_bounds() -> None:
    assert format_user_interval((16.0, 20.4)) == "16–20"
    assert format_user_interval(None) == MISSING


def test_what_is_missing_is_a_dash_never_zero() -> None:
    assert {format_rate(None), format_number(None), format_count(None)} == {MISSING}


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0"), (0.5, "500 ms"), (10, "10 s"), (1.5, "1.5 s"), (120, "2 min"), (150, "2 min 30 s")],
)
def test_round_moments_on_an_axis_have_no_idle_digits(seconds: float, text: str) -> None:
    assert format_tick_seconds(seconds) == text


def test_one_is_not_many() -> None:
    assert (plural(1, "error"), plural(0, "error"), plural(1200, "error")) == (
        "1 error",
        "0 errors",
        "1,200 errors",
    )


@pytest.mark.parametrize(
    ("value", "margin", "text"),
    [(50.0, 0.872, "50.0 ± 0.9"), (9.84, 0.1, "9.84 ± 0.10"), (1204, 20.4, "1,204 ± 20"), (50.0, None, "50.0"),
     (None, 1.0, MISSING)],
)  # fmt: skip
def test_a_margin_has_the_decimals_of_its_value(value: float | None, margin: float | None, text: str) -> None:
    assert format_with_margin(value, margin) == text
