import re

import pytest

from reports.attribution.state import STATE_WORDS
from reports.page import TEMPLATES
from reports.plots.palette import CSS_NAMES
from reports.states import STATE_COLOURS, largest_states, name_state, stack_order


def test_every_state_has_words_and_one_colour_of_its_own() -> None:
    assert STATE_COLOURS.keys() == STATE_WORDS.keys()
    assert len(set(STATE_COLOURS.values())) == len(STATE_COLOURS)


@pytest.mark.parametrize("name", sorted(set(CSS_NAMES.values())))
def test_every_colour_is_set_for_light_and_for_dark(name: str) -> None:
    style = (TEMPLATES / "style.css").read_text()
    light, dark = style.split("prefers-color-scheme: dark")
    for theme in (light, dark):
        assert re.search(rf"--{name}: #[0-9a-f]{{6}};", theme)


def test_a_state_of_a_later_version_is_shown_by_its_id() -> None:
    assert name_state("gpu_wait") == "gpu wait"
    assert stack_order(["unknown", "gpu_wait", "provider"]) == ["provider", "unknown", "gpu_wait"]


def test_the_largest_states_are_those_that_take_the_largest_part_of_any_step() -> None:
    low, high = {"provider": 0.9, "lock_wait": 0.1}, {"provider": 0.9, "lock_wait": 8.1, "connect": 1.0}
    assert largest_states(low, high, most=2) == ["provider", "lock_wait"]
    assert largest_states(low, high, most=9) == ["provider", "lock_wait", "connect"]
    assert largest_states(most=3) == []
