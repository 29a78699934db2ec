import pytest
from page_material import make_saturation, make_verdict

from reports.key_numbers import list_key_numbers
from reports.safe_users import find_safe_users


def test_the_largest_efficient_step_is_safe() -> None:
    safe = find_safe_users(make_saturation(users=18.2, interval=(16.0, 20.4), safe_users=10))
    assert safe is not None
    assert (safe.users, safe.note) == (10, "largest step at 80 % efficiency")


def test_no_more_users_are_called_safe_than_the_low_end_of_the_interval() -> None:
    safe = find_safe_users(make_saturation(users=18.2, interval=(16.4, 20.4), safe_users=20))
    assert safe is not None
    assert safe.users == 16
    assert "step with 20 users" in safe.note


def test_without_an_efficient_step_none_is_safe() -> None:
    assert find_safe_users(make_saturation(safe_users=None)) is None


@pytest.mark.parametrize(
    ("status", "fields", "note"),
    [
        ("saturated", {"safe_users": None}, "no step at 80 % efficiency"),
        ("undecided", {"safe_users": None}, "not known"),
        ("saturated", {"safe_users": None, "base_response_s": None}, "not known"),
    ],
)
def test_why_no_number_is_shown(status: str, fields: dict[str, None], note: str) -> None:
    numbers = {number.label: number for number in list_key_numbers(make_verdict(status, **fields))}
    assert (numbers["Safe"].value, numbers["Safe"].note) == ("–", note)
