"""The same load on two trees."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.errors import BadInputError
from harness.paired.comparison import choose_against
from harness.paired.requests import SideRequests, make_side_requests
from harness.paired.sides import Side, current_side, open_sides
from harness.run import make_request


def write(folder: Path, *names: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).write_text("")
    return folder


def requests(here: Path, base: str, target: str = "chain.py:chain", **given: object) -> SideRequests:
    side = current_side(here)
    request = make_request(target, {"steps": (1, 5), **given}, processes=None)
    with open_sides(base, ".", here=side) as (base_side, head_side):
        return make_side_requests(request, base=base_side, head=head_side, here=side)


@pytest.fixture
def trees(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two folders with the chain, the new one being current."""
    write(tmp_path / "old", "chain.py")
    monkeypatch.chdir(write(tmp_path / "new", "chain.py", "only_new.py", "inputs.py", "questions.jsonl"))
    return tmp_path


def test_each_side_runs_in_its_own_tree(trees: Path) -> None:
    made = requests(trees / "new", "../old")
    assert made.base.overrides["working_directory"] == str(trees / "old")
    assert made.head.overrides["working_directory"] == str(trees / "new")
    assert made.base.overrides["target"] == made.head.overrides["target"] == "chain.py:chain"


def test_no_further_steps_are_added_to_those_that_are_ordered(trees: Path) -> None:
    made = requests(trees / "new", "../old")
    assert made.base.overrides["max_s"] == 0
    assert made.base.overrides["climbs"] is False


@pytest.mark.parametrize("inputs", ["inputs.py:make", "questions.jsonl"])
def test_inputs_are_those_of_head(trees: Path, inputs: str) -> None:
    made = requests(trees / "new", "../old", inputs=inputs)
    assert made.base.overrides["inputs"] == made.head.overrides["inputs"] == str(trees / "new" / inputs)


def test_a_target_that_base_has_not_is_refused(trees: Path) -> None:
    with pytest.raises(BadInputError, match="nothing to compare with"):
        requests(trees / "new", "../old", "only_new.py:chain")


def test_a_service_that_somebody_else_started_has_no_versions(trees: Path) -> None:
    with pytest.raises(BadInputError, match="two versions of code"):
        requests(trees / "new", "../old", "http://127.0.0.1:9")


def test_a_place_outside_of_the_tree_has_no_counterpart(tmp_path: Path) -> None:
    tree = Side(label="old", root=tmp_path / "old", folder=tmp_path / "old", commit=None, is_commit=False)
    with pytest.raises(BadInputError, match="outside of"):
        tree.place_of(tmp_path / "elsewhere", tree)


@pytest.mark.parametrize(
    ("given", "option"),
    [
        ({"users": 5}, "--pair-users"),
        ({"calibrates": True}, "--calibrate"),
        ({"pair_slice": "1s"}, "--pair-slice"),
    ],
)
def test_options_of_a_comparison_need_a_base(given: dict[str, object], option: str) -> None:
    fields = {"users": None, "pair_slice": None, "calibrates": False, **given}
    with pytest.raises(BadInputError, match=option):
        choose_against(None, ".", **fields)  # type: ignore[arg-type]


def test_without_options_nothing_is_compared() -> None:
    assert choose_against(None, ".", users=None, pair_slice=None, calibrates=False) is None


def test_a_slice_has_a_length_that_can_be_measured() -> None:
    with pytest.raises(BadInputError, match="--pair-slice"):
        choose_against("main", ".", users=None, pair_slice="10ms", calibrates=False)
