"""What each scenario that ships says of itself, and that its chains are targets.  `pytest -m truth` runs them."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from langchain_core.runnables import Runnable

ROOT = Path(__file__).parents[2]
FILES = sorted(file for file in (ROOT / "scenarios").glob("*.py") if file.name != "__init__.py")


@pytest.fixture(scope="module")
def rows() -> list[dict[str, Any]]:
    command = [sys.executable, "-P", "-m", "harness.load.describe", "--all"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


def load_object(target: str) -> object:
    path, _, name = target.partition(":")
    spec = importlib.util.spec_from_file_location(Path(path).stem, ROOT / path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[module.__name__] = module  # pydantic looks for the module of a generic class
    spec.loader.exec_module(module)
    return getattr(module, name)


def test_every_scenario_says_what_it_teaches_and_expects(rows: list[dict[str, Any]]) -> None:
    assert [row["file"] for row in rows] == [str(file.relative_to(ROOT)) for file in FILES]
    assert all(row["teaches"] and row["expects"] for row in rows)


def test_every_broken_chain_has_a_fixed_twin(rows: list[dict[str, Any]]) -> None:
    for row in rows:
        assert (row["fixed"] is None) == (row["expects"] == "healthy")
        assert row["fixed"] != row["target"]


# Chains are written as users write them, with what LangChain would rather have them replace.
@pytest.mark.filterwarnings("ignore::langchain_core._api.deprecation.LangChainDeprecationWarning")
def test_every_target_is_a_chain(rows: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "unused")
    for target in {row[key] for row in rows for key in ("target", "fixed") if row[key]}:
        found = load_object(target)
        assert isinstance(found, Runnable) or callable(found), target


def test_every_chain_belongs_to_a_scenario(rows: list[dict[str, Any]]) -> None:
    driven = {row[key].partition(":")[0] for row in rows for key in ("target", "fixed") if row[key]}
    chains = {str(path.relative_to(ROOT)) for path in (ROOT / "scenarios" / "chains").glob("*.py")}
    assert chains - {"scenarios/chains/__init__.py"} == driven
