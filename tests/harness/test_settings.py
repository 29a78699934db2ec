from __future__ import annotations

from typing import Any

import pytest

from harness.errors import BadInputError
from harness.settings import RunSettings, find_problems


def settings(**changes: Any) -> RunSettings:
    return RunSettings(**({"name": "x", "target": "a.py:b"} | changes))


def test_defaults_are_fine() -> None:
    assert find_problems(settings()) == []


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"steps": ()}, "no steps"),
        ({"steps": (0, 1)}, "at least 1"),
        ({"steps": (5, 1)}, "ascend"),
        ({"steps": (5, 5)}, "ascend"),
        ({"steps": (1, 10**6)}, "at most"),
        ({"hold_s": 0.1}, "hold is 0.1 s"),
        ({"mode": "stream"}, "allowed: ainvoke, invoke, astream, abatch"),
        ({"timeout_s": 0}, "timeout is 0 s"),
        ({"threads": 0}, "threads"),
        ({"input_json": "{"}, "--input is not JSON"),
        ({"input_json": "1", "inputs": "f.jsonl"}, "both --input and --inputs"),
        ({"config_json": "[]"}, "must be a JSON object"),
        ({"path": "chat"}, "start with /"),
    ],
)
def test_each_problem_is_said(changes: dict[str, Any], words: str) -> None:
    problems = find_problems(settings(**changes))
    assert len(problems) == 1
    assert words in problems[0]


def test_all_problems_are_said_at_once() -> None:
    with pytest.raises(BadInputError) as caught:
        settings(steps=(5, 1), hold_s=0, mode="x").check()
    assert len(str(caught.value).splitlines()) == 3
