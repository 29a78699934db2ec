"""The documentation of the provider names every fault, setting and condition, and no others."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from mock_provider.conditions import When
from mock_provider.faults.fault import Fault
from mock_provider.plan import check_plan
from mock_provider.plan_problems import KINDS
from mock_provider.plan_schema import Plan

DOCUMENT = (Path(__file__).parents[2] / "docs" / "mock-provider.md").read_text(encoding="utf-8")
COMMON = set(Fault.model_fields)


def section(title: str) -> str:
    return DOCUMENT.split(f"\n## {title}\n")[1].split("\n## ")[0]


def rows(text: str) -> list[list[str]]:
    lines = [line for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def named(cell: str) -> list[str]:
    return re.findall(r"`(\w+)`", cell)


FAULTS = {named(row[0])[0]: row for row in rows(section("Faults, and what the openai client does with them"))}


def test_every_fault_is_documented_and_no_other() -> None:
    assert set(FAULTS) == set(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_every_setting_of_a_fault_is_documented_and_no_other(kind: str) -> None:
    documented = FAULTS["reset"][1] if FAULTS[kind][1] == "the same" else FAULTS[kind][1]
    assert set(named(documented)) == set(KINDS[kind].model_fields) - COMMON


def test_every_condition_is_documented_and_no_other() -> None:
    documented = [name for row in rows(section("When")) for name in named(row[0])]
    assert sorted(documented) == sorted(When.model_fields)


def plan_in_document() -> dict[str, Any]:
    """The example, with the settings that are commented out put in."""
    block = section("The plan").split("```toml\n")[1].split("```")[0]
    return tomllib.loads(re.sub(r"^# (?=\w+ = )", "", block, flags=re.MULTILINE))


def test_example_names_every_setting_and_no_other() -> None:
    document = plan_in_document()
    assert set(document) == set(Plan.model_fields)
    for name, field in Plan.model_fields.items():
        model = field.annotation
        if isinstance(model, type) and issubclass(model, BaseModel):
            assert set(document[name]) == set(model.model_fields), name


def test_example_shows_the_defaults() -> None:
    block = section("The plan").split("```toml\n")[1].split("```")[0]
    plan = check_plan(tomllib.loads(block))
    assert plan.model_copy(update={"faults": []}) == Plan()
    assert plan.rule_names == ["outage"]


def test_example_with_everything_in_it_is_a_plan() -> None:
    check_plan(plan_in_document())
