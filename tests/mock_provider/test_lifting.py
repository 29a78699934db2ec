"""What is found in a prompt for a field of a tool or a schema."""

from __future__ import annotations

import pytest

from mock_provider.replies.lifting import MISSING, Lifter, find_calls, read_call_arguments
from mock_provider.replies.spotting import split_name, spot_names, spot_places


@pytest.mark.parametrize(
    ("prompt", "name", "value"),
    [
        ("age: 25", "age", 25),
        ("The age is 25.", "age", 25),
        ('{"age": 25, "tags": ["a"]}', "tags", ["a"]),
        ("first name = Ann, age 3", "first_name", "Ann"),
        ("firstName: Ann", "first_name", "Ann"),
        ("mail: ann@example.org.", "mail", "ann@example.org"),
        ("set verbose to false", "verbose", False),
        ("the name of the town", "name", MISSING),
        ("ages: 25", "age", MISSING),
    ],
)
def test_values_beside_their_key(prompt: str, name: str, value: object) -> None:
    assert Lifter(prompt).read_key(name) == value


def test_a_number_is_given_out_once() -> None:
    lifter = Lifter("3 and 4.5 and 1,200")
    assert [next(lifter.candidates("number", "x")) for _ in range(3)] == [3, 4.5, 1200]
    assert next(lifter.candidates("number", "x"), None) is None


def test_what_did_not_fit_stays() -> None:
    lifter = Lifter("'a' and 'bb'")
    assert next(value for value in lifter.candidates("string", "x") if len(value) == 2) == "bb"
    assert next(lifter.candidates("string", "x")) == "a"


def test_digits_of_a_canary_are_no_numbers() -> None:
    assert next(Lifter("cnry0123456789ab 12").candidates("integer", "n")) == 12


@pytest.mark.parametrize("quoted", ['"Ünal"', "'Ünal'", "`Ünal`", "“Ünal”", "«Ünal»", "「Ünal」"])
def test_quotes_of_every_kind(quoted: str) -> None:
    assert next(Lifter(f"Make a user called {quoted} now").candidates("string", "label")) == "Ünal"


def test_names_are_words_with_a_capital_that_do_not_open_a_sentence() -> None:
    assert [name for _, name in spot_names("Extract Jason Liu and Müller. What about IBM?")] == [
        "Jason Liu",
        "Müller",
        "IBM",
    ]


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("weather in San Francisco, CA?", ["San Francisco, CA"]),
        ("weather in Rome, Paris and Oslo", ["Rome", "Paris", "Oslo"]),
        ("from Berlin to Rome", ["Berlin", "Rome"]),
        ("nothing here", []),
    ],
)
def test_places(text: str, places: list[str]) -> None:
    assert [place for _, place in spot_places(text)] == places


def test_calls_written_out() -> None:
    assert find_calls("use f(1, 2), not g(3); then f()", "f") == ["1, 2", ""]


@pytest.mark.parametrize(
    ("written", "arguments"),
    [
        ('1, "a, b"', {"x": 1, "y": "a, b"}),
        ("y='b', x=[1, 2]", {"x": [1, 2], "y": "b"}),
        ("x: true, None", {"x": True, "y": None}),
        ("1, 2, 3", {"x": 1, "y": 2}),
    ],
)
def test_arguments_of_a_call(written: str, arguments: dict[str, object]) -> None:
    assert read_call_arguments(written, ["x", "y"]) == arguments


@pytest.mark.parametrize("name", ["customerName", "customer_name", "customer-name", "CustomerName"])
def test_words_of_a_field_name(name: str) -> None:
    assert split_name(name) == ["customer", "name"]
